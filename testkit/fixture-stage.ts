// Plays fixtures against the real app in this process: it listens, stores on disk and delivers, and what leaves it ends at stand-ins on loopback.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { type CallDesk, createCallDesk, type ReceivedCall } from '../src/contract/call-desk.js';
import { fillEnvironment, fillSettings } from '../src/contract/fill-settings.js';
import type { FixtureReply } from '../src/contract/fixture.js';
import { RECEIVERS, type Receiver } from '../src/contract/fixture.js';
import { type CastFixture, type FixtureResult, playFixtures } from '../src/contract/play-fixtures.js';
import type { ReadFixture } from '../src/contract/read-fixtures.js';
import { createValues, type ReceiverUrls } from '../src/contract/values.js';
import { testApp } from './app.js';
import { serve } from './loopback.js';
import { temporaryDirectory } from './settings.js';

const CLOSE_MS = 20_000;

/** Longest wait for what nothing in the fixtures expects. */
const SETTLE_MS = 3_000;
const LOOK_MS = 20;

async function answer(desk: CallDesk, to: Receiver, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const bytes = await buffer(request);
  const text = (request.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes).toString();
  const { method = '', url: path = '', headers } = request;
  give(desk.take(to, { method, path, headers, text }), response);
}

function give(reply: FixtureReply, response: ServerResponse): void {
  const { status = 200, headers = {}, body, bodyString, afterMs = 0, reset } = reply;
  setTimeout(() => {
    if (reset) {
      response.socket?.resetAndDestroy();
      return;
    }
    const isJson = body !== undefined;
    response.writeHead(status, { ...(isJson && { 'content-type': 'application/json' }), ...headers });
    response.end(isJson ? JSON.stringify(body) : (bodyString ?? ''));
  }, afterMs);
}

/** Everybody who is called, on loopback until the test ends. */
export async function openReceivers(context: TestContext): Promise<{ desk: CallDesk; urls: ReceiverUrls }> {
  const desk = createCallDesk();
  const urls = new Map<Receiver, string>();
  for (const to of RECEIVERS) {
    const server = await serve((request, response) => {
      answer(desk, to, request, response).catch(() => response.destroy());
    });
    context.after(server.close);
    urls.set(to, server.url);
  }
  return { desk, urls: Object.fromEntries(urls) as ReceiverUrls };
}

/** Resolves when nothing waits in the outbox any more, or does not get less. */
async function untilNothingWaits(url: string): Promise<void> {
  const end = Date.now() + SETTLE_MS;
  while (Date.now() < end) {
    const metrics = await (await fetch(`${url}/metrics`)).text();
    const waiting = [...metrics.matchAll(/^statsig_cdp_outbox_events\{[^}]*\} (\d+)$/gm)];
    if (waiting.every(([, count]) => count === '0')) return;
    await sleep(LOOK_MS);
  }
}

/** Plays fixtures that need the same environment. */
async function playTogether(
  context: TestContext,
  cast: readonly CastFixture[],
  { desk, urls }: { readonly desk: CallDesk; readonly urls: ReceiverUrls },
): Promise<readonly FixtureResult[]> {
  const [first] = cast;
  if (first === undefined) return [];
  const { handler, start, close } = testApp({
    documents: cast.flatMap(({ fixture, values }) => fillSettings(fixture, values, urls)),
    environment: {
      OUTBOX_DIRECTORY: join(temporaryDirectory(context), 'outbox'),
      ...fillEnvironment(first.fixture, first.values),
    },
  });
  await start();
  const server = await serve(handler);
  try {
    return await playFixtures(cast, { url: server.url, desk, settled: () => untilNothingWaits(server.url) });
  } finally {
    await server.close();
    await close(CLOSE_MS);
  }
}

/**
 * Plays fixtures, with one app for those that need the same environment, but those that have to be alone.
 *
 * @returns what came of each, and calls that were of none
 */
export async function playAgainstApp(
  context: TestContext,
  fixtures: readonly ReadFixture[],
): Promise<{ readonly results: readonly FixtureResult[]; readonly strangers: readonly ReceivedCall[] }> {
  const receivers = await openReceivers(context);
  const groups = new Map<string, CastFixture[]>();
  for (const each of fixtures) {
    const { alone, environment = {} } = each.fixture;
    const name = JSON.stringify([environment, alone && each.file]);
    const group = groups.get(name) ?? [];
    groups.set(name, group);
    group.push({ ...each, values: createValues(receivers.urls) });
  }
  const results = await Promise.all([...groups.values()].map((cast) => playTogether(context, cast, receivers)));
  return { results: results.flat(), strangers: receivers.desk.strangers };
}
