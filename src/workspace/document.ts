// Reads settings documents from a text.

import { basename, dirname, extname } from 'node:path';
import { type DocumentSecret, resolveSecrets, secretsAt } from './document-secrets.js';
import type { Secret } from './secret.js';
import { type ReadSecret, readLocalSecret } from './secret-reference.js';
import type { WorkspaceSettings } from './settings.generated.js';
import type { DocumentFault } from './settings-error.js';
import { formatPath, type SettingsPath } from './settings-path.js';
import { locateSettingsFaults } from './validate-settings.js';
import { readYaml, type TextPosition, type YamlTree } from './yaml-tree.js';

/** How senders of Segment's webhooks prove themselves. */
export interface SegmentSenders {
  /** Sign with one of these. */
  readonly sharedSecrets: readonly Secret[];
  readonly signedPart: 'bodyOrFirst' | 'body';
  /** Show one of these in a header. */
  readonly headerSecrets: readonly Secret[];
  /** Partner subscriptions send one of these. */
  readonly apiKeys: readonly Secret[];
}

/** What is asked of events that Segment's SDKs send straight to us. */
export interface TrackingApiSenders {
  readonly writeKeys: readonly Secret[];
  /** Our names in an event's `integrations`. */
  readonly integrationNames: readonly string[];
  /** Consent categories that must all be granted, where an event has consent. */
  readonly requiredConsent: readonly string[];
}

/** The valid settings of one workspace. */
export interface WorkspaceDocument {
  /** Name for logs and metrics, unique among the documents in force. */
  readonly id: string;
  /** The file as the operator named it, or the config service's URL without query. */
  readonly source: string;
  readonly settings: Omit<WorkspaceSettings, 'secretKey' | 'segment' | 'trackingApi'>;
  /** Already resolved. Absent: the workspace runs dry, nothing is sent. */
  readonly secretKey?: Secret;
  readonly segment: SegmentSenders;
  readonly trackingApi: TrackingApiSenders;
}

/** Something only one document may have: its id, a RudderStack destination or workspace it applies to, a key that picks it. */
export interface Claim extends TextPosition {
  readonly kind: 'workspace id' | 'RudderStack destination' | 'RudderStack workspace' | 'write key' | 'API key';
  readonly value: string;
  /** The value for people; absent when it is secret. */
  readonly shown?: string;
  readonly source: string;
  readonly path: string;
  /** Stands for the document: the same object in all of its claims. */
  readonly owner: object;
}

/** What a text holds. */
export interface ParsedDocuments {
  /** None when there are faults. */
  readonly documents: readonly WorkspaceDocument[];
  readonly faults: readonly DocumentFault[];
  readonly claims: readonly Claim[];
  /** Absolute paths of the files that `file:` secrets name, whether they can be read or not. */
  readonly secretFiles: readonly string[];
}

/** How a text is read. */
export interface ParseOptions {
  /** Looks `env:` and `file:` up. Default: this process's environment and files. */
  readonly readSecret?: ReadSecret;
  /** Id of a document that is alone in its text and names none; `false` when each must name its own. Default: the source's file name. */
  readonly defaultId?: string | false;
}

const MISSING_ID = 'is missing: only a document that is alone in its file is named after the file';

/** The settings of one workspace within a text. */
interface Entry {
  readonly tree: YamlTree;
  readonly at: SettingsPath;
  readonly value: unknown;
}

/**
 * Reads YAML or JSON: one document, several YAML documents, a list of documents, or `{workspaces: [...]}`.
 *
 * @param source names the text in faults; a relative `file:PATH` starts from its directory
 */
export function parseDocuments(text: string, source: string, options: ParseOptions = {}): ParsedDocuments {
  const yaml = readYaml(text);
  if ('faults' in yaml) return failed(yaml.faults.map((fault) => ({ source, path: '', ...fault })));

  const entries: Entry[] = [];
  const faults: DocumentFault[] = [];
  const trees = yaml.trees.filter(({ value }) => value !== null);
  if (trees.length === 0) return failed([{ source, path: '', message: 'holds no settings' }]);
  for (const tree of trees) {
    const found = unpack(tree);
    if (Array.isArray(found)) entries.push(...found);
    else
      faults.push({ source, path: formatPath(found.at), message: found.message, ...tree.positionOf(found.at, 'name') });
  }

  const defaultId = entries.length > 1 ? false : (options.defaultId ?? idFromFileName(source));
  const read = entries.map((entry) => readEntry(entry, source, defaultId, options));
  const allFaults = [...faults, ...read.flatMap((each) => each.faults)].sort(byPosition);
  return {
    documents: allFaults.length > 0 ? [] : read.flatMap(({ document }) => document ?? []),
    faults: allFaults,
    claims: read.flatMap(({ claims }) => claims),
    secretFiles: read.flatMap(({ secretFiles }) => secretFiles),
  };
}

function failed(faults: readonly DocumentFault[]): ParsedDocuments {
  return { documents: [], faults, claims: [], secretFiles: [] };
}

