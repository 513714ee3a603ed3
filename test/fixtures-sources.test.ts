// Runs every fixture of fixtures/sources: source transform requests of rudder-server and the answer to each webhook. Never edited to add a case.

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { json, text } from 'node:stream/consumers';
import { test } from 'node:test';
import express, { type ErrorRequestHandler } from 'express';
import { PluginError } from '../src/base/errors.js';
import { createLogger } from '../src/base/logger.js';
import { sendError } from '../src/http/answer.js';
import { BytesInFlight } from '../src/http/in-flight.js';
import { createRequestReader } from '../src/http/request-reader.js';
import type { Ingested } from '../src/ingest/inbound.js';
import type { TrackCall } from '../src/model/track-call.js';
import { compileOutbound } from '../src/settings/compile-outbound.js';
import { parseDocuments } from '../src/settings/document.js';
import { staticStore } from '../src/settings/store.js';
import { createSourcesRouter } from '../src/sources/rudderstack/sources/routes.js';
import { createUpstream } from '../src/sources/rudderstack/upstream.js';
import { type FixtureHead, loadFixtures } from './support/fixtures.js';
import { send, serve } from './support/loopback.js';

/** One webhook, of which the runner makes an element as the route's version writes it. */
interface Webhook {
  readonly source: { readonly ID: string; readonly WriteKey: string };
  readonly body?: unknown;
  /** A body to the letter. */
  readonly bodyText?: string;
  readonly sign?: { readonly secret: string; readonly ageMs?: number };
}

type Answer =
  /** Calls for the gateway's queue. */
  | { readonly events: readonly (TrackCall & { readonly messageId: string })[] }
  /** What the sender gets, with 200. */
  | { readonly toSource: unknown }
  | { readonly error: { readonly statusCode: number; readonly code?: string } }
  /** To the letter as the stock transformer answered. */
  | { readonly upstream: object };

interface Exchange {
  readonly request: { readonly path: string; readonly elements: readonly Webhook[] };
  /** The stock transformer: ids of the sources it is asked about, and its answer. */
  readonly upstream?: {
    readonly receives: readonly string[];
    readonly status?: number;
    readonly answers?: readonly object[];
    readonly text?: string;
  };
  readonly expect: { readonly status?: number; readonly error?: string; readonly answers?: readonly Answer[] };
}

interface SourcesFixture extends FixtureHead {
  readonly documents: readonly object[];
  /** False where no settings have been loaded yet. */
  readonly loaded?: boolean;
  readonly exchanges: readonly Exchange[];
}

const NOW = 1_767_323_045_000;

function toElement({ source, body, bodyText, sign }: Webhook, path: string): object {
  if (path.startsWith('/v1/')) return { event: body, source };
  const raw = bodyText ?? JSON.stringify(body);
  const headers: Record<string, string[]> = { 'Content-Type': ['application/json'] };
  if (sign !== undefined) {
    const timestamp = String(NOW - (sign.ageMs ?? 0));
    const hmac = createHmac('sha256', sign.secret).update(`v0:${timestamp}:${raw}`).digest('hex');
    headers['X-Statsig-Request-Timestamp'] = [timestamp];
    headers['X-Statsig-Signature'] = [`v0=${hmac}`];
  }
  const url = `/v1/webhook?writeKey=${source.WriteKey}`;
  const query = { writeKey: [source.WriteKey] };
  return {
    request: { method: 'POST', url, proto: 'HTTP/1.1', headers, query_parameters: query, body: raw },
    source,
  };
}

const handleErrors: ErrorRequestHandler = (error: unknown, _request, response, _next) =>
  sendError(response, error instanceof PluginError ? error : new PluginError('INTERNAL', String(error)));

