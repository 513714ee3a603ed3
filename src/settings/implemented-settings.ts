// Which settings the code reads, and as what: one that is declared alone would be accepted and do nothing.

import type { ManifestFault } from './manifest/manifest-error.js';
import type { SettingSchema, ValueSchema } from './manifest/model.js';
import type { WorkspaceSettings } from './settings.generated.js';

/** A value in short: its type, `secret`, or its choices; `[]` for a list of them; `?` where the code does without it, so that it needs no default. */
type Notation<T> =
  NonNullable<T> extends readonly (infer Item)[]
    ? Item extends object
      ? readonly [Parts<Item>, '?'?]
      : string
    : NonNullable<T> extends object
      ? Parts<T>
      : string;

type Parts<T> = { readonly [Name in keyof Required<T>]: Notation<T[Name]> };

const READ: Parts<WorkspaceSettings> = {
  id: 'string?',
  rudderstack: {
    destinationIds: 'string[]?',
    workspaceIds: 'string[]?',
    sourceIds: 'string[]?',
    sourceWriteKeys: 'secret[]?',
  },
  segment: {
    sharedSecrets: 'secret[]?',
    signedPart: 'bodyOrFirst|body',
    headerSecrets: 'secret[]?',
    apiKeys: 'secret[]?',
  },
  trackingApi: { writeKeys: 'secret[]?', integrationNames: 'string[]', requiredConsent: 'string[]' },
  outbound: {
    signingSecrets: 'secret[]?',
    paused: 'boolean',
    signatureToleranceMs: 'integer',
    targets: [{ name: 'string', writeKey: 'secret', host: 'string', path: 'string' }, '?'],
    identifierMappings: [{ from: 'string', to: 'userId|anonymousId|groupId' }],
    eventCategories:
      'gate_exposure|config_exposure|layer_exposure|experiment_exposure|holdout_exposure|config_change|custom_event[]',
    includeEvents: 'string[]',
    excludeEvents: 'string[]',
    includeNewEvents: 'boolean',
    environments: 'string[]',
    experimentViewed: 'off|also|instead',
    exposureWindowMs: 'integer',
    exposureSampleRate: 'number',
    skipAnonymousExposures: 'boolean',
    skipDefaultRuleExposures: 'boolean',
    configChangeUserId: 'string',
  },
  paused: 'boolean',
  redact: 'string[]',
  audiences: {
    units: [{ from: 'string', idType: 'string' }],
    lists: [{ key: 'string', id: 'string', idType: 'string?' }],
    createMissing: 'boolean',
    windowMs: 'integer',
    maxIdsPerRequest: 'integer',
  },
  secretKey: 'secret?',
  mode: 'events|webhook',
  eventsUrl: 'string',
  apiUrl: 'string',
  consoleKey: 'secret?',
  consoleUrl: 'string',
  allowTemplatedSecretKey: 'boolean',
  eventNamePreset: 'rudderstack|segment|segment-legacy?',
  eventNamePrefix: 'string?',
  eventNameTemplates: { track: 'string?', page: 'string?', screen: 'string?', group: 'string?' },
  eventNameMaxLength: 'integer',
  identifierMappings: [{ from: 'string', to: 'string' }],
  defaultEnvironment: 'string?',
  environmentMappings: [{ from: 'string', to: 'string' }],
  valueFrom: 'string[]',
  valueInMetadata: 'boolean',
  metadataMaxLength: 'integer',
  eventTypes: 'track|page|screen|group[]',
  includeEvents: 'string[]',
  excludeEvents: 'string[]',
  idListId: 'string?',
  idListField: 'string',
  maxBatchEvents: 'integer',
  maxBatchBytes: 'integer',
};

/** Those that the code does not look for in a destination's Config. */
const DOCUMENT_ONLY: readonly (keyof WorkspaceSettings)[] = [
  'id',
  'rudderstack',
  'segment',
  'trackingApi',
  'outbound',
  'paused',
  'redact',
  'audiences',
];

