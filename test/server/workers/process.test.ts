// Several workers as one process that operators start, look at and stop.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { copyFileSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { sumSamples } from '../../../testkit/metric-samples.js';
import { element } from '../../../testkit/rudderstack.js';
import { failToStart, startProcess } from '../../../testkit/server.js';
import { temporaryDirectory } from '../../../testkit/settings.js';
import { until } from '../../../testkit/until.js';

const TWO = { WORKERS: '2', PUBLIC_PORT: '0', OUTBOX_RESERVE_BYTES: '0', SINGLE_PORT: 'false' };

const post = (url: string, body: unknown, headers: Record<string, string> = {}) =>
  fetch(url, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json', ...headers },
  });

const track = (messageId: string) => ({
  type: 'track',
  event: 'Order Completed',
  userId: 'user-1',
  messageId,
  writeKey: 'default',
});

/** By a connection of its own, which ends with the answer. */
function connectAndAsk(url: string): Socket {
  const { port, hostname } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => {}).resume();
  socket.write('GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
  return socket;
}

const read = async (response: Response) => JSON.parse(await response.text());

/** How often a thing is asked that each worker may be asked: their turns are one after the other. */
const EACH = [1, 2, 3, 4];

test('two workers are one process: one console, one scrape, one readiness, one drain; one that ends is replaced', async (context) => {
  const directory = temporaryDirectory(context);
  const server = await startProcess({ ...TWO, OUTBOX_DIRECTORY: join(directory, 'outbox') });
  const { url, publicUrl, lines } = server;
  context.after(() => server.child.kill('SIGKILL'));
  const listening = () =>
    lines.map((line) => JSON.parse(line)).filter(({ msg }) => /^Worker \d of 2 listens/.test(msg));
  await until(() => listening().length === 2, 'both listen');
  const pidOf = (worker: number) => Number(listening().findLast((line) => line.worker === worker).pid);
  const scrape = async () => (await fetch(`${url}/metrics`)).text();
  const ready = async (path: string) => read(await fetch(`${url}${path}`));

  for (const _ of EACH) assert.equal((await post(`${url}/v0/destinations/statsig`, [element(1)])).status, 200);
  assert.equal(sumSamples(await scrape(), 'statsig_cdp_events_total', { outcome: 'received' }), EACH.length);
  assert.equal((await ready('/readyz/ingest')).workers.length, 2);

  // The embedded outbox is that of one, and its port.
  for (const each of EACH) assert.equal((await post(`${publicUrl}/v1/track`, track(`m-${each}`))).status, 200);
  const token = readFileSync(join(directory, 'admin-token'), 'utf8');
  const headers = { authorization: `Bearer ${token}` };
  for (const _ of EACH) {
    const status = await read(await fetch(`${url}/api/status`, { headers }));
    assert.equal(status.outbox.state, 'open');
    assert.equal((await fetch(`${url}/api/live`)).status, 401, 'who shows nothing is let in by no worker');
    assert.equal((await fetch(`${url}/console/`)).status, 200);
  }
  // What each worker has transformed is shown by the one that operators ask.
  const ask = async (path: string) => read(await fetch(`${url}${path}`, { headers }));
  const receivedOf = ({ pipeline }: { pipeline: { target: string; lastHour: { received: number } }[] }) =>
    pipeline.reduce((sum, { lastHour }) => sum + lastHour.received, 0);
  await until(async () => receivedOf(await ask('/api/overview')) === 2 * EACH.length, 'the overview counts all');
  const isTransformed = ({ protocol }: { protocol: string }) => protocol === 'rudderstack';
  await until(
    async () => (await ask('/api/live')).entries.filter(isTransformed).length === EACH.length,
    'the live log shows all',
  );

  const text = await scrape();
  assert.equal(sumSamples(text, 'statsig_cdp_events_total', { protocol: 'tracking_api', outcome: 'converted' }), 4);
  assert.equal(
    sumSamples(text, 'statsig_cdp_request_duration_seconds_count', { route: '/api/status' }),
    EACH.length,
    'what is passed on is counted once',
  );

  for (const worker of [2, 1]) {
    process.kill(pidOf(worker), 'SIGSTOP');
    const open = new Set(EACH.map(() => connectAndAsk(url)));
    for (const socket of open) socket.once('close', () => open.delete(socket));
    await until(() => open.size === 1, 'one connection is on its way to the one that stands still');
    process.kill(pidOf(worker), 'SIGKILL');
    await until(() => open.size === 0, 'it ends with the worker that never had it');
    await until(() => listening().filter((line) => line.worker === worker).length === 2, 'another takes its place');
  }
  await until(async () => (await ready('/readyz/ingest')).ready === true, 'it is whole again');
  for (const outcome of ['received', 'converted'])
    assert.equal(
      sumSamples(await scrape(), 'statsig_cdp_events_total', { outcome }),
      sumSamples(text, 'statsig_cdp_events_total', { outcome }),
      'what those that ended have counted stays',
    );
  assert.equal(lines.filter((line) => line.includes('"ended":"SIGKILL"')).length, 2);
  assert.match(await scrape(), /^statsig_cdp_workers_replaced 2$/m);
  const again = await read(await post(`${publicUrl}/v1/track`, track('m-1')));
  assert.equal(again.success, true);
  assert.equal(
    sumSamples(await scrape(), 'statsig_cdp_events_total', { protocol: 'tracking_api', outcome: 'duplicate' }),
    1,
    'its successor has the same outbox',
  );

  assert.equal(await server.stop(), 0);
  for (const worker of [1, 2])
    assert.ok(
      lines.some((line) => line.includes(`"worker":${worker},"msg":"stopped"`)),
      `${worker} drained`,
    );
});