function transformer(fixture: SourcesFixture, upstreamUrl: string) {
  const { documents, faults } = parseDocuments(JSON.stringify({ workspaces: fixture.documents }), 'settings.json');
  assert.deepEqual(faults, []);
  const told: Ingested[] = [];
  const upstream = createUpstream({ url: upstreamUrl });
  const app = express();
  app.use(
    createSourcesRouter({
      reader: createRequestReader(10_000_000, new BytesInFlight(20_000_000)),
      store: { ...staticStore(documents), loaded: fixture.loaded ?? true },
      compileOutbound,
      upstream,
      upstreamUrl,
      now: () => NOW,
      steadyNow: () => NOW,
      onResults: (results) => told.push(...results),
      log: createLogger('silent'),
    }),
  );
  // What these routes leave alone is the stock transformer's, as it is in the app.
  app.use((request, response) => upstream.forward(request, response));
  app.use(handleErrors);
  return { app, told, upstream };
}

interface WireAnswer {
  readonly output?: unknown;
  readonly outputToSource?: { readonly body: string; readonly contentType: string };
  readonly statusCode?: number;
  readonly error?: string;
}

function checkAnswer(answer: WireAnswer, expected: Answer): void {
  if ('upstream' in expected) {
    assert.deepEqual(answer, expected.upstream);
  } else if ('events' in expected) {
    assert.deepEqual(answer, { output: { batch: expected.events } });
  } else if ('toSource' in expected) {
    assert.deepEqual({ output: answer.output, statusCode: answer.statusCode }, { output: undefined, statusCode: 200 });
    const { body = '', contentType } = answer.outputToSource ?? {};
    const sent = Buffer.from(body, 'base64').toString();
    if (typeof expected.toSource === 'string') assert.equal(sent, expected.toSource);
    else assert.deepEqual([JSON.parse(sent), contentType], [expected.toSource, 'application/json']);
  } else {
    const { statusCode, code = '' } = expected.error;
    assert.equal(answer.statusCode, statusCode, JSON.stringify(answer));
    assert.ok(answer.error !== undefined && answer.error !== '' && answer.error.startsWith(code), answer.error);
    assert.ok(answer.output === undefined && answer.outputToSource === undefined);
  }
}

for (const [file, fixture] of loadFixtures<SourcesFixture>('sources')) {
  test(`${file}: ${fixture.title}`, async (context) => {
    let current: Exchange | undefined;
    const asked: string[] = [];
    const stock = await serve(async (request, response) => {
      const elements = (await json(request)) as readonly Webhook[];
      asked.push(...elements.map(({ source }) => source.ID));
      const { status = 200, answers, text: page = JSON.stringify(answers) } = current?.upstream ?? {};
      response.writeHead(status, { 'Content-Type': 'application/json' }).end(page);
    });
    const { app, told, upstream } = transformer(fixture, stock.url);
    const server = await serve(app);
    context.after(async () => {
      await server.close();
      upstream.close();
      await stock.close();
    });
    for (const exchange of fixture.exchanges) {
      current = exchange;
      asked.length = 0;
      told.length = 0;
      const { path, elements } = exchange.request;
      const body = Buffer.from(JSON.stringify(elements.map((element) => toElement(element, path))));
      const headers = ['Content-Type', 'application/json; charset=utf-8', 'Content-Length', String(body.length)];
      const response = await send(server.port, 'POST', path, headers, body);
      const answer = await text(response);
      assert.equal(response.statusCode, exchange.expect.status ?? 200, answer);
      assert.deepEqual(asked, exchange.upstream?.receives ?? []);
      if (exchange.expect.error !== undefined) assert.equal(JSON.parse(answer).error, exchange.expect.error);
      const { answers = [] } = exchange.expect;
      if (exchange.expect.error !== undefined) continue;
      const wire: readonly WireAnswer[] = JSON.parse(answer);
      assert.equal(wire.length, answers.length, answer);
      for (const [index, expected] of answers.entries()) checkAnswer(wire[index] ?? {}, expected);
      const sent = answers.filter((each) => 'events' in each).length;
      assert.ok(told.filter(({ kind }) => kind === 'accepted').length >= sent, 'what the metrics are told');
    }
  });
}
