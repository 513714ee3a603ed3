// Runs every fixture of fixtures/segment: HTTP exchanges with the Segment routes and what is stored after them. Never edited to add a case.

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import express, { type ErrorRequestHandler } from 'express';
import { PluginError } from '../src/base/errors.js';
import { sendError } from '../src/http/answer.js';
import { BytesInFlight } from '../src/http/in-flight.js';
import { createRequestReader } from '../src/http/request-reader.js';
import { createIngest, type Ingested } from '../src/ingest/inbound.js';
import type { Outbox, OutboxEvent } from '../src/outbox/outbox.js';
import { compileWorkspace } from '../src/settings/compile.js';
import { parseDocuments } from '../src/settings/document.js';
import { staticStore } from '../src/settings/store.js';
import { createSegmentRouter } from '../src/sources/segment/routes.js';
import { type FixtureHead, loadFixtures } from './support/fixtures.js';
import { send, serve } from './support/loopback.js';

const SIGNED_PARTS = {
  body: (body: unknown) => body,
  'first event': (body: unknown) => (body as readonly unknown[])[0],
  'unwrapped first event': (body: unknown) => (body as readonly { readonly json: unknown }[])[0]?.json,
};

interface Exchange {
  readonly request: {
    readonly path: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: unknown;
    /** A body to be sent to the letter. */
    readonly bodyText?: string;
    /** The one event of the body is sent this many times, in a list. */
    readonly times?: number;
    readonly encoding?: 'gzip';
    /** The runner computes X-Signature: the HMAC of this part, as JSON.stringify writes it. */
    readonly sign?: { readonly secret: string; readonly part: keyof typeof SIGNED_PARTS };
  };
  readonly expect: {
    readonly status: number;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: object;
    /** Code of the error in the body. */
    readonly error?: string;
    /** What its message holds. */
    readonly says?: string;
  };
}

interface SegmentFixture extends FixtureHead {
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
  readonly stored: readonly { readonly workspaceId: string; readonly messageId?: string; readonly event: object }[];
  /** Instead of `stored`, where there are too many to list. */
  readonly storedCount?: number;
}

const NOW = 1_767_323_045_000;

/** Takes events in and keeps them in memory. */
function memoryOutbox({ seen = [], fails }: NonNullable<SegmentFixture['outbox']>) {
  const stored: OutboxEvent[] = [];
  const known = new Set(seen);
  const notHere = () => {
    throw new Error('taking events in needs no more than append');
  };
  const outbox: Outbox = {
    async append(events) {
      if (fails !== undefined) throw new PluginError(fails);
      return events.map((event) => {
        if (event.messageId !== undefined && known.has(event.messageId)) return 'duplicate';
        if (event.messageId !== undefined) known.add(event.messageId);
        stored.push(event);
        return 'accepted';
      });
    },
    claim: notHere,
    settle: notHere,
    nextDueAt: notHere,
    lanes: notHere,
    countWaiting: notHere,
    oldestAcceptedAt: notHere,
    onAppend: notHere,
    deadLetters: notHere,
    redeliver: notHere,
    drop: notHere,
    purge: notHere,
    acknowledge: notHere,
    status: notHere,
    usage: notHere,
    close: notHere,
  };
  return { outbox, stored };
}

const handleErrors: ErrorRequestHandler = (error: unknown, _request, response, _next) =>
  sendError(response, error instanceof PluginError ? error : new PluginError('INTERNAL', String(error)));

function receiver(fixture: SegmentFixture) {
  const { documents, faults } = parseDocuments(JSON.stringify({ workspaces: fixture.documents }), 'settings.json');
  assert.deepEqual(faults, []);
  const { outbox, stored } = memoryOutbox(fixture.outbox ?? {});
  const told: Ingested[] = [];
  const app = express();
  app.use(
    createSegmentRouter({
      reader: createRequestReader(10_000_000, new BytesInFlight(20_000_000)),
      store: { ...staticStore(documents), loaded: fixture.loaded ?? true },
      ingest: createIngest(outbox, () => NOW),
      compile: ({ id, settings, secretKey }) => compileWorkspace(id, settings, secretKey, 'segment'),
      onResults: (results) => told.push(...results),
    }),
  );
  app.use(handleErrors);
  return { app, stored, told };
}

function bodyOf({ body, bodyText, times, encoding }: Exchange['request']): Buffer {
  const whole = times === undefined ? body : Array.from({ length: times }, () => body);
  const bytes = Buffer.from(bodyText ?? JSON.stringify(whole));
  return encoding === undefined ? bytes : gzipSync(bytes);
}

function headersOf({ headers = {}, body, encoding, sign }: Exchange['request'], length: number): string[] {
  const all: Record<string, string> = {
    'Content-Type': 'application/json',
    'Content-Length': String(length),
    ...(encoding === undefined ? {} : { 'Content-Encoding': encoding }),
    ...headers,
  };
  if (sign !== undefined) {
    const signed = JSON.stringify(SIGNED_PARTS[sign.part](body));
    all['X-Signature'] = createHmac('sha1', sign.secret).update(signed).digest('hex');
  }
  return Object.entries(all).flat();
}

async function run({ request, expect }: Exchange, port: number): Promise<void> {
  const body = bodyOf(request);
  const response = await send(port, 'POST', request.path, headersOf(request, body.length), body);
  const answer = await text(response);
  assert.equal(response.statusCode, expect.status, answer);
  const { error, message } = JSON.parse(answer);
  if (expect.body !== undefined) assert.deepEqual(JSON.parse(answer), expect.body);
  else assert.equal(error, expect.error, answer);
  if (expect.says !== undefined) assert.ok(message.includes(expect.says), message);
  for (const [name, value] of Object.entries(expect.headers ?? {})) assert.equal(response.headers[name], value, name);
}

for (const [file, fixture] of loadFixtures<SegmentFixture>('segment')) {
  test(`${file}: ${fixture.title}`, async (context) => {
    const { app, stored, told } = receiver(fixture);
    const server = await serve(app);
    context.after(() => server.close());
    for (const exchange of fixture.exchanges) await run(exchange, server.port);
    if (fixture.storedCount === undefined) {
      const expected = fixture.stored.map(({ workspaceId, messageId, event }) => ({ workspaceId, messageId, event }));
      assert.deepEqual(
        stored.map(({ workspaceId, messageId, payload }) => ({ workspaceId, messageId, event: JSON.parse(payload) })),
        expected,
      );
    } else assert.equal(stored.length, fixture.storedCount);
    assert.ok(stored.every(({ acceptedAt }) => acceptedAt === NOW));
    assert.equal(told.filter(({ kind }) => kind === 'accepted').length, stored.length, 'what the metrics are told');
  });
}
