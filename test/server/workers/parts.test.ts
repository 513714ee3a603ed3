// What several workers are made of, each part by itself.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, statSync } from 'node:fs';
import { request as requestHttp } from 'node:http';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { text as readText } from 'node:stream/consumers';
import { test } from 'node:test';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { Secret } from '../../../src/base/secret.js';
import { endWhenRead } from '../../../src/http/linger.js';
import type { RoutedRequest } from '../../../src/http/route.js';
import { joinReadiness } from '../../../src/operate/join-readiness.js';
import { mergeMetrics } from '../../../src/operate/merge-metrics.js';
import type { ProcessReadiness } from '../../../src/operate/readiness.js';
import { isPassedOn, listenForOthers } from '../../../src/server/workers/first-worker.js';
import type { ToWorker } from '../../../src/server/workers/messages.js';
import { createPassOn } from '../../../src/server/workers/pass-on.js';
import { drawMeeting, removeMeeting } from '../../../src/server/workers/place.js';
import { Restarts } from '../../../src/server/workers/restarts.js';
import { Rounds } from '../../../src/server/workers/rounds.js';
import { serve } from '../../../testkit/loopback.js';

test('a worker that ended is replaced at once, and ever later while its successors end soon', () => {
  const restarts = new Restarts();
  const pauses = Array.from({ length: 9 }, () => restarts.pauseAfter(100));
  assert.deepEqual(pauses, [0, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
  assert.equal(restarts.pauseAfter(3_600_000), 0, 'one that ran well had no trouble with its start');
  assert.deepEqual([restarts.pauseAfter(100), restarts.pauseAfter(100)], [0, 1_000]);
});

test('a question is over when all have answered, or have ended', async () => {
  const sent: ToWorker[] = [];
  const workers = [1, 2, 3].map((number) => ({ number, send: (message: ToWorker) => sent.push(message) }));
  const rounds = new Rounds(
    () => workers,
    () => ({ wanted: 3, running: 2, replaced: 1 }),
  );
  const asked = rounds.ask('readiness', 1);
  const [first] = sent;
  assert.ok(first?.kind === 'ask' && sent.length === 3);
  rounds.take(first.id, { number: 3, text: 'c' });
  rounds.take(first.id, { number: 3, text: 'again' });
  rounds.leave(2);
  rounds.take(first.id, { number: 1, text: 'a' });
  assert.deepEqual(await asked, {
    answers: [
      { number: 1, text: 'a' },
      { number: 3, text: 'c' },
    ],
    counts: { wanted: 3, running: 2, replaced: 1 },
  });
});

test('counters of a worker that is silent or has ended stay, and are counted once', async () => {
  const samples = async (count: number) => {
    const registry = new Registry();
    const registers = [registry];
    new Counter({ name: 'count', help: 'of each', labelNames: ['kind'], registers }).inc({ kind: 'a' }, count);
    new Histogram({ name: 'took', help: 'of each', buckets: [1], registers }).observe(count);
    new Gauge({ name: 'now', help: 'of each', registers }).set(1);
    return JSON.stringify(await registry.getMetricsAsJSON());
  };
  let asked = 0;
  const send = (message: ToWorker) => {
    if (message.kind === 'ask') asked = message.id;
  };
  const rounds = new Rounds(
    () => [1, 2].map((number) => ({ number, send })),
    () => ({ wanted: 2, running: 2, replaced: 0 }),
  );
  const scrape = async (says: () => unknown) => {
    const all = rounds.ask('metrics', 2);
    await says();
    const { answers, counts } = await all;
    const { text } = await mergeMetrics(
      answers.map((answer) => answer.text),
      counts,
    );
    return /^count\{kind="a"\} (\d+)$[\s\S]*^took_count (\d+)$[\s\S]*^now (\d+)$/m.exec(text)?.slice(1).map(Number);
  };
  const say = async (number: number, count: number) => rounds.take(asked, { number, text: await samples(count) });

  assert.deepEqual(await scrape(async () => [await say(1, 5), await say(2, 3)]), [8, 2, 2]);
  assert.deepEqual(await scrape(async () => [rounds.leave(1), await say(2, 4)]), [9, 2, 1], 'it ends unheard');
  assert.deepEqual(await scrape(async () => [await say(2, 4), await say(1, 1)]), [10, 3, 2], 'another takes its place');
  const ends = async () => [await say(1, 2), rounds.leave(1), await say(2, 4)];
  assert.deepEqual(await scrape(ends), [11, 3, 1], 'it ends after its answer');
});

const WELL: ProcessReadiness = { transform: true, ingest: true, warnings: [], checks: {} };
const BOTH = { wanted: 2, running: 2 };

test('workers are ready for rudder-server while one is, and for senders while one is that takes their events', () => {
  const ill = { ...WELL, ingest: false, warnings: ['delivery: The outbox: away'] };
  const joined = (first: ProcessReadiness, second: ProcessReadiness, isShared: boolean) => {
    const workers = [
      { number: 1, of: first },
      { number: 2, of: second },
    ];
    const { transform, ingest, warnings } = joinReadiness(workers, BOTH, isShared);
    return { transform, ingest, warnings };
  };
  assert.deepEqual(joined(ill, WELL, false), { transform: true, ingest: false, warnings: ill.warnings });
  assert.deepEqual(joined(ill, WELL, true), { transform: true, ingest: true, warnings: ill.warnings });
  assert.deepEqual(joined(ill, ill, true), { transform: true, ingest: false, warnings: ill.warnings });
  assert.deepEqual(joined(WELL, ill, true).warnings, ['worker 2: delivery: The outbox: away']);
});

test('workers that are away or silent are said', () => {
  const second = [{ number: 2, of: WELL }];
  const away = joinReadiness(second, { wanted: 2, running: 1 }, false);
  assert.deepEqual([away.transform, away.ingest], [true, false], 'the outbox is that of the first');
  assert.deepEqual(away.warnings, ['workers: 1 of 2 do not listen: they start, or ended and are replaced.']);
  assert.deepEqual(joinReadiness(second, BOTH, true).warnings, ['workers: 1 of 2 did not answer in time.']);
  assert.equal(joinReadiness([], BOTH, true).transform, false);
});

test('counts of workers are added up, and what all see alike is not', async () => {
  const samples = async (seen: number, own: number) => {
    const registry = new Registry();
    const registers = [registry];
    new Gauge({ name: 'seen', help: 'by all', aggregator: 'max', registers }).set(seen);
    new Gauge({ name: 'own', help: 'of each', registers }).set(own);
    return JSON.stringify(await registry.getMetricsAsJSON());
  };
  const { text } = await mergeMetrics([await samples(7, 2), await samples(7, 3)], {
    wanted: 2,
    running: 2,
    replaced: 4,
  });
  for (const line of ['seen 7', 'own 5', 'statsig_cdp_workers 2', 'statsig_cdp_workers_replaced 4'])
    assert.match(text, new RegExp(`^${line}$`, 'm'));
});

/** A worker that passes everything on, and what the first one gets. */
async function twoWorkers(
  context: { after(close: () => unknown): void },
  answer: Parameters<typeof listenForOthers>[1],
) {
  const place = { number: 2, of: 2, ...drawMeeting() };
  const first = await listenForOthers(place, answer);
  const passOn = createPassOn(place);
  const outcomes: unknown[] = [];
  const second = await serve((request, response) => {
    Promise.resolve(passOn(request as RoutedRequest, response, () => {})).catch((error) => {
      outcomes.push(error.code);
      response.writeHead(503).end();
    });
  });
  context.after(async () => {
    first.close();
    await second.close();
    removeMeeting(place);
  });
  return { place, first, url: second.url, outcomes };
}

test('what is passed on comes whole and as its sender sent it, and so does the answer', async (context) => {
  const body = randomUUID().repeat(30_000);
  let seen: unknown;
  const { url } = await twoWorkers(context, (request, response) => {
    const { remoteAddress, localPort } = request.socket;
    seen = { remoteAddress, localPort, raw: request.rawHeaders.join(' '), isPassedOn: isPassedOn(request) };
    response.setHeader('Set-Cookie', ['a=1', 'b=2']);
    response.writeHead(201);
    request.pipe(response);
  });
  const response = await fetch(`${url}/api/x?y=1`, {
    method: 'POST',
    body: new Blob([body]).stream(),
    duplex: 'half',
    headers: { 'X-Own': 'mine', 'X-Worker-Token': 'none', 'X-Worker-Address': '192.0.2.1' },
  } as RequestInit);
  assert.equal(await response.text(), body);
  assert.deepEqual([response.status, response.headers.getSetCookie()], [201, ['a=1', 'b=2']]);
  const { raw, ...connection } = seen as { raw: string };
  assert.deepEqual(connection, {
    remoteAddress: '127.0.0.1',
    localPort: Number(new URL(url).port),
    isPassedOn: true,
  });
  assert.match(raw, /x-own mine/i);
  assert.doesNotMatch(raw, /x-worker/);
});

test('an answer that comes before the body has is read whole', async (context) => {
  const { url } = await twoWorkers(context, (_request, response) => {
    response.writeHead(401, { 'Content-Length': 2 });
    endWhenRead(response, Buffer.from('no'));
  });
  const body = Buffer.alloc(4 * 1024 * 1024);
  const sendOne = async () => {
    const request = requestHttp(url, { method: 'POST', headers: { 'Content-Length': body.length }, agent: false });
    request.end(body);
    const [response] = await once(request, 'response');
    const answer = `${response.statusCode} ${await readText(response)}`;
    if (!request.closed) await once(request, 'close');
    return answer;
  };
  for (let round = 0; round < 10; round++) {
    const answers = await Promise.all(Array.from({ length: 6 }, sendOne));
    assert.deepEqual([...new Set(answers)], ['401 no']);
  }
});

test('what is passed on may be of HTTP/1.0, without a host', async (context) => {
  const { url } = await twoWorkers(context, (_request, response) => response.end('well'));
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.write('GET /api/x HTTP/1.0\r\n\r\n');
  assert.match(await readText(socket), /^HTTP\/1\.1 200 [\s\S]*well$/);
});

test('a stream begins before it has said anything, and ends with its reader', async (context) => {
  let tellEnd = () => {};
  const ended = new Promise<void>((resolve) => {
    tellEnd = resolve;
  });
  const { url } = await twoWorkers(context, (_request, response) => {
    response.flushHeaders();
    response.on('close', tellEnd);
  });
  const reading = new AbortController();
  assert.equal((await fetch(url, { signal: reading.signal })).status, 200);
  reading.abort();
  await ended;
});

test('without its token nothing is taken at the first worker', async (context) => {
  let count = 0;
  const { place } = await twoWorkers(context, () => {
    count += 1;
  });
  const guess = requestHttp({ socketPath: place.address, headers: { 'x-worker-token': 'guessed' } });
  guess.end();
  await once(guess, 'error');
  assert.equal(count, 0);
  assert.doesNotMatch(JSON.stringify(place), new RegExp(place.token.reveal()));
});

test('while the first worker is away its requests are to be sent again; an answer that breaks off is no answer', async (context) => {
  const { url, outcomes, first } = await twoWorkers(context, (request, response) => {
    if (request.url === '/whole') return void request.socket.destroy();
    response.write('half', () => request.socket.destroy());
  });
  assert.equal((await fetch(`${url}/whole`)).status, 503);
  await assert.rejects(async () => (await fetch(`${url}/half`)).text());
  first.close();
  assert.equal((await fetch(`${url}/whole`)).status, 503);
  assert.deepEqual(new Set(outcomes), new Set(['OUTBOX_UNAVAILABLE']));
});

test('a token is drawn for each start, and a meeting that only this user may enter', (context) => {
  const [one, other] = [drawMeeting(), drawMeeting()];
  context.after(() => [one, other].forEach(removeMeeting));
  assert.notEqual(one.token.reveal(), other.token.reveal());
  assert.ok(one.token instanceof Secret);
  if (process.platform === 'win32') return;
  const directory = dirname(one.address);
  assert.equal(statSync(directory).mode & 0o777, 0o700);
  removeMeeting(one);
  assert.ok(!existsSync(directory), 'nothing is left');
});
