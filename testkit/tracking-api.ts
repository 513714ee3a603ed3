// The Tracking API alone, on an outbox in memory, for tests.

import express, { type ErrorRequestHandler, type Express } from 'express';
import { PluginError } from '../src/base/errors.js';
import { sendError } from '../src/http/answer.js';
import { BytesInFlight } from '../src/http/in-flight.js';
import { createRequestReader } from '../src/http/request-reader.js';
import { createIngest, type Ingested } from '../src/ingest/inbound.js';
import type { Outbox, OutboxEvent } from '../src/outbox/outbox.js';
import { createDocumentCompiler } from '../src/settings/compile-document.js';
import { parseDocuments } from '../src/settings/document.js';
import { SettingsError } from '../src/settings/settings-error.js';
import { staticStore, type WorkspaceStore } from '../src/settings/store.js';
import { MAX_CALL_BYTES } from '../src/sources/tracking-api/limits.js';
import { createTrackingApiRoutes } from '../src/sources/tracking-api/routes.js';
import { routerOf } from './routes.js';

/** What a test may choose. */
export interface TrackingApiOptions {
  /** Settings documents; by default one workspace `shop` with the write key `write-key`. */
  readonly documents?: readonly object[];
  readonly store?: WorkspaceStore;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
  /** Asked before each append: what the outbox throws instead of storing. */
  readonly outboxFault?: () => OutboxFault | undefined;
}

export type OutboxFault = 'OUTBOX_FULL' | 'OUTBOX_UNAVAILABLE';

/** An event as it lies in the outbox, its payload parsed. */
export interface Stored {
  readonly workspaceId: string;
  readonly messageId: string | undefined;
  readonly event: unknown;
}

/** The routes under test, and what they did. */
export interface TrackingApi {
  readonly handler: Express;
  readonly stored: readonly Stored[];
  /** What `onResults` was told. */
  readonly told: readonly { readonly workspaceId: string; readonly results: readonly Ingested[] }[];
}

const SHOP = { id: 'shop', trackingApi: { writeKeys: ['write-key'] } };

function notUsed(): never {
  throw new Error('the Tracking API only appends');
}

/** As much of an outbox as is asked of it here. */
function memoryOutbox(stored: Stored[], findFault: () => OutboxFault | undefined): Outbox {
  const seen = new Set<string>();
  const store = ({ workspaceId, messageId, payload }: OutboxEvent): 'accepted' | 'duplicate' => {
    const key = JSON.stringify([workspaceId, messageId]);
    if (seen.has(key)) return 'duplicate';
    seen.add(key);
    stored.push({ workspaceId, messageId, event: JSON.parse(payload) });
    return 'accepted';
  };
  return {
    async append(events) {
      const fault = findFault();
      if (fault !== undefined) throw new PluginError(fault);
      return events.map(store);
    },
    claim: notUsed,
    settle: notUsed,
    nextDueAt: notUsed,
    lanes: notUsed,
    countWaiting: notUsed,
    oldestAcceptedAt: notUsed,
    onAppend: notUsed,
    deadLetters: notUsed,
    redeliver: notUsed,
    drop: notUsed,
    purge: notUsed,
    acknowledge: notUsed,
    status: notUsed,
    usage: notUsed,
    close: notUsed,
  };
}

/** The app answers every fault that is not the sender's; here it also stands for the routes of others. */
const handleErrors: ErrorRequestHandler = (error: unknown, _request, response, _next) => {
  sendError(response, error instanceof PluginError ? error : new PluginError('INTERNAL'));
};

/** Makes the routes; nothing listens. */
export function trackingApi(options: TrackingApiOptions = {}): TrackingApi {
  const { documents, faults } = parseDocuments(
    JSON.stringify({ workspaces: options.documents ?? [SHOP] }),
    'settings.json',
  );
  if (faults.length > 0) throw new SettingsError(faults);
  const stored: Stored[] = [];
  const told: { workspaceId: string; results: readonly Ingested[] }[] = [];
  const now = options.now ?? Date.now;
  const handler = express();
  handler.disable('x-powered-by');
  handler.use(
    routerOf(
      'trackingApi',
      createTrackingApiRoutes({
        trustProxy: true,
        reader: createRequestReader(MAX_CALL_BYTES, new BytesInFlight(64_000_000)),
        store: options.store ?? staticStore(documents),
        ingest: createIngest(memoryOutbox(stored, options.outboxFault ?? (() => undefined)), now),
        compile: createDocumentCompiler().compile,
        onResults: (results, workspaceId) => told.push({ workspaceId, results }),
      }),
    ),
  );
  handler.use(() => {
    throw new PluginError('ROUTE_UNKNOWN');
  });
  handler.use(handleErrors);
  return { handler, stored, told };
}
