// Webhook elements as rudder-server's gateway sends them, and a server of the sources' routes.

import { createHmac } from 'node:crypto';
import type { TestContext } from 'node:test';
import express, { type ErrorRequestHandler } from 'express';
import { PluginError } from '../src/base/errors.js';
import { BytesInFlight } from '../src/http/in-flight.js';
import { createRequestReader } from '../src/http/request-reader.js';
import { sendError } from '../src/http/send-response.js';
import { createVia } from '../src/http/via.js';
import type { Ingested } from '../src/ingest/inbound.js';
import { createDocumentCompiler } from '../src/settings/compile-document.js';
import { parseDocuments } from '../src/settings/document.js';
import { SettingsError } from '../src/settings/settings-error.js';
import { staticStore, type WorkspaceStore } from '../src/settings/store.js';
import { createSourcesRoutes } from '../src/sources/rudderstack/sources/routes.js';
import { createUpstream } from '../src/sources/rudderstack/upstream.js';
import { serve } from './loopback.js';
import { routerOf } from './routes.js';
import { rememberingLog } from './settings.js';

/** One answer of a source transform, as rudder-server reads it. */
export interface SourceAnswer {
  readonly output?: { readonly batch: readonly Readonly<Record<string, unknown>>[] };
  readonly outputToSource?: { readonly body: string; readonly contentType: string };
  readonly statusCode?: number;
  readonly error?: string;
}

/** What a test may choose. */
export interface SourcesOptions {
  /** Settings documents. */
  readonly documents?: readonly object[];
  readonly store?: WorkspaceStore;
  readonly upstreamUrl?: string;
  readonly upstreamTimeoutMs?: number;
  /** What requests may hold. */
  readonly inFlight?: BytesInFlight;
}

const MAX_BODY_BYTES = 50_000_000;

/** A store of documents that never change. */
export function documentStore(documents: readonly object[]): WorkspaceStore {
  const parsed = parseDocuments(JSON.stringify({ workspaces: documents }), 'settings.json');
  if (parsed.faults.length > 0) throw new SettingsError(parsed.faults);
  return staticStore(parsed.documents);
}

const answerErrors: ErrorRequestHandler = (error: unknown, _request, response, _next) => {
  if (!(error instanceof PluginError)) throw error;
  sendError(response, error);
};

/** Serves the routes, and behind them everything else as the app does; closed with the test. The clock stands still unless it is set. */
export async function serveSources(context: TestContext, options: SourcesOptions = {}) {
  const { documents = [], store = documentStore(documents), upstreamUrl: url } = options;
  const via = createVia();
  const inFlight = options.inFlight ?? new BytesInFlight(MAX_BODY_BYTES);
  const upstream = url === undefined ? undefined : createUpstream({ url, via });
  const clock = { now: Date.UTC(2026, 10, 23) };
  const log = { ...rememberingLog(), debug: () => {} };
  const results: { readonly workspaceId: string; readonly results: readonly Ingested[] }[] = [];
  const app = express();
  app.use(
    routerOf(
      'rudderstack',
      createSourcesRoutes({
        reader: createRequestReader(MAX_BODY_BYTES, inFlight),
        store,
        compileOutbound: createDocumentCompiler().compileOutbound,
        upstream,
        upstreamUrl: url,
        via,
        onRefused: () => {},
        ...(options.upstreamTimeoutMs !== undefined && { upstreamTimeoutMs: options.upstreamTimeoutMs }),
        now: () => clock.now,
        steadyNow: () => clock.now,
        onResults: (each, workspaceId) => results.push({ workspaceId, results: each }),
        log,
      }),
    ),
  );
  app.use((request, response) => {
    if (upstream === undefined) throw new PluginError('ROUTE_UNKNOWN');
    return upstream.forward(request, response);
  });
  app.use(answerErrors);
  const front = await serve(app);
  context.after(async () => {
    await front.close();
    upstream?.close();
  });

  async function post(path: string, elements: unknown): Promise<Response> {
    return fetch(front.url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json; charset=utf-8' },
      body: JSON.stringify(elements),
    });
  }

  return {
    ...front,
    clock,
    log,
    results,
    post,
    /** The answers to a batch; fails unless the status is 200. */
    async answers(path: string, elements: readonly unknown[]): Promise<readonly SourceAnswer[]> {
      const response = await post(path, elements);
      const text = await response.text();
      if (response.status !== 200) throw new Error(`${response.status} ${text}`);
      return JSON.parse(text);
    },
  };
}

/** A source as rudder-server describes it, with fields replaced. */
export function source(fields: object = {}): object {
  return {
    ID: 'src-1',
    OriginalID: '',
    Name: 'Statsig',
    SourceDefinition: { ID: 'def-1', Name: 'Statsig', Category: 'webhook', Type: 'cloud' },
    Config: {},
    Enabled: true,
    WorkspaceID: 'ws-1',
    Destinations: null,
    WriteKey: 'key-1',
    ...fields,
  };
}

/** A v2 element. */
export function webhook(
  body: unknown,
  { of = source(), headers = {} }: { of?: object; headers?: Readonly<Record<string, readonly string[]>> } = {},
): object {
  return {
    request: {
      method: 'POST',
      url: '/v1/webhook?writeKey=key-1',
      proto: 'HTTP/1.1',
      headers: { 'Content-Type': ['application/json'], ...headers },
      query_parameters: { writeKey: ['key-1'] },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    },
    source: of,
  };
}

/** A v1 element. */
export function webhookV1(event: unknown, of: object = source()): object {
  return { event, source: of };
}

/** The headers by which Statsig signs a body, named as Go names them. */
export function signed(body: string, secret: string, timestamp: number): Readonly<Record<string, readonly string[]>> {
  const hex = createHmac('sha256', secret).update(`v0:${timestamp}:${body}`).digest('hex');
  return { 'X-Statsig-Signature': [`v0=${hex}`], 'X-Statsig-Request-Timestamp': [String(timestamp)] };
}

/** A custom event. */
export function customEvent(id: string, fields: object = {}): object {
  return {
    eventName: 'Order Completed',
    userID: 'user-42',
    user: { userID: 'user-42' },
    timeUUID: id,
    timestamp: Date.UTC(2026, 10, 22),
    ...fields,
  };
}

/** An exposure of `user-42` to a gate. */
export function gateExposure(id: string, fields: object = {}): object {
  return customEvent(id, {
    eventName: 'statsig::gate_exposure',
    unitID: 'userID',
    metadata: { gate: 'new_checkout', gateValue: 'true', ruleID: 'rule-1' },
    ...fields,
  });
}

/** What goes back to the sender. */
export function toSource(answer: SourceAnswer | undefined): string {
  return Buffer.from(answer?.outputToSource?.body ?? '', 'base64').toString();
}

/** The messageIds of the calls in an answer. */
export function messageIds(answer: SourceAnswer | undefined): readonly unknown[] {
  return (answer?.output?.batch ?? []).map(({ messageId }) => messageId);
}
