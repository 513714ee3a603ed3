// What an operator is told of a lane in trouble: in the log, and in the report that /readyz shows.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startDispatcher } from '../../testkit/dispatch.js';
import { ACCEPTED, serveLogEvent } from '../../testkit/log-event-stand-in.js';
import type { StandInAnswer } from '../../testkit/stand-in.js';

test('an outage is reported from its first failure to its end', async (context) => {
  let answer: StandInAnswer = { status: 503, body: 'closed for lunch' };
  const statsig = await serveLogEvent(context, () => answer);
  const limits = { failuresToOpen: 2 };
  const { aim, append, clock, dispatcher, logLines, told } = startDispatcher(context, { limits });
  aim('acme', statsig);
  const report = () => dispatcher.status().lanes[0];
  const said = (message: string) => logLines.filter((line) => line.includes(message)).map((line) => JSON.parse(line));
  const where = { workspaceId: 'acme', target: 'statsig' };

  await append('acme', ['a']);
  await clock.skip();
  await told(1);
  const problem = 'Statsig answered 503: closed for lunch';
  const failing = { ...where, inFlight: 0, circuit: 'closed', pausedUntil: clock.now() + 500, problem };
  assert.deepEqual(withoutLane(report()), failing);
  assert.deepEqual(said('The target takes'), []);

  await clock.skip();
  await told(2);
  const open = { ...failing, circuit: 'open', pausedUntil: clock.now() + 30_000 };
  assert.deepEqual(withoutLane(report()), open);
  const opened = { ...where, problem, level: 'warn', message: 'The target takes no events, its deliveries wait' };
  assert.deepEqual(said('The target takes'), [opened]);

  answer = ACCEPTED;
  while (statsig.accepted().length === 0) await Promise.race([clock.skip(), told(3)]);
  await told(3);
  assert.deepEqual(withoutLane(report()), { ...where, inFlight: 0, circuit: 'closed' });
  const closed = { ...where, level: 'info', message: 'The target takes events again' };
  assert.deepEqual(said('The target takes'), [opened, closed]);
});

test('a wrong key opens the circuit at once', async (context) => {
  const statsig = await serveLogEvent(context, () => ({ status: 401, body: 'Invalid key' }));
  const { aim, append, clock, dispatcher, told } = startDispatcher(context);
  aim('acme', statsig);
  await append('acme', ['a']);
  await clock.skip();
  await told(1);
  const { circuit, problem, pausedUntil } = dispatcher.status().lanes[0] ?? {};
  assert.deepEqual([circuit, problem], ['open', 'Statsig answered 401: Invalid key']);
  assert.ok(pausedUntil !== undefined && pausedUntil > clock.now(), 'when the key is tried again');
});

function withoutLane(report: object | undefined): object {
  return Object.fromEntries(Object.entries(report ?? {}).filter(([name]) => name !== 'lane'));
}
