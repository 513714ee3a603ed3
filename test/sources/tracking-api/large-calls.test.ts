// Anybody can have a write key, and some kilobytes of gzip hold thousands of events: large calls are worked on one at a time, and no more wait than SDKs have patience for.

import assert from 'node:assert/strict';
import type { Server } from 'node:http';
import { after, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { type Loopback, serve } from '../../../testkit/loopback.js';
import { type TrackingApiOptions, trackingApi } from '../../../testkit/tracking-api.js';
import { until } from '../../../testkit/until.js';

const SHOP = { id: 'shop', trackingApi: { writeKeys: ['write-key', 'other-key'] } };

const servers: Pick<Loopback<Server>, 'close'>[] = [];
after(async () => {
  for (const server of servers) await server.close();
});

async function start(options: TrackingApiOptions) {
  const api = trackingApi({ documents: [SHOP], ...options });
  const server = await serve(api.handler);
  servers.push(server);
  return {
    stored: api.stored,
    post(body: Buffer, key = 'write-key') {
      const headers = {
        'content-type': 'application/json',
        'content-encoding': 'gzip',
        authorization: `Basic ${Buffer.from(`${key}:`).toString('base64')}`,
      };
      return fetch(`${server.url}/v1/batch`, { method: 'POST', body, headers });
    },
  };
}

function callOf(name: string, events: number, filling = ''): Buffer {
  const batch = Array.from({ length: events }, (_, index) => ({
    type: 'track',
    event: 'Order Completed',
    userId: 'u',
    messageId: `${name}-${index}`,
    properties: { filling },
  }));
  return gzipSync(JSON.stringify({ batch }));
}

const manyBytes = (name: string) => callOf(name, 2, 'x'.repeat(300_000));
const manyEvents = (name: string) => callOf(name, 501);

/** The outbox takes nothing until it is told to; `begun` are the first events of each call that has come to it. */
function holdOutbox() {
  const begun: (string | undefined)[] = [];
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const beforeAppend = async ([first]: readonly (string | undefined)[]) => {
    begun.push(first);
    if (first?.startsWith('small') !== true) await released;
  };
  return { begun, beforeAppend, release: () => release() };
}

for (const [what, large] of Object.entries({ bytes: manyBytes, events: manyEvents }))
  test(`calls of many ${what} are worked on one at a time, and smaller ones beside them`, async () => {
    const { begun, beforeAppend, release } = holdOutbox();
    const api = await start({ beforeAppend });
    const first = api.post(large('first'));
    await until(() => begun.length === 1, 'the first call comes to the outbox');
    const more = [api.post(large('second')), api.post(large('third'), 'other-key')];
    const small = Array.from({ length: 12 }, (_, index) => `small-${index}`);
    for (const name of small) assert.equal((await api.post(callOf(name, 1))).status, 200);
    assert.deepEqual(begun, ['first-0', ...small.map((name) => `${name}-0`)]);
    release();
    for (const answer of await Promise.all([first, ...more])) assert.equal(answer.status, 200);
    assert.equal(begun.length, 15);
  });

test('where too many wait the next is told to send it again, and calls of other write keys still wait', async () => {
  const { begun, beforeAppend, release } = holdOutbox();
  const api = await start({ beforeAppend });
  const refused: number[] = [];
  const send = async (index: number) => {
    const answer = await api.post(manyEvents(`call-${index}`));
    if (answer.status !== 503) return answer.status;
    const { success, code } = (await answer.json()) as { success: boolean; code: string };
    assert.deepEqual([success, code, answer.headers.get('retry-after')], [false, 'OVERLOADED', '1']);
    refused.push(index);
    return answer.status;
  };
  const calls = Array.from({ length: 14 }, (_, index) => send(index));
  await until(() => refused.length === 4 && begun.length === 1, 'four calls are refused');
  const other = api.post(manyEvents('other'), 'other-key');
  release();
  const statuses = await Promise.all(calls);
  assert.deepEqual([statuses.filter((status) => status === 200).length, refused.length], [10, 4]);
  assert.equal((await other).status, 200);
  for (const index of [...refused]) assert.equal(await send(index), 200);
  assert.equal(api.stored.length, 15 * 501);
});
