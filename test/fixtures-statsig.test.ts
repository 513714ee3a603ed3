// Runs every fixture of fixtures/statsig: HTTP exchanges with the route of Statsig's event webhook and what is stored after them. Never edited to add a case.

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import express, { type ErrorRequestHandler } from 'express';
import { PluginError } from '../src/base/errors.js';
import { createLogger } from '../src/base/logger.js';
import { sendError } from '../src/http/answer.js';
import { BytesInFlight } from '../src/http/in-flight.js';
import { createRequestReader } from '../src/http/request-reader.js';
import type { Ingested } from '../src/ingest/inbound.js';
import { createOutboundIngest } from '../src/ingest/outbound.js';
import type { TrackCall } from '../src/model/track-call.js';
import type { Appended, OutboxEvent } from '../src/outbox/outbox.js';
import { compileOutbound } from '../src/settings/compile-outbound.js';
import { parseDocuments } from '../src/settings/document.js';
import { staticStore } from '../src/settings/store.js';
import { createStatsigRouter } from '../src/sources/statsig/routes.js';
import { type FixtureHead, loadFixtures } from './support/fixtures.js';
import { send, serve } from './support/loopback.js';

// Far from UTC, so that a time read or written in the machine's own zone is seen.
process.env.TZ = 'Asia/Tokyo';

interface Exchange {
  /** Milliseconds after the first exchange. */
  readonly afterMs?: number;
  readonly request: {
    readonly path: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: unknown;
    /** A body to be sent to the letter. */
    readonly bodyText?: string;
    readonly encoding?: 'gzip';
    /** The runner computes the headers of the signature: the HMAC over `version:timestamp:body`, before compression unless it says so. */
    readonly sign?: {
      readonly secret: string;
      /** Milliseconds the signed time lies in the past; negative: in the future. */
      readonly ageMs?: number;
      /** A signed time to the letter. */
      readonly timestamp?: string;
      /** Signed in place of the body. */
      readonly over?: string;
      /** The bytes are signed as they are sent, after compression. */
      readonly compressed?: true;
      readonly version?: string;
    };
  };
  readonly expect: {
    readonly status: number;
    /** Entries of `rejected` are written without their messages. */
    readonly body?: object;
    /** Code of the error in the body. */
    readonly error?: string;
    /** What its message holds. */
    readonly says?: string;
    /** What each message of `rejected` holds. */
    readonly rejectedSays?: string;
    /** Index of an exchange that is answered to the letter like this one. */
    readonly sameAnswerAs?: number;
  };
}

interface StatsigFixture extends FixtureHead {
  readonly documents: readonly object[];
  /** False where no settings have been loaded yet. */
  readonly loaded?: boolean;
  readonly outbox?: {
    /** Message ids stored before. */
    readonly seen?: readonly string[];
    readonly fails?: 'OUTBOX_FULL' | 'OUTBOX_UNAVAILABLE';
  };
  readonly exchanges: readonly Exchange[];
  /** Everything stored after the last exchange. */
  readonly stored: readonly {
    readonly workspaceId: string;
    readonly target: string;
    readonly messageId: string;
    readonly call: TrackCall;
  }[];
}

const START = 1_767_323_045_000;

/** Takes events in and keeps them in memory: message ids and what exposures said last, each per workspace and target. */
function memoryOutbox({ seen = [], fails }: NonNullable<StatsigFixture['outbox']>) {
  const stored: OutboxEvent[] = [];
  const known = new Set(seen);
  const last = new Map<string, { readonly value: string; readonly until: number }>();
  const take = (event: OutboxEvent): Appended => {
    const { workspaceId, target, messageId, once, acceptedAt } = event;
    if (messageId !== undefined && known.has(messageId)) return 'duplicate';
    const window = JSON.stringify([workspaceId, target, once?.key]);
    const before = last.get(window);
    if (once !== undefined && before?.value === once.value && acceptedAt < before.until) return 'repeated';
    if (once !== undefined) last.set(window, { value: once.value, until: acceptedAt + once.windowMs });
    if (messageId !== undefined) known.add(messageId);
    stored.push(event);
    return 'accepted';
  };
  let appends = 0;
  return {
    stored,
    /** How often something was appended since this was last asked. */
    takeAppends: () => {
      const since = appends;
      appends = 0;
      return since;
    },
    async append(events: readonly OutboxEvent[]) {
      appends += 1;
      if (fails !== undefined) throw new PluginError(fails);
      return events.map(take);
    },
  };
}

const handleErrors: ErrorRequestHandler = (error: unknown, _request, response, _next) =>
  sendError(response, error instanceof PluginError ? error : new PluginError('INTERNAL', String(error)));