/** Any of the notations, as the comparison sees it. */
type AnyNotation = string | { readonly [name: string]: AnyNotation } | ListNotation;

type ListNotation = readonly [{ readonly [name: string]: AnyNotation }, '?'?];

function isList(notation: AnyNotation): notation is ListNotation {
  return Array.isArray(notation);
}

/** A scalar's or a list of scalars' type in short, without `?`. */
function typeOf({ type, items, secret, enum: choices }: ValueSchema): string {
  if (type === 'array' && items !== undefined) return `${typeOf(items)}[]`;
  if (type === 'string' && choices !== undefined) return choices.join('|');
  return type === 'string' && secret ? 'secret' : type;
}

/** Fewer choices than the code knows are a choice of the manifest's. */
function isReadAs(found: string, read: string): boolean {
  if (found === read) return true;
  const [some = '', more = ''] = [found, read].map((notation) => notation.replace(/\[\]$/, ''));
  const known = more.split('|');
  return (
    known.length > 1 &&
    found.endsWith('[]') === read.endsWith('[]') &&
    some.split('|').every((each) => known.includes(each))
  );
}

function* faultsOf(
  schema: ValueSchema,
  read: AnyNotation,
  path: string,
  isRequired: boolean,
): Generator<ManifestFault, void> {
  const isOptional = isList(read) ? read[1] === '?' : typeof read !== 'string' || read.endsWith('?');
  if (!isOptional && !isRequired && schema.default === undefined)
    yield { path, problem: 'The setting needs a default.', fix: 'Add "default".' };
  if (isList(read)) {
    if (schema.type === 'array' && schema.items?.properties !== undefined)
      yield* partFaults(schema.items, read[0], `${path}.items`);
    else yield { path, problem: 'The code reads a list of objects.', fix: 'Give it "items" with "properties".' };
  } else if (typeof read !== 'string') {
    if (schema.type === 'object') yield* partFaults(schema, read, path);
    else yield { path: `${path}.type`, problem: 'The code reads an object.', fix: 'Write object.' };
  } else {
    const wanted = read.replace(/\?$/, '');
    if (!isReadAs(typeOf(schema), wanted))
      yield { path, problem: `It is ${typeOf(schema)}, and the code reads ${wanted}.`, fix: `Declare ${wanted}.` };
  }
}

function* partFaults(
  schema: ValueSchema,
  read: Readonly<Record<string, AnyNotation>>,
  path: string,
): Generator<ManifestFault, void> {
  const { properties = {}, required = [] } = schema;
  const known: ReadonlyMap<string, AnyNotation> = new Map(Object.entries(read));
  for (const [name, part] of Object.entries(properties)) {
    const at = `${path}.properties.${name}`;
    const notation = known.get(name);
    if (notation === undefined)
      yield { path: at, problem: 'Nothing reads this setting.', fix: 'Remove it, or correct its name.' };
    else yield* faultsOf(part, notation, at, required.includes(name));
  }
  for (const name of known.keys())
    if (!Object.hasOwn(properties, name))
      yield { path: `${path}.properties`, problem: `"${name}" is read but not declared.`, fix: `Declare "${name}".` };
}

/** What is declared and not read, read and not declared, or read as something else. */
export function* settingsFaults(
  settings: ValueSchema & { readonly properties: Readonly<Record<string, SettingSchema>> },
) {
  // Its precise type makes the compiler look for each setting above; here any name is looked up.
  yield* partFaults(settings, READ as unknown as Readonly<Record<string, AnyNotation>>, 'settings');
  for (const name of DOCUMENT_ONLY)
    if (!settings.properties[name]?.documentOnly)
      yield {
        path: `settings.properties.${name}.documentOnly`,
        problem: 'The code does not look for this setting in a Config.',
        fix: 'Write true.',
      };
}
