// Reads the dead letters, page by page.

import { PluginError } from '../../base/errors.js';
import type { Level } from '../../level/open-database.js';
import { readPages } from '../../level/pages.js';
import { partsOfLane } from '../lane-id.js';
import type { DeadLetter, DeadLetterRange } from '../outbox.js';
import type { LevelDatabase } from './database.js';
import type { Lanes } from './lanes.js';
import {
  DEAD,
  decodeDead,
  type KeyRange,
  keyRange,
  parseRecordKey,
  timeKeyRange,
  workspaceKeyRange,
} from './records.js';

const PAGE = 100;

/** Later than any time that a key can hold. */
const NO_END = Number.MAX_SAFE_INTEGER;

/** What reading works on. */
export interface DeadLetterReading {
  readonly database: LevelDatabase;
  readonly lanes: Pick<Lanes, 'dead'>;
}

/**
 * Dead letters of a workspace, or of all, each lane in the order of death. Nothing is held open between pages, so a
 * slow reader costs nothing, and may drop or redeliver what it was given. What lies outside of the range is not read.
 *
 * @throws PluginError OUTBOX_UNAVAILABLE when the disk cannot be read
 */
export async function* listDeadLetters(
  { database, lanes }: DeadLetterReading,
  workspaceId: string | undefined,
  range: DeadLetterRange = {},
): AsyncGenerator<DeadLetter, void, void> {
  const { db } = database;
  if (db === undefined) throw new PluginError('OUTBOX_UNAVAILABLE', database.problem?.code ?? 'closed');
  for (const keys of rangesOf(lanes, workspaceId, range)) {
    const pages = readPages(db, { ...keys, size: PAGE, ...(range.newestFirst && { reverse: true }) });
    for (;;) {
      const page = await nextPage(database, db, pages);
      if (page === undefined) break;
      for (const [key, value] of page) {
        const place = parseRecordKey(key);
        if (place !== undefined) yield decodeDead(place, key, value);
      }
    }
  }
}

/** The keys to read, in their order: one range as a rule, one for each lane where target or time are asked for. */
function rangesOf(
  lanes: DeadLetterReading['lanes'],
  workspaceId: string | undefined,
  { target, after, since, until, newestFirst }: DeadLetterRange,
): readonly KeyRange[] {
  const behind = ({ gte, lt }: KeyRange): readonly KeyRange[] => {
    const first = after === undefined || newestFirst || after < gte ? gte : `${after}\0`;
    const end = after === undefined || !newestFirst || after > lt ? lt : after;
    return first < end ? [{ gte: first, lt: end }] : [];
  };
  if (target === undefined && since === undefined && until === undefined)
    return behind(workspaceId === undefined ? keyRange(DEAD) : workspaceKeyRange(DEAD, workspaceId));
  const ranges = lanes
    .dead(workspaceId)
    .filter((lane) => target === undefined || partsOfLane(lane).target === target)
    .map((lane) => timeKeyRange(DEAD, lane, since ?? 0, until ?? NO_END))
    .sort((one, other) => (one.gte < other.gte ? -1 : 1))
    .flatMap(behind);
  return newestFirst ? ranges.reverse() : ranges;
}

type Page = [string, string][];

async function nextPage(
  database: LevelDatabase,
  db: Level,
  pages: AsyncGenerator<Page, void, void>,
): Promise<Page | undefined> {
  try {
    const { value } = await pages.next();
    return value ?? undefined;
  } catch (error) {
    database.fail(db, error);
    throw new PluginError('OUTBOX_UNAVAILABLE', database.problem?.code ?? 'closed');
  }
}
