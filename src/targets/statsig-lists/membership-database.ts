// The database of the memberships: its format, and what is believed of it when it is damaged or older than it should be.

import type { Logger } from '../../base/logger.js';
import type { EpochMs } from '../../base/time.js';
import { type Commit, createLazyDatabase, type LazyDatabase } from '../../level/lazy-database.js';
import type { Level } from '../../level/open-database.js';
import type { Opened } from '../../level/owned-database.js';
import { assertKnownFormat } from '../../level/seal.js';

/** Where memberships are kept. */
export interface MembershipDirectory {
  /** Made when it is missing. Used by one process at a time. */
  readonly directory: string;
  readonly now: () => EpochMs;
  readonly log: Logger;
}

const NAME = 'store of memberships';

const CACHE_BYTES = 16 << 20;
const WRITE_BUFFER_BYTES = 8 << 20;

/** The version of all that is in the store, and where it is kept. Stores of versions before the first that was counted hold no such number. */
const FORMAT = 2;
const FORMAT_KEY = 'format';

const LOST =
  'Nothing that is known of members is sure any more: memberships that Statsig has are sent once more, and where nothing is known, replays of old events count.';

/** @returns `undefined` for a store that has none yet @throws NewerFormatError */
async function readFormat(db: Level): Promise<number | undefined> {
  const text = await db.get(FORMAT_KEY);
  if (text === undefined) return undefined;
  const format = Number(text);
  assertKnownFormat(NAME, format, FORMAT);
  return format;
}

/** What may be missing in what is read, for people. */
function findGaps({ damage, missing, noted }: Opened, isNew: boolean): readonly string[] {
  const isUnsure = noted.state !== 'noted' && !isNew;
  return [
    ...damage,
    ...(missing > 0 ? ['what was written last is gone'] : []),
    ...(isUnsure ? ['the file synced cannot be read: whether what was written last is there is not known'] : []),
  ];
}

/**
 * Nothing is opened here.
 *
 * @param load reads what it needs to know from a database that was just opened; told whether that may be incomplete or old
 */
export function createMembershipDatabase<T>(
  { directory, now, log }: MembershipDirectory,
  load: (db: Level, hasGaps: boolean, commit: Commit) => Promise<T>,
): LazyDatabase<T> {
  return createLazyDatabase({
    ...{ directory, now, log, name: NAME, cacheBytes: CACHE_BYTES },
    writeBufferBytes: () => WRITE_BUFFER_BYTES,
    // It is never begun anew by a process that had it open: a deletion would not find the lists a person is on.
    stake: () => 'what is known of the members of lists',
    // What is damaged in it is learned anew.
    isSound: () => false,
    async load(db, opened, commit) {
      const format = await readFormat(db);
      const said = findGaps(opened, format === undefined);
      if (said.length > 0) log.error({ directory, said }, `The ${NAME} is damaged. ${LOST}`);
      // Before anything else: an earlier version would not find what this one writes.
      if (format !== FORMAT) await commit(db.batch().put(FORMAT_KEY, String(FORMAT)));
      return load(db, said.length > 0, commit);
    },
  });
}
