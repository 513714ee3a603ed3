// Reads the dead letters, page by page.

import { PluginError } from '../../base/errors.js';
import type { Level } from '../../level/open-database.js';
import { readPages } from '../../level/pages.js';
import type { DeadLetter } from '../outbox.js';
import type { LevelDatabase } from './database.js';
import { DEAD, decodeDead, keyRange, parseRecordKey, workspaceKeyRange } from './records.js';

const PAGE = 100;

/**
 * Dead letters of a workspace, or of all, each lane in the order of death. Nothing is held open between pages, so a
 * slow reader costs nothing, and may drop or redeliver what it was given.
 *
 * @throws PluginError OUTBOX_UNAVAILABLE when the disk cannot be read
 */
export async function* listDeadLetters(
  database: LevelDatabase,
  workspaceId: string | undefined,
): AsyncGenerator<DeadLetter, void, void> {
  const { db } = database;
  if (db === undefined) throw new PluginError('OUTBOX_UNAVAILABLE', database.problem?.code ?? 'closed');
  const range = workspaceId === undefined ? keyRange(DEAD) : workspaceKeyRange(DEAD, workspaceId);
  const pages = readPages(db, { ...range, size: PAGE });
  for (;;) {
    const page = await nextPage(database, db, pages);
    if (page === undefined) return;
    for (const [key, value] of page) {
      const place = parseRecordKey(key);
      if (place !== undefined) yield decodeDead(place, key, value);
    }
  }
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