function receiver(fixture: StatsigFixture) {
  const { documents, faults } = parseDocuments(JSON.stringify({ workspaces: fixture.documents }), 'settings.json');
  assert.deepEqual(faults, []);
  const outbox = memoryOutbox(fixture.outbox ?? {});
  const told: Ingested[] = [];
  const clock = { now: START };
  const app = express();
  app.use(
    createStatsigRouter({
      reader: createRequestReader(10_000_000, new BytesInFlight(20_000_000)),
      store: { ...staticStore(documents), loaded: fixture.loaded ?? true },
      ingest: createOutboundIngest(outbox, () => clock.now),
      compileOutbound,
      now: () => clock.now,
      onResults: (results) => told.push(...results),
      log: createLogger('silent'),
    }),
  );
  app.use(handleErrors);
  return { app, outbox, told, clock };
}

function headersOf({ headers = {}, encoding, sign }: Exchange['request'], plain: Buffer, sent: Buffer, now: number) {
  const all: Record<string, string> = {
    'Content-Type': 'application/json',
    'Content-Length': String(sent.length),
    ...(encoding === undefined ? {} : { 'Content-Encoding': encoding }),
  };
  if (sign !== undefined) {
    const { secret, ageMs = 0, timestamp = String(now - ageMs), version = 'v0' } = sign;
    const over = sign.over ?? (sign.compressed ? sent : plain);
    const hmac = createHmac('sha256', secret).update(`${version}:${timestamp}:`).update(over).digest('hex');
    all['X-Statsig-Request-Timestamp'] = timestamp;
    all['X-Statsig-Signature'] = `${version}=${hmac}`;
  }
  return Object.entries({ ...all, ...headers }).flat();
}

/** The answer as fixtures write it: the messages of rejected events are for people. */
function asWritten(answer: { rejected?: readonly { code: string; message: string }[] }, says = ''): object {
  if (answer.rejected === undefined) return answer;
  const rejected = answer.rejected.map(({ message, ...entry }) => {
    assert.ok(message.startsWith(`${entry.code}: `) && message.includes(says), message);
    return entry;
  });
  return { ...answer, rejected };
}

/** What is stored is in order within a lane; between lanes there is none. */
function byLane(one: { workspaceId: string; target: string }, other: { workspaceId: string; target: string }): number {
  return one.workspaceId.localeCompare(other.workspaceId) || one.target.localeCompare(other.target);
}

async function run({ request, expect }: Exchange, port: number, now: number): Promise<string> {
  const plain = Buffer.from(request.bodyText ?? JSON.stringify(request.body));
  const body = request.encoding === undefined ? plain : gzipSync(plain);
  const response = await send(port, 'POST', request.path, headersOf(request, plain, body, now), body);
  const answer = await text(response);
  assert.equal(response.statusCode, expect.status, answer);
  const json = JSON.parse(answer);
  if (expect.body !== undefined) assert.deepEqual(asWritten(json, expect.rejectedSays), expect.body);
  if (expect.error !== undefined) assert.equal(json.error, expect.error, answer);
  if (expect.says !== undefined) assert.ok(json.message.includes(expect.says), json.message);
  return answer;
}

for (const [file, fixture] of loadFixtures<StatsigFixture>('statsig')) {
  test(`${file}: ${fixture.title}`, async (context) => {
    const { app, outbox, told, clock } = receiver(fixture);
    const server = await serve(app);
    context.after(() => server.close());
    const answers: string[] = [];
    for (const exchange of fixture.exchanges) {
      clock.now = START + (exchange.afterMs ?? 0);
      const answer = await run(exchange, server.port, clock.now);
      const { sameAnswerAs } = exchange.expect;
      if (sameAnswerAs !== undefined) assert.equal(answer, answers[sameAnswerAs]);
      assert.ok(outbox.takeAppends() <= 1, 'what came together is stored together');
      answers.push(answer);
    }
    const stored = outbox.stored.map(({ workspaceId, target, messageId, payload }) => ({
      ...{ workspaceId, target, messageId },
      call: JSON.parse(payload),
    }));
    const expected = fixture.stored.map(({ call, ...at }) => ({ ...at, call: { messageId: at.messageId, ...call } }));
    assert.deepEqual(stored.sort(byLane), expected.sort(byLane));
    const counted = answers.reduce((sum, answer) => sum + (JSON.parse(answer).accepted ?? 0), 0);
    assert.equal(told.filter(({ kind }) => kind === 'accepted').length, counted, 'what the metrics are told');
  });
}
