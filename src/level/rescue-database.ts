// Makes a database of what is undamaged in a damaged one. Damaged files are set aside, never deleted.
//
// LevelDB's own repair drops a table whose index is damaged, and the rest of a log's block behind a bad record, and copies what it does not check. So it gets nothing that is damaged to
// see: what is good in damaged files is written into logs first, each operation with its number, and the repair puts these and the undamaged files together.

import { existsSync } from 'node:fs';
import { open, readFile, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { Health } from './check-database.js';
import { setAside } from './database-files.js';
import { readLog, writeLogRecord } from './log-file.js';
import type { IsSound, Operation } from './operation.js';
import { repairDatabase } from './probe.js';
import { checkTable, rescueTable } from './table-file.js';
import { readBatch, rescueBatch, writeBatch } from './write-batch.js';

/** What to rescue, and by which signs. */
export interface Rescue {
  readonly directory: string;
  readonly health: Health;
  readonly isSound: IsSound;
  /** Of the directory within the directory that keeps what is damaged. */
  readonly aside: string;
  /** LevelDB could not live with it although nothing is seen: every file is written anew. */
  readonly everything: boolean;
}

/** A log becomes a table while it is in memory. */
const LOG_BYTES = 4 << 20;

/** No database of ours comes so far. */
const HIGHEST = 2 ** 48;

/** @throws the error of the disk; then all is as it was, or can be rescued again */
export async function rescueDatabase(rescue: Rescue): Promise<void> {
  const { directory, health, aside } = rescue;
  const { files } = health;
  await requireSpace(directory, [...files.tables.values(), ...files.logs.values()]);
  const spent = await findSpent(rescue);
  const logs = new RescueLogs(directory, Math.max(0, ...files.tables.keys(), ...files.logs.keys()));
  for (const name of spent.damaged) await logs.addAll(await readGood(rescue, name));
  // What was rescued is synced before what it was rescued from goes.
  await logs.close();
  await setAside(directory, aside, [
    ...spent.damaged,
    ...spent.leftovers,
    ...files.manifests.values(),
    ...(files.hasCurrent ? ['CURRENT'] : []),
  ]);
  await repairDatabase(directory);
  // The logs that it has made tables of, undamaged ones too.
  if (existsSync(join(directory, 'lost'))) await setAside(directory, aside, ['lost']);
}

interface Spent {
  readonly damaged: readonly string[];
  /** What the database is done with: the repair would bring back what was deleted. */
  readonly leftovers: readonly string[];
}

async function findSpent({ directory, health, everything }: Rescue): Promise<Spent> {
  const { files, faults } = health;
  const leftovers = health.isManifestOld ? [] : health.leftovers;
  const kept = [...files.tables.values(), ...files.logs.values()].filter((name) => !leftovers.includes(name));
  const damaged: string[] = [];
  for (const name of kept) {
    if (everything || faults.has(name) || !(await isWhole(directory, name))) damaged.push(name);
  }
  return { damaged, leftovers };
}

/** The repair reads logs without checking them. */
async function isWhole(directory: string, name: string): Promise<boolean> {
  const file = await readFile(join(directory, name));
  return name.endsWith('.log') ? readLog(file).state === 'whole' : checkTable(file) === undefined;
}

async function readGood({ directory, health, isSound }: Rescue, name: string): Promise<Iterable<Operation>> {
  const file = await readFile(join(directory, name));
  if (name.endsWith('.log')) return operationsOfLog(file, isSound);
  return rescueTable(file, isSound, health.manifest === undefined ? HIGHEST : health.operations + health.missing);
}

function* operationsOfLog(file: Buffer, isSound: IsSound): Generator<Operation, void, void> {
  let last = 0;
  for (const { bytes, isWhole } of readLog(file).records) {
    for (const operation of isWhole ? wholeBatch(bytes) : rescueBatch(bytes, last, isSound)) {
      last = Math.max(last, operation.sequence);
      yield operation;
    }
  }
}

function wholeBatch(bytes: Buffer): readonly Operation[] {
  try {
    return readBatch(bytes).operations;
  } catch {
    return [];
  }
}

/** Repairing copies, and what it cannot copy it puts away: not to be tried on a full disk. */
async function requireSpace(directory: string, names: readonly string[]): Promise<void> {
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(directory, name))).size));
  const needed = sizes.reduce((sum, size) => sum + size, 0);
  const { bavail, bsize } = await statfs(directory);
  if (bavail * bsize < needed) {
    throw Object.assign(new Error('no space left to repair what is damaged'), { code: 'ENOSPC' });
  }
}

/** Logs of operations, each in a batch of its own. */
class RescueLogs {
  readonly #directory: string;
  #number: number;
  #parts: Buffer[] = [];
  /** LevelDB aborts the process where one log has an operation twice, as a table and the one that it was made of do. */
  #seen = new Set<string>();
  #bytes = 0;

  constructor(directory: string, lastNumber: number) {
    this.#directory = directory;
    this.#number = lastNumber;
  }

  async addAll(operations: Iterable<Operation>): Promise<void> {
    for (const operation of operations) {
      const name = `${operation.sequence} ${operation.key.toString('latin1')}`;
      if (this.#seen.has(name)) continue;
      this.#seen.add(name);
      const record = writeLogRecord(writeBatch(operation), this.#bytes);
      this.#parts.push(record);
      this.#bytes += record.length;
      if (this.#bytes >= LOG_BYTES) await this.close();
    }
  }

  /** Writes what is collected. */
  async close(): Promise<void> {
    if (this.#parts.length === 0) return;
    this.#number += 1;
    const file = await open(join(this.#directory, `${String(this.#number).padStart(6, '0')}.log`), 'wx');
    try {
      await file.writeFile(Buffer.concat(this.#parts));
      await file.sync();
    } finally {
      await file.close();
    }
    this.#parts = [];
    this.#seen = new Set();
    this.#bytes = 0;
  }
}
