// The consent fields that RudderStack asks of every destination. The plugin itself does not read them.

import { templatedText } from './rudderstack-pattern.js';

/** Config key of the consent categories, held per source type. */
export const CONSENT_MANAGEMENT = 'consentManagement';

/** Older Config keys for the same thing, each with the key that holds the text in its rows. */
export const LEGACY_CONSENT_KEYS = {
  oneTrustCookieCategories: 'oneTrustCookieCategory',
  ketchConsentPurposes: 'purpose',
} as const;

const PROVIDERS = { custom: 'Custom', iubenda: 'iubenda', ketch: 'Ketch', oneTrust: 'OneTrust' };
const RESOLUTION_STRATEGIES = { and: 'AND', or: 'OR' };
const DEFAULT_PROVIDER = 'oneTrust';

function rows(properties: object, rules: object = {}): object {
  return { type: 'array', items: { type: 'object', properties, ...rules } };
}

function textRows(key: string): object {
  return rows({ [key]: { type: 'string', pattern: templatedText(0, 100) } });
}

function bySourceType(sourceTypes: readonly string[], schema: object): object {
  return { type: 'object', properties: Object.fromEntries(sourceTypes.map((sourceType) => [sourceType, schema])) };
}

/** JSON Schemas (draft-07) of the consent keys. The legacy ones are left out when no source type has them. */
export function consentSchemas(
  sourceTypes: readonly string[],
  legacySourceTypes: readonly string[],
): Record<string, object> {
  const current = rows(
    {
      provider: { type: 'string', enum: Object.keys(PROVIDERS), default: DEFAULT_PROVIDER },
      consents: textRows('consent'),
    },
    {
      allOf: [
        {
          if: { properties: { provider: { const: 'custom' } }, required: ['provider'] },
          ...consequence({
            properties: { resolutionStrategy: { type: 'string', enum: Object.keys(RESOLUTION_STRATEGIES) } },
            required: ['resolutionStrategy'],
          }),
        },
      ],
    },
  );
  const legacy = Object.entries(LEGACY_CONSENT_KEYS).map(([key, rowKey]) => [
    key,
    bySourceType(legacySourceTypes, textRows(rowKey)),
  ]);
  return {
    ...(legacySourceTypes.length > 0 ? Object.fromEntries(legacy) : {}),
    [CONSENT_MANAGEMENT]: bySourceType(sourceTypes, current),
  };
}

/** The keyword `then`. Spelled out in a literal the keyword would look like a promise's `then`, which linters rightly refuse. */
export function consequence(schema: object): object {
  return Object.fromEntries([['then', schema]]);
}

function options(labels: Readonly<Record<string, string>>): object[] {
  return Object.entries(labels).map(([value, label]) => ({ label, value }));
}

/** The form for the consent categories of one source. */
export const CONSENT_FORM = {
  type: 'dynamicCustomForm',
  configKey: CONSENT_MANAGEMENT,
  default: [],
  rowFields: [
    {
      type: 'singleSelect',
      label: 'Consent management provider',
      configKey: 'provider',
      options: options(PROVIDERS),
      default: DEFAULT_PROVIDER,
      required: true,
    },
    {
      type: 'singleSelect',
      label: 'Consent logic',
      configKey: 'resolutionStrategy',
      options: options(RESOLUTION_STRATEGIES),
      required: true,
      variant: 'badge',
      preRequisites: { fields: [{ configKey: 'provider', value: 'custom' }] },
    },
    {
      type: 'tagInput',
      label: 'Consent category ids',
      note: "Press 'Enter' after each id. Ids are safer than names, which change more often.",
      configKey: 'consents',
      tagKey: 'consent',
      placeholder: 'e.g. Marketing',
      default: [{ consent: '' }],
    },
  ],
};
