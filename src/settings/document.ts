// Reads settings documents from a text.

import { dirname } from 'node:path';
import { runAtOnce, runInSlices } from '../base/breather.js';
import { buildDocument } from './build-document.js';
import { type DocumentEntry, defaultIdOf, unpackEntries } from './document-entries.js';
import type { KnownEntries } from './known-entries.js';
import { type ReadSecret, readLocalSecret } from './secret-reference.js';
import type { DocumentFault } from './settings-error.js';
import { formatPath, type SettingsPath } from './settings-path.js';
import { readSettingsValue } from './settings-value.js';
import { type UniqueValue, uniqueValuesOf, type ValuePlace } from './unique-values.js';
import type { WorkspaceDocument } from './workspace-document.js';
import { readYamlAside } from './yaml-aside.js';
import { readYaml, type YamlReading } from './yaml-tree.js';

export type { OutboundSettings, SegmentSenders, TrackingApiSenders, WorkspaceDocument } from './workspace-document.js';

/** What a string holds. */
export interface ParsedDocuments {
  /** None when there are faults. */
  readonly documents: readonly WorkspaceDocument[];
  readonly faults: readonly DocumentFault[];
  /** What is in force and does nothing, or something else than it says. */
  readonly warnings: readonly PlacedWarning[];
  readonly uniqueValues: readonly UniqueValue[];
  /** Absolute paths of the files that `file:` secrets name, whether they can be read or not. */
  readonly secretFiles: readonly string[];
}

/** Something in settings that may not be meant. */
export interface PlacedWarning {
  /** Within the settings of its workspace. */
  readonly at: SettingsPath;
  readonly message: string;
  /** Where it stands; looked for when it is told. */
  readonly place: () => ValuePlace;
}

/** How a string is read. */
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
  return runAtOnce(parseEntries(readYaml(text), source, options));
}

/** The same, for texts that others must not wait for. Their workspaces that are as they were are not built anew. @param known what the text held before */
export async function parseInSlices(
  text: string,
  source: string,
  options: ParseOptions,
  known: KnownEntries,
): Promise<ParsedDocuments> {
  return runInSlices(parseEntries(await readYamlAside(text), source, options, known));
}

/** Stops between two workspaces. */
function* parseEntries(
  yaml: YamlReading,
  source: string,
  options: ParseOptions,
  known?: KnownEntries,
): Generator<void, ParsedDocuments, void> {
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

  const defaultId = defaultIdOf(entries, source, options.defaultId);
  const read: ParsedDocuments[] = [];
  const readAnew = (entry: DocumentEntry, readSecret: ReadSecret) => readEntry(entry, source, defaultId, readSecret);
  for (const entry of entries) {
    yield;
    const readSecret = options.readSecret ?? readLocalSecret;
    if (known === undefined) read.push(readAnew(entry, readSecret));
    else read.push(placedIn(entry, source, known.read(entry, defaultId, readSecret, readAnew)));
  }
  known?.forgetOthers();
  const allFaults = [...faults, ...read.flatMap((each) => each.faults)].sort(byPosition);
  return {
    documents: allFaults.length > 0 ? [] : read.flatMap(({ documents }) => documents),
    faults: allFaults,
    warnings: read.flatMap(({ warnings }) => warnings),
    uniqueValues: read.flatMap(({ uniqueValues }) => uniqueValues),
    secretFiles: read.flatMap(({ secretFiles }) => secretFiles),
  };
}

function failed(faults: readonly DocumentFault[]): ParsedDocuments {
  return { documents: [], faults, warnings: [], uniqueValues: [], secretFiles: [] };
}

function byPosition(a: DocumentFault, b: DocumentFault): number {
  return (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0);
}

type PlaceOf = (at: SettingsPath, part?: 'name' | 'value') => ValuePlace;

function placesIn({ tree, at: entryAt }: DocumentEntry, source: string): PlaceOf {
  return (at, part) => ({
    source,
    path: formatPath([...entryAt, ...at]),
    ...tree.positionOf([...entryAt, ...at], part),
  });
}

/** Reading a text again for each look would hold up an edit of another one. */
function lazily<T>(find: () => T): () => T {
  let found: T | undefined;
  return () => {
    found ??= find();
    return found;
  };
}

/** What was known of an entry may stand in another line now. */
function placedIn(entry: DocumentEntry, source: string, parsed: ParsedDocuments): ParsedDocuments {
  const placeOf = placesIn(entry, source);
  return {
    ...parsed,
    warnings: parsed.warnings.map((warning) => ({ ...warning, place: lazily(() => placeOf(warning.at)) })),
    uniqueValues: parsed.uniqueValues.map((value) => ({ ...value, place: () => placeOf(value.at) })),
  };
}

function readEntry(
  entry: DocumentEntry,
  source: string,
  defaultId: string | false,
  readSecret: ReadSecret,
): ParsedDocuments {
  const { value } = entry;
  const placeOf = placesIn(entry, source);
  const { invalid, settings, secrets, mistakes } = readSettingsValue(value, dirname(source), readSecret);
  const faults = [
    ...invalid.map(({ at, part, message }) => ({ ...placeOf(at, part), message })),
    ...secrets.flatMap(({ at, problem }) => (problem === undefined ? [] : [{ ...placeOf(at), message: problem }])),
    ...mistakes.flatMap(({ kind, at, message }) => (kind === 'fault' ? [{ ...placeOf(at), message }] : [])),
  ];
  const warnings = mistakes.flatMap(({ kind, at, message }) =>
    kind === 'warning' ? [{ at, message, place: lazily(() => placeOf(at)) }] : [],
  );
  const secretFiles = secrets.flatMap(({ file }) => file ?? []);
  if (invalid.length > 0) return { ...failed(faults), warnings, secretFiles };

  const id = settings.id ?? defaultId;
  if (id === false) faults.push({ ...placeOf(['id']), message: MISSING_ID });
  return {
    documents: id === false ? [] : [buildDocument(id, source, settings, secrets)],
    faults,
    warnings,
    uniqueValues: uniqueValuesOf(id, settings, secrets, placeOf),
    secretFiles,
  };
}
