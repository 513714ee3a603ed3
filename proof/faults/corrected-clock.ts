// A clock that was three days ahead is corrected while the process is not running.

import { mkdtempSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { type PluginProcess, readMetrics, startPlugin } from '../../testkit/plugin-process.js';
import type { Fault } from './fault.js';
import { createCommander, takingOrders } from './orders.js';

const THREE_DAYS_MS = 3 * 24 * 3_600_000;
const EVENTS = 200;
const PATIENCE_MS = 30_000;
const MOST_AGE_S = 600;

async function run(directory: string, cleanUp: (() => unknown)[]) {
  const names: string[] = [];
  let isDown = true;
  const statsig = createServer(async (request, response) => {
    const bytes = await buffer(request);
    if (isDown) return void response.writeHead(503).end();
    const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes;
    for (const [, name = ''] of body.toString().matchAll(/"eventName":"([^"]+)"/g)) names.push(name);
    response.writeHead(202, { 'content-type': 'application/json' }).end('{"success":true}');
  });
  await new Promise<void>((resolve) => statsig.listen(0, '127.0.0.1', resolve));
  cleanUp.push(() => {
    statsig.closeAllConnections();
    statsig.close();
  });
  const settings = join(directory, 'shop.json');
  const eventsUrl = `http://127.0.0.1:${(statsig.address() as AddressInfo).port}`;
  const trackingApi = { writeKeys: ['write-example'] };
  writeFileSync(settings, JSON.stringify({ id: 'shop', secretKey: 'secret-example', eventsUrl, trackingApi }));
  const orders = join(directory, 'orders');

  async function start(): Promise<{ readonly process: PluginProcess; readonly url: string }> {
    const process = startPlugin(
      {
        PORT: '0',
        STATSIG_CDP_SETTINGS: settings,
        OUTBOX_DIRECTORY: join(directory, 'data', 'outbox'),
        ...takingOrders(orders),
      },
      directory,
    );
    cleanUp.push(() => process.end('SIGKILL'));
    const port = await process.listening;
    if (port === undefined) throw new Error(`it does not start: ${process.errors.join('\n')}`);
    return { process, url: `http://127.0.0.1:${port}` };
  }
  async function push(url: string, event: string): Promise<void> {
    const body = JSON.stringify({ type: 'track', event, userId: 'user-42', writeKey: 'write-example' });
    const { status } = await fetch(`${url}/v1/track`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json' },
    });
    if (status !== 200) throw new Error(`a push was answered ${status}`);
  }

  const early = await start();
  await createCommander(orders)(early.process, { clockMs: THREE_DAYS_MS });
  const expected = Array.from({ length: EVENTS }, (_, index) => `segment::early-${index}`);
  for (const name of expected) await push(early.url, name.slice('segment::'.length));
  await early.process.end('SIGTERM');

  const late = await start();
  await sleep(1_500);
  const age = (await readMetrics(late.url)).get('statsig_cdp_outbox_oldest_seconds') ?? 0;
  await push(late.url, 'late');
  expected.push('segment::late');
  isDown = false;
  const since = performance.now();
  while (names.length < expected.length && performance.now() - since < PATIENCE_MS) await sleep(50);
  const drainedMs = performance.now() - since;
  const inOrder = names.every((name, index) => name === expected[index]);
  return {
    numbers: [
      `${EVENTS} accepted three days ahead, ${names.length} of ${expected.length} delivered ${(drainedMs / 1000).toFixed(1)} s after Statsig was back, the oldest was ${age.toFixed(1)} s old after the restart`,
    ],
    broken: [
      ...(names.length === expected.length ? [] : [`${expected.length - names.length} events did not come`]),
      ...(inOrder ? [] : ['events overtook others']),
      ...(age > 0 && age < MOST_AGE_S ? [] : [`the oldest event was said to be ${age} s old`]),
    ],
  };
}

export const correctedClock: Fault = {
  name: 'corrected-clock',
  what: 'events are accepted while the clock is three days ahead; it is corrected and the process started again',
  promise: 'what waited goes out at once, in order, before what comes then, and its age is counted from the start',
  async run() {
    const directory = mkdtempSync(join(tmpdir(), 'statsig-cdp-faults-'));
    const cleanUp: (() => unknown)[] = [];
    try {
      return await run(directory, cleanUp);
    } finally {
      for (const step of cleanUp.reverse()) await step();
      await rm(directory, { recursive: true, force: true, maxRetries: 20 });
    }
  },
};
