// Workers are killed under load, the owner of the outbox too: nothing that was accepted is lost.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { serve } from '../../testkit/loopback.js';
import { sumSamples } from '../../testkit/metric-samples.js';
import { testSchema } from '../../testkit/postgres.js';
import { startProcess } from '../../testkit/server.js';
import { temporaryDirectory } from '../../testkit/settings.js';
import { until } from '../../testkit/until.js';

const KILLS = 6;
const SENDERS = 4;
const EVENTS = 5;

/** Events that have to be accepted between two kills, so that each falls into traffic. */
const BETWEEN = 60;

/** What comes more than once: all that was under way with a kill, in requests of senders and to the target. */
const MOST_REPEATED = 1_000 * KILLS;

/** A target that remembers what it was sent. */
async function startTarget(context: TestContext) {
  const times = new Map<string, number>();
  const target = await serve((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      const text = (request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body).toString();
      for (const [id] of text.matchAll(/Event [\w-]+/g)) times.set(id, (times.get(id) ?? 0) + 1);
      response.writeHead(202, { 'content-type': 'application/json' }).end('{"success":true}');
    });
  });
  context.after(() => target.close());
  return { url: target.url, times };
}

/** Sends until it is told to stop, each batch until it is accepted. */
async function send(url: string, name: string, accepted: Set<string>, isOver: () => boolean): Promise<void> {
  for (let batch = 0; !isOver(); batch += 1) {
    const names = Array.from({ length: EVENTS }, (_, index) => `Event ${name}-${batch}-${index}`);
    const body = JSON.stringify({
      writeKey: 'write-key',
      batch: names.map((event) => ({ type: 'track', event, userId: name, messageId: event })),
    });
    const headers = { 'content-type': 'application/json' };
    for (;;) {
      // None gives up: a connection ends with the worker that it was being handed to.
      const answer = await fetch(`${url}/v1/batch`, { method: 'POST', headers, body }).catch(() => undefined);
      if (answer?.status === 200) break;
      if (answer !== undefined) assert.ok([429, 503].includes(answer.status), `answered ${answer.status}`);
      await sleep(20);
    }
    for (const each of names) accepted.add(each);
  }
}

async function killWorkers(context: TestContext, environment: Readonly<Record<string, string>>): Promise<void> {
  const target = await startTarget(context);
  const directory = temporaryDirectory(context);
  const settings = join(directory, 'shop.json');
  const shop = {
    id: 'shop',
    secretKey: 'secret-shop',
    eventsUrl: target.url,
    trackingApi: { writeKeys: ['write-key'] },
  };
  writeFileSync(settings, JSON.stringify(shop));
  const server = await startProcess({
    WORKERS: '2',
    PUBLIC_PORT: '0',
    STATSIG_CDP_SETTINGS: settings,
    OUTBOX_DIRECTORY: join(directory, 'outbox'),
    OUTBOX_RESERVE_BYTES: '0',
    ADMIN_TOKEN: 'token',
    ...environment,
  });
  context.after(() => server.child.kill('SIGKILL'));
  const { url, publicUrl, lines } = server;
  const starts = (worker: number) =>
    lines.map((line) => JSON.parse(line)).filter((line) => /listens\.$/.test(line.msg) && line.worker === worker);
  await until(() => starts(2).length === 1, 'both listen');

  const accepted = new Set<string>();
  let isOver = false;
  const senders = Array.from({ length: SENDERS }, (_, index) => send(publicUrl, `s${index}`, accepted, () => isOver));
  for (let kill = 0; kill < KILLS; kill += 1) {
    const before = accepted.size;
    await until(() => accepted.size >= before + BETWEEN, 'events are accepted');
    const worker = (kill % 2) + 1;
    const known = starts(worker);
    process.kill(known.at(-1)?.pid, 'SIGKILL');
    await until(() => starts(worker).length > known.length, 'another takes its place');
  }
  isOver = true;
  await Promise.all(senders);
  await until(() => [...accepted].every((id) => target.times.has(id)), 'all that was accepted is delivered');

  const repeated = [...target.times.values()].reduce((sum, times) => sum + times - 1, 0);
  context.diagnostic(`${accepted.size} accepted, 0 lost, ${repeated} repeated, ${KILLS} kills`);
  assert.ok(repeated <= MOST_REPEATED, `${repeated} are repeated`);
  const metrics = await (await fetch(`${url}/metrics`)).text();
  assert.equal(sumSamples(metrics, 'statsig_cdp_workers_replaced', {}), KILLS);
  assert.equal(await server.stop(), 0);
}

test('nothing accepted is lost with a killed worker: embedded outbox', (context) => killWorkers(context, {}));

test('nothing accepted is lost with a killed worker: shared outbox', async (context) => {
  const database = await testSchema(context);
  if (database === undefined) return;
  await killWorkers(context, { OUTBOX_URL: database.url, OUTBOX_SCHEMA: database.schema });
});
