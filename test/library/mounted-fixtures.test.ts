// Fixtures hold where the plugin is mounted in somebody else's Express app: some of each folder. `npm run proof:short` plays all.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readFixtures } from '../../src/contract/read-fixtures.js';
import { playAgainstApp } from '../../testkit/fixture-stage.js';
import { differencesMounted, openMountedApp } from '../../testkit/library.js';

/** One of so many is played, of those that can be played beside others. */
const EACH = 20;

test('fixtures hold at a path of a host', async (context) => {
  const fixtures = readFixtures().filter(
    ({ fixture: { alone, stopping, environment } }) => !alone && !stopping && environment === undefined,
  );
  const some = fixtures.filter((_, index) => index % EACH === 0);
  const { results, strangers } = await playAgainstApp(context, some, openMountedApp);
  assert.deepEqual(differencesMounted(results).failed, []);
  assert.deepEqual(strangers, []);
  assert.ok(results.length > 50, `${results.length} fixtures`);
});
