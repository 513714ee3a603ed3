// Remembers what connecting has written into settings documents, so that undo takes back that and nothing else: ids have no mark of their own.

import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseJson } from '../../base/json.js';
import { makeParents, replacePrivateFile } from '../../base/private-files.js';
import { codeOf } from '../../base/system-error.js';
import { isJsonObject } from '../../model/segment-event.js';
import { readFileText } from '../../settings/write/settings-files.js';
import { ConnectError } from '../connection.js';
import { CLAIMS, type ClaimName } from './settings-documents.js';

/** What was written into one document. */
export type WrittenPart = Readonly<Record<ClaimName, readonly string[]>> & {
  /** The reference that it was given. */
  readonly secretKey?: string;
  /** The file that was made for the key. */
  readonly keyFile?: string;
};

/** By ids of documents. */
export type Written = ReadonlyMap<string, WrittenPart>;

/** Its name begins with a dot: it is no settings file. */
export function recordFile(directory: string): string {
  return join(directory, '.connect-rudderstack.json');
}

function stringsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
}

function partOf(value: unknown): WrittenPart {
  const part = isJsonObject(value) ? value : {};
  const { secretKey, keyFile } = part;
  return {
    destinationIds: stringsOf(part.destinationIds),
    workspaceIds: stringsOf(part.workspaceIds),
    sourceIds: stringsOf(part.sourceIds),
    ...(typeof secretKey === 'string' && { secretKey }),
    ...(typeof keyFile === 'string' && { keyFile }),
  };
}

/** @returns none where nothing was written @throws ConnectError */
export async function readRecord(file: string): Promise<Written> {
  const read = await readFileText(file, Number.POSITIVE_INFINITY);
  if (read === undefined) return new Map();
  if ('problem' in read) throw new ConnectError('settings', `${file} ${read.problem}.`);
  const value = parseJson(read.text);
  if (!isJsonObject(value) || !isJsonObject(value.documents))
    throw new ConnectError(
      'settings',
      `${file} is damaged: it should say what connecting has written. Remove it, and take the claims out by hand.`,
    );
  return new Map(Object.entries(value.documents).map(([id, part]) => [id, partOf(part)]));
}

/** What was written before, and what is about to be. */
export function merged(before: Written, more: Written): Written {
  const all = new Map(before);
  for (const [id, part] of more) {
    const old = all.get(id);
    const lists = Object.fromEntries(
      CLAIMS.map((name) => [name, [...new Set([...(old?.[name] ?? []), ...part[name]])]]),
    );
    all.set(id, { ...old, ...part, ...(lists as Record<ClaimName, string[]>) });
  }
  return all;
}

function failed(file: string, what: string, error: unknown): ConnectError {
  return new ConnectError('settings', `${file} cannot be ${what} (${codeOf(error)}).`);
}

/** @throws ConnectError */
export async function writeRecord(file: string, written: Written): Promise<void> {
  try {
    await makeParents(dirname(file));
    await replacePrivateFile(file, `${JSON.stringify({ documents: Object.fromEntries(written) }, null, 1)}\n`);
  } catch (error) {
    throw failed(file, 'written', error);
  }
}

/** @throws ConnectError */
export async function removeRecord(file: string): Promise<void> {
  await rm(file, { force: true }).catch((error) => {
    throw failed(file, 'removed', error);
  });
}
