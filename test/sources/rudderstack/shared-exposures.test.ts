// Exposures of RudderStack's sources over replicas: what passed at one does not pass at another, and no answer waits for the database.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createExposureWindow } from '../../../src/sources/rudderstack/sources/exposure-window.js';
import { createSharedExposures } from '../../../src/sources/rudderstack/sources/shared-exposures.js';
import { keepingLog } from '../../../testkit/id-list-rig.js';
import { type MigratedSchema, migratedSchema } from '../../../testkit/postgres-replicas.js';
import { until } from '../../../testkit/until.js';

const HOUR_MS = 3_600_000;

/** @param ahead milliseconds that the clock of this replica is ahead */
function replica(context: TestContext, schema: MigratedSchema, ahead = 0) {
  const now = () => Date.now() + ahead;
  const log = keepingLog();
  const exchange = createSharedExposures({ database: schema.connect(context), now, log });
  context.after(() => exchange.close());
  const learned = new Set<number>();
  const window = createExposureWindow(now, undefined, {
    join: (learn) =>
      exchange.join((exposure) => {
        learn(exposure);
        learned.add(exposure.said);
      }),
  });
  return {
    /** Resolves when it has learned of so many different ones. */
    knows: (count: number) =>
      until(
        () => learned.size >= count,
        () => `${learned.size} of ${count} are known`,
      ),
    lines: log.lines,
    admits: (key: string, eventId: string, value = 'red') =>
      window.admits({ share: 'acme', key, value, eventId, windowMs: HOUR_MS }),
  };
}

test('what passed at one replica does not pass at another, whatever their clocks say; a repeated webhook does', async (context) => {
  const schema = await migratedSchema(context);
  if (schema === undefined) return;
  const [one, two] = [replica(context, schema), replica(context, schema, HOUR_MS / 2)];
  assert.equal(one.admits('gate', 'event-1'), true);
  await two.knows(1);
  assert.equal(two.admits('gate', 'event-2'), false);
  assert.equal(two.admits('gate', 'event-1'), true, 'the webhook that said it, repeated');
  assert.equal(two.admits('gate', 'event-3', 'blue'), true, 'it says something else');
  await one.knows(2);
  assert.equal(one.admits('gate', 'event-4', 'blue'), false);
  const rows = await schema.run('select * from source_exposure');
  assert.doesNotMatch(JSON.stringify(rows), /gate|event-|red|blue/);
});

test('a replica that starts learns what passed before', async (context) => {
  const schema = await migratedSchema(context);
  if (schema === undefined) return;
  const one = replica(context, schema);
  for (let index = 0; index < 50; index += 1) assert.ok(one.admits(`gate ${index}`, `event-${index}`));
  await one.knows(50);
  const two = replica(context, schema);
  await two.knows(50);
  for (let index = 0; index < 50; index += 1) assert.equal(two.admits(`gate ${index}`, 'another event'), false);
});

test('while the database does not answer each replica has windows of its own, says so once, and tells of them later', async (context) => {
  const schema = await migratedSchema(context);
  if (schema === undefined) return;
  const [one, two] = [replica(context, schema), replica(context, schema)];
  await schema.run('alter table source_exposure rename to away');
  assert.equal(one.admits('gate', 'event-1'), true);
  assert.equal(one.admits('gate', 'event-2'), false);
  await until(() => one.lines.length > 0, 'it is said');
  assert.match(one.lines[0] ?? '', /^warn Exposures that passed are not told to other replicas/);
  await schema.run('alter table away rename to source_exposure');
  await two.knows(1);
  assert.equal(two.admits('gate', 'event-3'), false);
  assert.equal(one.lines.length, 1);
});
