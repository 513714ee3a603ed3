// The overview where the plugin is part of another program, and where the clock of the machine is set.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createSteadyClock } from '../../../src/base/steady-clock.js';
import { createStatsigCdp } from '../../../src/index.js';
import { HISTORY_FILE } from '../../../src/operate/overview/history-file.js';
import type { OverviewAnswer } from '../../../src/operate/overview/shapes.js';
import { testApp } from '../../../testkit/app.js';
import { serve } from '../../../testkit/loopback.js';
import { visited } from '../../../testkit/overview.js';
import { temporaryDirectory } from '../../../testkit/settings.js';

const SHOP = { id: 'shop', trackingApi: { writeKeys: ['write-key'] } };

async function overviewOf(url: string): Promise<OverviewAnswer> {
  const answer = await fetch(`${url}/api/overview`, { headers: { authorization: 'Bearer admin-example' } });
  assert.equal(answer.status, 200, await answer.clone().text());
  return (await answer.json()) as OverviewAnswer;
}

async function track(url: string): Promise<void> {
  const body = JSON.stringify({ writeKey: 'write-key', batch: [visited(1)] });
  const answer = await fetch(`${url}/v1/batch`, { method: 'POST', body });
  assert.equal(answer.status, 200);
}

test('a mounted plugin tells its own events, keeps them at its close, and takes no timer with it', async (context) => {
  const directory = temporaryDirectory(context);
  const environment = { OUTBOX_DIRECTORY: join(directory, 'data', 'outbox'), ADMIN_TOKEN: 'admin-example' };
  for (const expected of [1, 2]) {
    const cdp = createStatsigCdp({ settings: [SHOP], environment, serves: 'public' });
    await cdp.start();
    const open = await serve(cdp.handler);
    const operators = await serve((request, response) => cdp.privateRouter(request, response, () => response.end()));
    const close = async () => {
      await open.close();
      await operators.close();
      await cdp.close();
    };
    context.after(close);
    await track(open.url);
    const { pipeline, history, attention } = await overviewOf(operators.url);
    assert.deepEqual(
      pipeline.filter(({ target }) => target === '').map(({ workspace, lastHour }) => [workspace, lastHour.received]),
      [['shop', expected]],
    );
    assert.equal(history.file, join(directory, 'data', HISTORY_FILE));
    assert.ok(attention.some(({ kind }) => kind === 'dry_run'));
    await close();
    assert.ok(existsSync(join(directory, 'data', HISTORY_FILE)));
  }
});

test('a clock that is set is told, and what was counted before stays where it was', async (context) => {
  let wall = Date.UTC(2026, 5, 1, 12);
  const clock = createSteadyClock(() => wall);
  const directory = temporaryDirectory(context);
  const app = testApp({
    documents: [SHOP],
    clock,
    environment: { OUTBOX_DIRECTORY: join(directory, 'outbox'), ADMIN_TOKEN: 'admin-example' },
  });
  const { url, close } = await serve(app.handler);
  context.after(async () => {
    await close();
    await app.close(0);
  });
  await app.start();
  await track(url);
  const jumps = async () =>
    (await overviewOf(url)).attention.flatMap(({ kind, what }) => (kind === 'clock' ? [what] : []));
  assert.deepEqual(await jumps(), []);
  const noon = wall;
  wall = noon + 2 * 86_400_000;
  assert.match((await jumps()).join(), /^The clock of this machine was set forward by 17[23]\d{3} s\.$/);
  const days = (await overviewOf(url)).history.hours;
  assert.equal(days.counts.received[days.at.indexOf(noon)], 1, 'the hour that it was');
  wall = noon;
  assert.match((await jumps()).join(), /set back by 17[23]\d{3} s/);
  const { pipeline } = await overviewOf(url);
  assert.equal(pipeline[0]?.lastHour.received, 1);
});

test('without settings it says so, and what to do', async (context) => {
  const directory = temporaryDirectory(context);
  const cdp = createStatsigCdp({
    environment: {
      STATSIG_CDP_SETTINGS: '',
      OUTBOX_DIRECTORY: join(directory, 'outbox'),
      ADMIN_TOKEN: 'admin-example',
    },
    serves: 'all',
  });
  await cdp.start();
  const { url, close } = await serve(cdp.handler);
  context.after(async () => {
    await close();
    await cdp.close();
  });
  const { attention } = await overviewOf(url);
  assert.deepEqual(
    attention.map(({ kind, severity }) => [kind, severity]),
    [['no_settings', 'info']],
  );
});
