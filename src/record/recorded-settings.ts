// Writes the settings documents that a recording was made with into its fixtures: ids and keys as placeholders, without addresses.

import { parseAllDocuments } from 'yaml';
import type { Json } from '../contract/fixture.js';
import type { KnownAddress } from './scrub-rules.js';
import type { Secrets } from './secrets.js';

/** What a setting holds, by its path: a secret, or a name that each run of a fixture makes up. */
const SECRETS: ReadonlyMap<string, string> = new Map([
  ['secretKey', 'secretKey'],
  ['consoleKey', 'consoleKey'],
  ['segment.sharedSecrets', 'sharedSecret'],
  ['segment.headerSecrets', 'headerSecret'],
  ['segment.apiKeys', 'apiKey'],
  ['trackingApi.writeKeys', 'writeKey'],
  ['outbound.signingSecrets', 'signingSecret'],
  ['outbound.targets.writeKey', 'targetKey'],
  ['rudderstack.sourceWriteKeys', 'writeKey'],
]);

const IDS: ReadonlyMap<string, string> = new Map([
  ['id', 'workspace'],
  ['rudderstack.destinationIds', 'destinationId'],
  ['rudderstack.workspaceIds', 'rudderWorkspaceId'],
  ['rudderstack.sourceIds', 'sourceId'],
]);

/** Where calls go: a fixture's stand-ins have addresses of their own. */
const ADDRESSES: ReadonlyMap<string, string> = new Map([
  ['eventsUrl', '{{statsigUrl}}'],
  ['apiUrl', '{{statsigUrl}}'],
  ['consoleUrl', '{{consoleUrl}}'],
  // Targets are of two kinds: the address tells which.
  ['outbound.targets.host', '{{segmentUrl}}'],
]);

/** The settings of a recording. */
export interface RecordedSettings {
  readonly documents: readonly { readonly [setting: string]: Json }[];
  /** Ids, with their placeholder. */
  readonly ids: ReadonlyMap<string, string>;
  /** Addresses, with theirs. */
  readonly addresses: readonly KnownAddress[];
}

/** Settings that cannot be read. The message says why. */
export class RecordedSettingsError extends Error {}

/** The key that a setting names. */
function secretOf(text: string, environment: Readonly<Record<string, string | undefined>>): string | undefined {
  if (text.startsWith('env:')) return environment[text.slice(4)]?.trim();
  if (text.startsWith('file:')) return undefined;
  return text;
}

/** Documents of a file: one or several in YAML, or `workspaces` of JSON. */
function documentsOf(text: string): readonly { readonly [setting: string]: Json }[] {
  return parseAllDocuments(text).flatMap((parsed) => {
    if ('errors' in parsed && parsed.errors.length > 0) throw new RecordedSettingsError('is neither YAML nor JSON');
    const value: Json = 'toJS' in parsed ? parsed.toJS() : null;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return [];
    const fields = value as { readonly [setting: string]: Json };
    return Array.isArray(fields.workspaces) ? (fields.workspaces as { readonly [setting: string]: Json }[]) : [fields];
  });
}

/**
 * Reads settings for a recording.
 *
 * @param texts of files
 * @param receivers addresses of the recorder's own, with their placeholder
 * @param secrets gets all that they hold
 * @param environment where keys are looked up that stand there
 * @throws RecordedSettingsError
 */
export function readRecordedSettings(
  texts: readonly string[],
  receivers: readonly KnownAddress[],
  secrets: Secrets,
  environment: Readonly<Record<string, string | undefined>>,
): RecordedSettings {
  const ids = new Map<string, string>();
  const addresses: KnownAddress[] = [];
  const counts = new Map<string, number>();

  function nameId(id: string, kind: string): string {
    const known = ids.get(id);
    if (known !== undefined) return known;
    const count = counts.get(kind) ?? 0;
    counts.set(kind, count + 1);
    const placeholder = `{{${kind}${count === 0 ? '' : `:${String.fromCharCode(0x61 + count)}`}}}`;
    ids.set(id, placeholder);
    return placeholder;
  }

  function walk(value: Json, path: string): Json | undefined {
    if (Array.isArray(value)) return value.map((each: Json) => walk(each, path) ?? null);
    if (typeof value === 'object' && value !== null) {
      const entries = Object.entries(value).map(([name, each]) => [
        name,
        walk(each, path === '' ? name : `${path}.${name}`),
      ]);
      return Object.fromEntries(entries.filter(([, each]) => each !== undefined));
    }
    if (typeof value !== 'string') return value;
    const kind = SECRETS.get(path);
    if (kind !== undefined) return secrets.learn(secretOf(value, environment) ?? value, kind);
    const id = IDS.get(path);
    if (id !== undefined) return nameId(value, id);
    const address = ADDRESSES.get(path);
    if (address === undefined) return value;
    const plain = value.replace(/(?<!\/)\/+$/, '');
    const known = receivers.find(([url]) => url === plain)?.[1];
    if (known === undefined) addresses.push([plain, address]);
    return known === undefined || known === address ? undefined : known;
  }

  const documents = texts
    .flatMap(documentsOf)
    .map((document) => walk(document, '') as { readonly [setting: string]: Json });
  return { documents, ids, addresses };
}
