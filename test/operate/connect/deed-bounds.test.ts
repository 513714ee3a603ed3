// How many deeds of connecting are kept and run, and for how long: by threads that do what the test says.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLogger } from '../../../src/base/logger.js';
import {
  ConnectDeeds,
  type DeedsDeps,
  MAX_KEPT,
  MAX_THREADS,
  type ThreadWatch,
} from '../../../src/operate/connect/deeds.js';

function start() {
  const threads: { readonly watch: ThreadWatch; ended: number }[] = [];
  const deps: DeedsDeps = {
    place: { settingsLocation: 'settings', settingsToken: undefined, upstreamUrl: undefined },
    recentEvents: () => [],
    expectEvent: () => () => {},
    startThread(_, watch) {
      const thread = { watch, ended: 0 };
      threads.push(thread);
      return {
        tell() {},
        async end() {
          thread.ended += 1;
        },
      };
    },
    now: Date.now,
    log: createLogger('silent'),
  };
  const deeds = new ConnectDeeds(deps);
  const begin = (verb: 'plan' | 'apply', workspace = 'shop') =>
    deeds.begin({ way: 'segment', asked: { verb, workspace, token: 'a-token' } });
  return { deeds, threads, begin };
}

test('so many are kept and no more, and none that is under way is forgotten', () => {
  const { deeds, threads, begin } = start();
  const first = begin('apply');
  for (let number = 0; number < MAX_KEPT + 5; number += 1) {
    begin('plan');
    threads.at(-1)?.watch.told({ is: 'done' });
  }
  assert.equal(deeds.list().length, MAX_KEPT);
  assert.equal(deeds.find(first.id).state, 'running');
  assert.equal(threads.filter(({ ended }) => ended === 0).length, 1, 'a thread ends with its deed');
  for (let number = 1; number < MAX_THREADS; number += 1) begin('plan');
  assert.throws(() => begin('plan'), /CONNECT_FULL/);
});

test('one that is not over after ten minutes is ended, and what its thread tells later is not heard', (context) => {
  context.mock.timers.enable({ apis: ['setTimeout', 'Date'] });
  const { deeds, threads, begin } = start();
  const { id } = begin('apply');
  context.mock.timers.tick(599_999);
  assert.equal(deeds.find(id).state, 'running');
  context.mock.timers.tick(1);
  const { state, problem } = deeds.find(id);
  assert.deepEqual([state, problem?.code], ['stopped', 'stopped']);
  assert.equal(threads[0]?.ended, 1);
  threads[0]?.watch.told({ is: 'done' });
  threads[0]?.watch.gone();
  assert.equal(deeds.find(id).state, 'stopped');
  assert.equal(begin('apply').state, 'running', 'the next one may begin');
});

test('a thread that is gone without a word is a failure, and the end of the process ends all', async () => {
  const { deeds, threads, begin } = start();
  const { id } = begin('apply');
  threads[0]?.watch.gone();
  assert.deepEqual([deeds.find(id).state, deeds.find(id).problem?.code], ['failed', 'fault']);
  const next = begin('apply');
  await deeds.close();
  assert.equal(deeds.find(next.id).state, 'stopped');
  assert.ok((threads[1]?.ended ?? 0) > 0);
});
