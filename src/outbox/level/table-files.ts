// Tells the table files that hold the data from those that will be gone soon: LevelDB writes files anew before it takes away the old ones.

import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Level } from '../../level/open-database.js';

/** Bytes of table files. */
export interface TableBytes {
  /** Those that hold the data. */
  readonly inUse: number;
  /** The others: of a merge that has not ended, or was just replaced by one. */
  readonly passing: number;
}

const TABLE = /^(\d+)\.ldb$/;

/** What LevelDB says of a table in use, in a line of its own: its number and its bytes. Line ends in keys are escaped. */
const IN_USE = /^ (\d+):(\d+)\[/;

/** Meanwhile files are replaced; then they are looked at again. */
const MOST_LOOKS = 3;

/** Measures the table files of an open database. @throws what the disk says, and where it is closed meanwhile */
export async function measureTables(db: Level, directory: string): Promise<TableBytes> {
  let said = db.getProperty('leveldb.sstables');
  for (let look = 1; ; look += 1) {
    const measured = await measure(directory, said);
    const saidSince = db.getProperty('leveldb.sstables');
    if (saidSince === said || look >= MOST_LOOKS) return measured;
    said = saidSince;
  }
}

async function measure(directory: string, said: string): Promise<TableBytes> {
  const sizes = new Map<number, number>();
  for (const line of said.split('\n')) {
    const [, file, bytes] = IN_USE.exec(line) ?? [];
    if (file !== undefined) sizes.set(Number(file), Number(bytes));
  }
  let passing = 0;
  for (const name of await readdir(directory)) {
    const [, file] = TABLE.exec(name) ?? [];
    if (file === undefined || sizes.has(Number(file))) continue;
    passing += (await stat(join(directory, name)).catch(() => undefined))?.size ?? 0;
  }
  return { inUse: [...sizes.values()].reduce((sum, bytes) => sum + bytes, 0), passing };
}
