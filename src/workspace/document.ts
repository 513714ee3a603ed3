// Reads settings documents from a text.

import { basename, dirname, extname } from 'node:path';
import type { Secret } from './secret.js';
import { type ReadSecret, readLocalSecret, resolveSecretKey } from './secret-reference.js';
import type { WorkspaceSettings } from './settings.generated.js';
import type { DocumentFault } from './settings-error.js';
import { formatPath, type SettingsPath } from './settings-path.js';
import { locateSettingsFaults } from './validate-settings.js';
import { readYaml, type TextPosition, type YamlTree } from './yaml-tree.js';

/** The valid settings of one workspace. */
export interface WorkspaceDocument {
  /** Name for logs and metrics, unique among the documents in force. */
  readonly id: string;
  /** The file as the operator named it, or the config service's URL without query. */
  readonly source: string;
  readonly settings: Omit<WorkspaceSettings, 'secretKey'>;
  /** Already resolved. */
  readonly secretKey?: Secret;
}

/** Something only one document may have: its id, or a RudderStack destination or workspace it applies to. */
export interface Claim extends TextPosition {
  readonly kind: 'workspace id' | 'RudderStack destination' | 'RudderStack workspace';
  readonly value: string;
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
  const read = entries.map((entry) => readEntry(entry, source, defaultId, options.readSecret ?? readLocalSecret));
  const allFaults = [...faults, ...read.flatMap((each) => each.faults)].sort(byPosition);
  return {
    documents: allFaults.length > 0 ? [] : read.flatMap(({ document }) => document ?? []),
    faults: allFaults,
    claims: read.flatMap(({ claims }) => claims),
    secretFiles: read.flatMap(({ secretFile }) => secretFile ?? []),
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
  readonly secretFile?: string;
}

function readEntry(entry: Entry, source: string, defaultId: string | false, read: ReadSecret): ReadEntry {
  const place = (at: SettingsPath, part?: 'name' | 'value') => ({
    source,
    path: formatPath([...entry.at, ...at]),
    ...entry.tree.positionOf([...entry.at, ...at], part),
  });
  const invalid = locateSettingsFaults(entry.value);
  if (invalid.length > 0) {
    return { faults: invalid.map(({ at, part, message }) => ({ ...place(at, part), message })), claims: [] };
  }

  const { secretKey, ...settings } = entry.value as WorkspaceSettings;
  const id = settings.id ?? defaultId;
  const { secret, problem, file } = secretKey === undefined ? {} : resolveSecretKey(secretKey, dirname(source), read);
  const faults = [
    ...(id === false ? [{ ...place(['id']), message: MISSING_ID }] : []),
    ...(problem === undefined ? [] : [{ ...place(['secretKey']), message: problem }]),
  ];

  const claim = (kind: Claim['kind'], value: string, at: SettingsPath): Claim => ({
    kind,
    value,
    owner: entry,
    ...place(at),
  });
  const { destinationIds = [], workspaceIds = [] } = settings.rudderstack ?? {};
  const claims = [
    ...(id === false ? [] : [claim('workspace id', id, ['id'])]),
    ...destinationIds.map((each, index) =>
      claim('RudderStack destination', each, ['rudderstack', 'destinationIds', index]),
    ),
    ...workspaceIds.map((each, index) => claim('RudderStack workspace', each, ['rudderstack', 'workspaceIds', index])),
  ];
  const document = id === false ? {} : { document: { id, source, settings, ...(secret && { secretKey: secret }) } };
  return { ...document, faults, claims, ...(file !== undefined && { secretFile: file }) };
}
