// On a tight disk LevelDB is asked whether its last merge failed, and each database that is opened is merged once.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { ClassicLevel } from 'classic-level';
import { Compaction } from '../../src/outbox/level/compaction.js';
import { until } from '../../testkit/until.js';

/** A database that takes no write any more, as one whose merge has failed, and the ranges that it was asked to merge. */
async function openFailing(context: TestContext) {
  const directory = mkdtempSync(join(tmpdir(), 'compaction-'));
  const db = new ClassicLevel<string, string>(directory);
  await db.open();
  context.after(async () => {
    await db.close();
    rmSync(directory, { recursive: true });
  });
  const merged: string[] = [];
  const merge = db.compactRange.bind(db);
  db.compactRange = (start: string, end: string) => {
    merged.push(start);
    return merge(start, end);
  };
  db.del = () => Promise.reject(new Error('No space left on device'));
  return { db, merged };
}

test('a merge that failed is told, and another one begins once the database is opened anew', async (context) => {
  const compaction = new Compaction();
  const faults: string[] = [];
  const look = ({ db }: Awaited<ReturnType<typeof openFailing>>) =>
    compaction.look(db, 0, 0, true, (error) => faults.push(String(error)));
  const first = await openFailing(context);
  look(first);
  await until(() => faults.length === 1, 'the failure is told');
  assert.deepEqual(faults, ['Error: No space left on device']);
  look(first);
  assert.equal(first.merged.length, 2, 'nothing was taken out since');
  const second = await openFailing(context);
  look(second);
  await until(() => faults.length === 2, 'the failure of the second is told');
  assert.equal(second.merged.length, 2);
});