test('a stop while workers start is one, too', async (context) => {
  const outbox = join(temporaryDirectory(context), 'outbox');
  const server = await startProcess({ ...TWO, DRAIN_TIMEOUT_MS: '0', OUTBOX_DIRECTORY: outbox });
  context.after(() => server.child.kill('SIGKILL'));
  assert.equal(await server.stop(), 0);
});

test('where the system makes no process for a worker the others go on, and it is tried again', async (context) => {
  const directory = temporaryDirectory(context);
  const node = join(directory, 'node');
  copyFileSync(process.execPath, node);
  const server = await startProcess({ ...TWO, OUTBOX_DIRECTORY: join(directory, 'outbox') }, undefined, node);
  context.after(() => server.child.kill('SIGKILL'));
  const linesWith = (text: string) => server.lines.filter((line) => line.includes(text));
  await until(() => linesWith('Worker 2 of 2 listens').length === 1, 'both listen');
  rmSync(node);
  process.kill(JSON.parse(linesWith('Worker 2 of 2 listens')[0] ?? '').pid, 'SIGKILL');
  await until(() => linesWith('ENOENT').length > 0, 'it is said');
  assert.equal((await fetch(`${server.url}/readyz/ingest`)).status, 200);
  copyFileSync(process.execPath, node);
  await until(() => linesWith('Worker 2 of 2 listens').length === 2, 'another takes its place');
  assert.equal(await server.stop(), 0);
});

test('workers that cannot start end the process, which says it once', async (context) => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  context.after(() => taken.close());
  const { port } = taken.address() as AddressInfo;
  for (const [environment, said] of [
    [{ PORT: String(port) }, /EADDRINUSE/g],
    [{ PUBLIC_PORT: String(port) }, /EADDRINUSE/g],
    [{ STATSIG_CDP_SETTINGS: '/nowhere' }, /\/nowhere/g],
    [{ SINGLE_PORT: 'true' }, /SINGLE_PORT=true with WORKERS needs OUTBOX_URL/g],
  ] as const) {
    const { code, errors } = await failToStart({ HOST: '127.0.0.1', WORKERS: '2', ...environment });
    assert.deepEqual([code, errors.match(said)?.length], [1, 1], errors);
  }
});
