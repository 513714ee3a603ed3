// What the dispatcher remembers of lanes, which events can name as many of as they like.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { startDispatcher } from '../../testkit/dispatch.js';
import { ACCEPTED, serveLogEvent } from '../../testkit/log-event-stand-in.js';

test('a lane with nothing left to send is forgotten', async (context) => {
  const statsig = await serveLogEvent(context, () => ACCEPTED);
  const { aim, append, dispatcher, drain } = startDispatcher(context);
  for (let number = 0; number < 10; number += 1) {
    aim(`ws-${number}`, statsig);
    await append(`ws-${number}`, ['event']);
  }
  await drain();
  while (dispatcher.status().lanes.length > 0) await turn();
  assert.equal(statsig.accepted().length, 10);
});

test('what is known of a key that was refused is kept as long as it holds back the next event, and no longer', async (context) => {
  const statsig = await serveLogEvent(context, () => ({ status: 401 }));
  const { aim, append, clock, dispatcher, told } = startDispatcher(context);
  const lanes = () => dispatcher.status().lanes.map(({ workspaceId }) => workspaceId);
  for (let number = 0; number < 10; number += 1) {
    aim(`ws-${number}`, statsig);
    await append(`ws-${number}`, ['event']);
  }
  clock.advance(1_000);
  await told(10);
  await turn();
  assert.equal(lanes().length, 10);

  await append('ws-3', ['next']);
  await turn();
  assert.equal(await clock.nextIn(), 30_000, 'the next event of a refused key does not try at once');
  assert.equal(statsig.requests.length, 10);

  clock.advance(30_000);
  await told(11);
  for (let number = 0; number < 6; number += 1) {
    aim(`new-${number}`, statsig);
    await append(`new-${number}`, ['event']);
    await turn();
  }
  assert.ok(!lanes().some((id) => id.startsWith('ws-') && id !== 'ws-3'), lanes().join());
});
