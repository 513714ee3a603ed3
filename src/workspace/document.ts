// Reads settings documents from a text.

import { basename, dirname, extname } from 'node:path';
import { buildDocument } from './build-document.js';
import { type Claim, claimsOf } from './claims.js';
import { type DocumentEntry, unpackEntries } from './document-entries.js';
import { resolveSecrets } from './document-secrets.js';
import { type ReadSecret, readLocalSecret } from './secret-reference.js';
import type { WorkspaceSettings } from './settings.generated.js';
import type { DocumentFault } from './settings-error.js';
import { formatPath, type SettingsPath } from './settings-path.js';
import { locateSettingsFaults } from './validate-settings.js';
import type { WorkspaceDocument } from './workspace-document.js';
import { readYaml } from './yaml-tree.js';

export type { OutboundSettings, SegmentSenders, TrackingApiSenders, WorkspaceDocument } from './workspace-document.js';

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

/**
 * Reads YAML or JSON: one document, several YAML documents, a list of documents, or `{workspaces: [...]}`.
 *
 * @param source names the text in faults; a relative `file:PATH` starts from its directory
 */
export function parseDocuments(text: string, source: string, options: ParseOptions = {}): ParsedDocuments {
  const yaml = readYaml(text);
  if ('faults' in yaml) return failed(yaml.faults.map((fault) => ({ source, path: '', ...fault })));

  const entries: DocumentEntry[] = [];
  const faults: DocumentFault[] = [];
  const trees = yaml.trees.filter(({ value }) => value !== null);
  if (trees.length === 0) return failed([{ source, path: '', message: 'holds no settings' }]);
  for (const tree of trees) {
    const found = unpackEntries(tree);
    if ('message' in found)
      faults.push({ source, path: formatPath(found.at), message: found.message, ...tree.positionOf(found.at, 'name') });
    else entries.push(...found);
  }

  const defaultId = entries.length > 1 ? false : (options.defaultId ?? idFromFileName(source));
  const read = entries.map((entry) => readEntry(entry, source, defaultId, options.readSecret ?? readLocalSecret));
  const allFaults = [...faults, ...read.flatMap((each) => each.faults)].sort(byPosition);
  return {
    documents: allFaults.length > 0 ? [] : read.flatMap(({ documents }) => documents),
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

function readEntry(
  { tree, at: entryAt, value }: DocumentEntry,
  source: string,
  defaultId: string | false,
  readSecret: ReadSecret,
): ParsedDocuments {
  const placeOf = (at: SettingsPath, part?: 'name' | 'value') => ({
    source,
    path: formatPath([...entryAt, ...at]),
    ...tree.positionOf([...entryAt, ...at], part),
  });
  const invalid = locateSettingsFaults(value);
  if (invalid.length > 0) return failed(invalid.map(({ at, part, message }) => ({ ...placeOf(at, part), message })));

  const settings = value as WorkspaceSettings;
  const id = settings.id ?? defaultId;
  const secrets = resolveSecrets(settings, dirname(source), readSecret);
  return {
    documents: id === false ? [] : [buildDocument(id, source, settings, secrets)],
    faults: [
      ...(id === false ? [{ ...placeOf(['id']), message: MISSING_ID }] : []),
      ...secrets.flatMap(({ at, problem }) => (problem === undefined ? [] : [{ ...placeOf(at), message: problem }])),
    ],
    claims: claimsOf(id, settings, secrets, placeOf),
    secretFiles: secrets.flatMap(({ file }) => file ?? []),
  };
}
