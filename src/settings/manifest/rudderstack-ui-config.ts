// Writes the `uiConfig` of RudderStack's destination definition: the form that people fill in.

import { configSettings, isRequired } from './config-settings.js';
import type { Manifest, SettingSchema } from './model.js';
import { CONSENT_FORM } from './rudderstack-consent.js';
import { fieldPattern } from './rudderstack-pattern.js';

/** The section whose fields are on the first page, because nothing is sent before they are right. */
const FIRST_SECTION = 'connection';

const CONNECTION_MODES_PAGE = 'https://www.rudderstack.com/docs/destinations/rudderstack-connection-modes/';

/** A form in RudderStack's base template format. Mapping rows are on pages of their own, behind links (redirects). */
export function uiConfig(manifest: Manifest): object {
  const shown = configSettings(manifest).filter(([, { ui }]) => ui !== undefined);
  const mappings = shown.filter(([, { ui }]) => ui?.field === 'mapping');
  const fields = shown.filter(([, { ui }]) => ui?.field !== 'mapping');
  const group = (section: string) => ({
    ...manifest.settingSections[section],
    fields: fields.filter(([, { ui }]) => ui?.section === section).map(([key, setting]) => formField(key, setting)),
  });
  const laterSections = Object.keys(manifest.settingSections).filter((section) => section !== FIRST_SECTION);
  return {
    baseTemplate: [
      {
        title: 'Initial setup',
        note: `Connect this destination to ${manifest.displayName}`,
        sections: [{ groups: [{ ...group(FIRST_SECTION), icon: 'settings' }] }, { groups: [connectionModeGroup()] }],
      },
      {
        title: 'Mappings',
        note: `Map parts of events to ${manifest.displayName}`,
        sections: [
          { groups: [{ title: 'Mappings', fields: mappings.map(([key, setting]) => linkToMapping(key, setting)) }] },
        ],
      },
      {
        title: 'Configuration settings',
        note: 'Change how events are converted',
        sections: [
          {
            title: 'Destination settings',
            note: `How events become ${manifest.displayName} events`,
            icon: 'settings',
            groups: laterSections.map(group),
          },
          // RudderStack finds this section by its id and fills it with the consent form.
          {
            id: 'consentSettings',
            title: 'Consent settings',
            note: 'Consent categories per provider',
            icon: 'settings',
            groups: [],
          },
        ],
      },
    ],
    sdkTemplate: { title: 'Web SDK settings', note: 'not visible in the ui', fields: [] },
    consentSettingsTemplate: { title: 'Consent settings', note: 'not visible in the ui', fields: [CONSENT_FORM] },
    redirectGroups: Object.fromEntries(mappings.map(([key, setting]) => [key, { fields: [formField(key, setting)] }])),
  };
}

/** RudderStack fills the group with a choice per source type. */
function connectionModeGroup(): object {
  const note = ['How events reach this destination. ', { text: 'Get help deciding', link: CONNECTION_MODES_PAGE }];
  return { title: 'Connection mode', note, icon: 'sliders', fields: [] };
}

function linkToMapping(key: string, setting: SettingSchema): object {
  return { type: 'redirect', redirectGroupKey: key, label: setting.title, note: noteOf(setting) };
}

function formField(key: string, setting: SettingSchema): object {
  const { ui } = setting;
  return {
    type: ui?.field,
    label: setting.title,
    note: noteOf(setting),
    configKey: key,
    ...fieldKeys(setting),
    ...(ui?.showWhen === undefined
      ? {}
      : { preRequisites: { fields: [{ configKey: ui.showWhen.setting, value: ui.showWhen.is }] } }),
  };
}

/** Forms show plain text. */
function noteOf({ ui, description }: SettingSchema): string {
  return (ui?.note ?? description).replaceAll('`', "'");
}

function fieldKeys(setting: SettingSchema): object {
  const { ui } = setting;
  switch (ui?.field) {
    case 'singleSelect':
      return {
        options: (setting.enum ?? []).map((value) => ({ label: ui.optionLabels?.[value] ?? value, value })),
        default: ui.default ?? setting.default,
      };
    case 'checkbox':
      return { default: setting.default };
    case 'tagInput':
      return { tagKey: ui.tagKey, placeholder: ui.placeholder, default: tagRows(ui.tagKey ?? '', setting.default) };
    case 'mapping':
      return { default: [], columns: Object.entries(setting.items?.properties ?? {}).map(mappingColumn) };
    default:
      return textKeys(setting);
  }
}

function tagRows(tagKey: string, values: unknown): object[] {
  const tags = Array.isArray(values) && values.length > 0 ? values : [''];
  return tags.map((tag) => ({ [tagKey]: tag }));
}

function mappingColumn([key, column]: [string, { readonly title?: string }]): object {
  return { type: 'textInput', configKey: key, label: column.title ?? key };
}

/** A text field starts empty, which means unset; its placeholder shows the default that then applies. */
function textKeys(setting: SettingSchema): object {
  const regex = fieldPattern(setting, isRequired(setting));
  const placeholder =
    setting.ui?.placeholder ?? (setting.default === undefined ? undefined : `Default: ${setting.default}`);
  return {
    ...(placeholder === undefined ? {} : { placeholder }),
    ...(regex === undefined ? {} : { regex, regexErrorMessage: `Invalid ${setting.title}` }),
    ...(setting.secret ? { secret: true } : {}),
  };
}
