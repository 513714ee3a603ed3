// Checks a database before LevelDB opens it: every block, every log, and that nothing is missing.
//
// LevelDB 1.20 checks what it reads from its tables only where it is asked to, and classic-level does not ask. It aborts the process on some damage, passes over other, and drops what it
// does not know.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type DatabaseFiles, isWithoutData, listDatabase } from './database-files.js';
import { readLog } from './log-file.js';
import { type Manifest, readManifest } from './manifest-file.js';
import { checkTable } from './table-file.js';
import { readBatch } from './write-batch.js';

/** How a database is. */
export interface Health {
  readonly files: DatabaseFiles;
  /** What is damaged, by file, for people. */
  readonly faults: ReadonlyMap<string, string>;
  /** Operations that were synced and that no file has, so far as is known. */
  readonly missing: number;
  /** The number of the last operation that can be read. */
  readonly operations: number;
  /** `undefined` where it cannot be read. */
  readonly manifest: Manifest | undefined;
  /** The manifest names other tables than there are, or knows less than the logs follow on: it is older than the database. */
  readonly isManifestOld: boolean;
  /** Tables and logs that the manifest does not know or is done with: what a kill leaves, or all that is left when the manifest is old. */
  readonly leftovers: readonly string[];
}

/** @param synced the number of the last operation that is known to be synced, where it is known @throws the error of the disk */
export async function checkDatabase(directory: string, synced: number | undefined): Promise<Health> {
  const files = await listDatabase(directory);
  const faults = new Map<string, string>();
  const missingOf = (operations: number) => Math.max((synced ?? 0) - operations, 0);
  if (isWithoutData(files)) {
    if (files.hasCurrent) faults.set('CURRENT', 'there is nothing but this file');
    return {
      files,
      faults,
      missing: missingOf(0),
      operations: 0,
      manifest: undefined,
      isManifestOld: false,
      leftovers: [],
    };
  }
  const manifest = await findManifest(directory, files, faults);
  const hasOtherTables = await checkTables(directory, files, manifest, faults);
  const { operations, unfinished, hasGap } = await checkLogs(directory, files, manifest, faults);
  const missing = missingOf(operations);
  // The end of a log that nothing was promised of is what a kill or a loss of power leaves.
  for (const [name, isTorn] of unfinished)
    if (missing > 0 || (!isTorn && synced === undefined)) faults.set(name, 'its end cannot be read');
  const isManifestOld = hasOtherTables || hasGap || missing > 0;
  return { files, faults, missing, operations, manifest, isManifestOld, leftovers: leftoversOf(files, manifest) };
}

/** True for a database that LevelDB may open as it is. */
export function isSoundDatabase({ faults, missing, leftovers }: Health): boolean {
  return faults.size === 0 && (missing === 0 || leftovers.length === 0);
}

/** The one that the file CURRENT names, or the newest where that file cannot be read. */
async function findManifest(
  directory: string,
  { manifests, hasCurrent }: DatabaseFiles,
  faults: Map<string, string>,
): Promise<Manifest | undefined> {
  const said = hasCurrent ? await readFile(join(directory, 'CURRENT'), 'utf8') : '';
  const named = [...manifests.values()].find((name) => said === `${name}\n`);
  if (named === undefined) faults.set('CURRENT', 'it does not name a manifest');
  const name = named ?? [...manifests.values()].at(-1);
  if (name === undefined) return undefined;
  try {
    return readManifest(await readFile(join(directory, name)));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    faults.set(name, error.message);
    return undefined;
  }
}

/** @returns whether a table is not there, or not the one that the manifest names */
async function checkTables(
  directory: string,
  { tables }: DatabaseFiles,
  manifest: Manifest | undefined,
  faults: Map<string, string>,
): Promise<boolean> {
  let hasOthers = false;
  for (const number of manifest?.tables.keys() ?? []) {
    if (tables.has(number)) continue;
    hasOthers = true;
    faults.set(`${number}.ldb`, 'it is missing');
  }
  for (const [number, name] of tables) {
    const size = manifest?.tables.get(number);
    if (manifest !== undefined && size === undefined) continue;
    const file = await readFile(join(directory, name));
    const isOther = size !== undefined && file.length !== size;
    hasOthers ||= isOther;
    const fault = isOther ? 'it has another size than the manifest says' : checkTable(file);
    if (fault !== undefined) faults.set(name, fault);
  }
  return hasOthers;
}

function isOver({ logNumber, previousLog }: Manifest, number: number): boolean {
  return number < logNumber && number !== previousLog;
}

interface Logs {
  readonly operations: number;
  /** Whether each that ends before it should ends within a record. */
  readonly unfinished: ReadonlyMap<string, boolean>;
  /** Operations before those of a log are nowhere. */
  readonly hasGap: boolean;
}

/** Operations are numbered without gaps, so that a log that is gone, or a manifest that is old, shows. */
async function checkLogs(
  directory: string,
  { logs }: DatabaseFiles,
  manifest: Manifest | undefined,
  faults: Map<string, string>,
): Promise<Logs> {
  let operations = manifest?.lastSequence ?? 0;
  let hasGap = false;
  const unfinished = new Map<string, boolean>();
  for (const [number, name] of logs) {
    if (manifest !== undefined && isOver(manifest, number)) continue;
    const { records, state } = readLog(await readFile(join(directory, name)));
    if (state === 'damaged') faults.set(name, 'a part of it cannot be read');
    else if (state !== 'whole') unfinished.set(name, state === 'torn');
    for (const { bytes, isWhole } of records) {
      if (!isWhole) continue;
      try {
        const batch = readBatch(bytes);
        if (manifest !== undefined && batch.sequence > operations + 1) {
          hasGap = true;
          faults.set(name, 'writes before it are missing');
        }
        operations = Math.max(operations, batch.sequence + batch.operations.length - 1);
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        faults.set(name, error.message);
      }
    }
  }
  return { operations, unfinished, hasGap };
}

function leftoversOf({ tables, logs }: DatabaseFiles, manifest: Manifest | undefined): string[] {
  if (manifest === undefined) return [];
  return [
    ...[...tables].filter(([number]) => !manifest.tables.has(number)).map(([, name]) => name),
    ...[...logs].filter(([number]) => isOver(manifest, number)).map(([, name]) => name),
  ];
}
