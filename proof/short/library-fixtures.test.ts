// Every fixture holds where the plugin is mounted in somebody else's Express app, beside its routes.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readFixtures } from '../../src/contract/read-fixtures.js';
import { playAgainstApp } from '../../testkit/fixture-stage.js';
import { differencesMounted, openMountedApp } from '../../testkit/library.js';

test('every fixture holds at a path of a host', async (context) => {
  const { results, strangers } = await playAgainstApp(context, readFixtures(), openMountedApp);
  const { failed, ofPath } = differencesMounted(results);
  assert.deepEqual(failed, []);
  assert.ok(ofPath > 0, 'SDKs are told of the path');
  assert.deepEqual(strangers, []);
  assert.ok(results.length > 500, `${results.length} fixtures`);
});
