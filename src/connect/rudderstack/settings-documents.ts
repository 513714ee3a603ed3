// The settings documents as their files hold them, of whatever length, and what they claim of RudderStack.

import { basename, dirname, join } from 'node:path';
import type { Secret } from '../../base/secret.js';
import { isJsonObject, type JsonObject } from '../../model/segment-event.js';
import { describeLocation, isServiceUrl } from '../../settings/sources/location.js';
import { isSettingsName } from '../../settings/sources/unread-files.js';
import type { PlaceInFile } from '../../settings/write/change-text.js';
import { listFiles, readFileText, readServiceText, workspacesIn } from '../../settings/write/settings-files.js';
import { readYaml } from '../../settings/yaml-tree.js';
import { ConnectError } from '../connection.js';

/** One settings document, as its file holds it. */
export interface FoundDocument {
  readonly id: string;
  readonly file: string;
  readonly place: PlaceInFile;
  readonly value: JsonObject;
}

/** All of them. */
export interface SettingsDocuments {
  readonly location: string;
  /** Of the files that there are, by path. */
  readonly texts: ReadonlyMap<string, string>;
  readonly documents: readonly FoundDocument[];
  /** The file that new documents are written to. */
  readonly newFile: string;
  /** Directory of the settings files; `undefined`: a config service has them. */
  readonly directory: string | undefined;
}

/** The lists of `rudderstack` in a document, by which it claims. */
export const CLAIMS = ['destinationIds', 'workspaceIds', 'sourceIds'] as const;

export type ClaimName = (typeof CLAIMS)[number];

/** @returns what a document claims */
export function claimedBy({ value }: FoundDocument, name: ClaimName): readonly string[] {
  const list = isJsonObject(value.rudderstack) ? value.rudderstack[name] : undefined;
  return Array.isArray(list) ? list.filter((each) => typeof each === 'string') : [];
}

async function textOf(file: string): Promise<string> {
  const read = await readFileText(file, Number.POSITIVE_INFINITY);
  if (read === undefined || 'problem' in read)
    throw new ConnectError('settings', `${file} ${read?.problem ?? 'is not there any more'}.`);
  return assertYaml(read.text, file);
}

function assertYaml(text: string, file: string): string {
  const reading = readYaml(text);
  if ('faults' in reading) {
    const [{ line, message } = { line: 1, message: 'cannot be read' }] = reading.faults;
    throw new ConnectError('settings', `${file} is no YAML, line ${line}: ${message}.`);
  }
  return text;
}

function documentsIn(text: string, file: string): readonly FoundDocument[] {
  return workspacesIn(text, file).map(({ id, place, value }) => ({
    id,
    file,
    place,
    value: isJsonObject(value) ? value : {},
  }));
}

/** A config service is asked, so that what is claimed already is known; what it is to claim is changed there. */
async function readFromService(location: string, token: Secret | undefined): Promise<SettingsDocuments> {
  const file = describeLocation(location);
  const read = await readServiceText(location, token);
  if ('problem' in read) throw new ConnectError('settings', `${file} ${read.problem}.`);
  const documents = documentsIn(assertYaml(read.text, file), file);
  return { location, texts: new Map([[file, read.text]]), documents, newFile: file, directory: undefined };
}

/** @param location a settings directory, a file, or the URL of a config service @param token for the service @throws ConnectError */
export async function readSettingsDocuments(location: string, token: Secret | undefined): Promise<SettingsDocuments> {
  if (isServiceUrl(location)) return readFromService(location, token);
  const isFile = isSettingsName(basename(location));
  const directory = isFile ? dirname(location) : location;
  const texts = new Map<string, string>();
  const documents: FoundDocument[] = [];
  for (const file of await listFiles(location)) {
    const text = await textOf(file);
    texts.set(file, text);
    documents.push(...documentsIn(text, file));
  }
  const newFile = isFile ? join(directory, basename(location)) : join(directory, 'rudderstack.yaml');
  return { location, texts, documents, newFile, directory };
}