function byPosition(a: DocumentFault, b: DocumentFault): number {
  return (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0);
}

/** `acme.prod.yaml` → `acme-prod`, because an id has no dots. */
function idFromFileName(source: string): string {
  return basename(source, extname(source))
    .replace(/[^A-Za-z0-9_-]/g, '-')
    .slice(0, 64);
}

function unpack(tree: YamlTree): Entry[] | { readonly at: SettingsPath; readonly message: string } {
  const { value } = tree;
  if (Array.isArray(value)) return value.map((each, index) => ({ tree, at: [index], value: each }));
  if (typeof value !== 'object' || value === null || !('workspaces' in value)) return [{ tree, at: [], value }];
  const { workspaces, ...rest } = value;
  const [stray] = Object.keys(rest);
  if (stray !== undefined)
    return { at: [stray], message: 'must not stand beside workspaces: each workspace has its own' };
  if (!Array.isArray(workspaces)) return { at: ['workspaces'], message: 'must be a list of workspaces' };
  return workspaces.map((each, index) => ({ tree, at: ['workspaces', index], value: each }));
}

interface ReadEntry {
  readonly document?: WorkspaceDocument;
  readonly faults: readonly DocumentFault[];
  readonly claims: readonly Claim[];
  readonly secretFiles: readonly string[];
}

function readEntry(entry: Entry, source: string, defaultId: string | false, options: ParseOptions): ReadEntry {
  const place = (at: SettingsPath, part?: 'name' | 'value') => ({
    source,
    path: formatPath([...entry.at, ...at]),
    ...entry.tree.positionOf([...entry.at, ...at], part),
  });
  const invalid = locateSettingsFaults(entry.value);
  if (invalid.length > 0) {
    return {
      faults: invalid.map(({ at, part, message }) => ({ ...place(at, part), message })),
      claims: [],
      secretFiles: [],
    };
  }

  const { secretKey: _, segment, trackingApi, ...settings } = entry.value as WorkspaceSettings;
  const id = settings.id ?? defaultId;
  const secrets = resolveSecrets(
    entry.value as WorkspaceSettings,
    dirname(source),
    options.readSecret ?? readLocalSecret,
  );
  const faults = [
    ...(id === false ? [{ ...place(['id']), message: MISSING_ID }] : []),
    ...secrets.flatMap(({ at, problem }) => (problem === undefined ? [] : [{ ...place(at), message: problem }])),
  ];

  const claim = (kind: Claim['kind'], value: string, at: SettingsPath): Claim => ({
    kind,
    value,
    owner: entry,
    ...place(at),
  });
  const shownClaim = (...args: Parameters<typeof claim>): Claim => ({ ...claim(...args), shown: args[1] });
  const keyClaims = (kind: Claim['kind'], group: string, list: string): readonly Claim[] =>
    secrets.flatMap(({ at, secret }) =>
      secret !== undefined && at[0] === group && at[1] === list ? [claim(kind, secret.reveal(), at)] : [],
    );
  const { destinationIds = [], workspaceIds = [] } = settings.rudderstack ?? {};
  const claims = [
    ...(id === false ? [] : [shownClaim('workspace id', id, ['id'])]),
    ...destinationIds.map((each, index) =>
      shownClaim('RudderStack destination', each, ['rudderstack', 'destinationIds', index]),
    ),
    ...workspaceIds.map((each, index) =>
      shownClaim('RudderStack workspace', each, ['rudderstack', 'workspaceIds', index]),
    ),
    ...keyClaims('write key', 'trackingApi', 'writeKeys'),
    ...keyClaims('API key', 'segment', 'apiKeys'),
  ];
  const document = id === false ? {} : { document: toDocument(id, source, settings, segment, trackingApi, secrets) };
  return { ...document, faults, claims, secretFiles: secrets.flatMap(({ file }) => file ?? []) };
}

function toDocument(
  id: string,
  source: string,
  settings: WorkspaceDocument['settings'],
  segment: WorkspaceSettings['segment'],
  trackingApi: WorkspaceSettings['trackingApi'],
  secrets: readonly DocumentSecret[],
): WorkspaceDocument {
  const [secretKey] = secretsAt(secrets, 'secretKey');
  return {
    id,
    source,
    settings,
    ...(secretKey !== undefined && { secretKey }),
    segment: {
      sharedSecrets: secretsAt(secrets, 'segment', 'sharedSecrets'),
      signedPart: segment?.signedPart ?? 'bodyOrFirst',
      headerSecrets: secretsAt(secrets, 'segment', 'headerSecrets'),
      apiKeys: secretsAt(secrets, 'segment', 'apiKeys'),
    },
    trackingApi: {
      writeKeys: secretsAt(secrets, 'trackingApi', 'writeKeys'),
      integrationNames: trackingApi?.integrationNames ?? ['Statsig'],
      requiredConsent: trackingApi?.requiredConsent ?? [],
    },
  };
}
