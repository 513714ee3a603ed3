// The Tracking API alone, on an outbox in memory, for tests.

import express, { type ErrorRequestHandler, type Express } from 'express';
import { PluginError } from '../src/base/errors.js';
import { limitBySetting } from '../src/http/body-limit.js';
import { createErrorTexts } from '../src/http/error-text.js';
import { BytesInFlight } from '../src/http/in-flight.js';
import { createProxyTrust } from '../src/http/proxy-trust.js';
import { createRequestReader } from '../src/http/request-reader.js';
import { sendError } from '../src/http/send-response.js';
import { createIngest, type Ingested } from '../src/ingest/inbound.js';
import { createDocumentCompiler } from '../src/settings/compile-document.js';
import { integerDefault } from '../src/settings/declared-default.js';
import { parseDocuments } from '../src/settings/document.js';
import { SettingsError } from '../src/settings/settings-error.js';
import { staticStore, type WorkspaceStore } from '../src/settings/store.js';
import { CALL_BYTES_SETTING, EVENT_BYTES_SETTING } from '../src/sources/tracking-api/limits.js';
import { createTrackingApiRoutes } from '../src/sources/tracking-api/routes.js';
import type { OutboxFault } from './fixture-app.js';
import { MemoryOutbox } from './outbox-memory.js';
import { routerOf, routesOf } from './routes.js';

/** What a test may choose. */
export interface TrackingApiOptions {
  /** Settings documents; by default one workspace `shop` with the write key `write-key`. */
  readonly documents?: readonly object[];
  readonly store?: WorkspaceStore;
  /** Bytes of JSON of one event. Default: the one of the manifest. */
  readonly maxEventBytes?: number;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
  /** Asked before each append: what the outbox throws instead of storing. */
  readonly outboxFault?: () => OutboxFault | undefined;
  /** Awaited before each append. @param messageIds of the events */
  readonly beforeAppend?: (messageIds: readonly (string | undefined)[]) => Promise<void>;
}

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

/** Refuses events where a test says so, and keeps what it took as tests read it. */
class TrackingOutbox extends MemoryOutbox {
  readonly stored: Stored[] = [];
  readonly #findFault: () => OutboxFault | undefined;
  readonly #before: TrackingApiOptions['beforeAppend'];

  constructor(now: () => number, { outboxFault, beforeAppend }: TrackingApiOptions) {
    super({ now });
    this.#findFault = outboxFault ?? (() => undefined);
    this.#before = beforeAppend;
  }

  override async append(events: Parameters<MemoryOutbox['append']>[0]) {
    const fault = this.#findFault();
    if (fault !== undefined) throw new PluginError(fault);
    await this.#before?.(events.map(({ messageId }) => messageId));
    const results = await super.append(events);
    for (const [index, { workspaceId, messageId, payload }] of events.entries())
      if (results[index] === 'accepted') this.stored.push({ workspaceId, messageId, event: JSON.parse(payload) });
    return results;
  }
}

/** Makes the routes; nothing listens. */
export function trackingApi(options: TrackingApiOptions = {}): TrackingApi {
  const { documents, faults } = parseDocuments(
    JSON.stringify({ workspaces: options.documents ?? [SHOP] }),
    'settings.json',
  );
  if (faults.length > 0) throw new SettingsError(faults);
  const told: { workspaceId: string; results: readonly Ingested[] }[] = [];
  const now = options.now ?? Date.now;
  const outbox = new TrackingOutbox(now, options);
  const callLimit = limitBySetting(CALL_BYTES_SETTING, integerDefault(CALL_BYTES_SETTING));
  const handler = express();
  handler.disable('x-powered-by');
  const code = createTrackingApiRoutes({
    trustProxy: createProxyTrust('true'),
    reader: createRequestReader(callLimit.bytes, new BytesInFlight(64_000_000), callLimit.raisedBy),
    maxEventBytes: options.maxEventBytes ?? integerDefault(EVENT_BYTES_SETTING),
    store: options.store ?? staticStore(documents),
    ingest: createIngest(outbox, now),
    compile: createDocumentCompiler().compile,
    onRefused: () => {},
    onResults: (results, workspaceId) => told.push({ workspaceId, results }),
  });
  handler.use(routerOf('trackingApi', code));
  handler.use(() => {
    throw new PluginError('ROUTE_UNKNOWN');
  });
  const errorTextOf = createErrorTexts(routesOf('trackingApi', code));
  // The app answers every fault; here it also stands for the routes of others.
  const handleErrors: ErrorRequestHandler = (error: unknown, request, response, _next) => {
    const fault = error instanceof PluginError ? error : new PluginError('INTERNAL');
    sendError(response, fault, errorTextOf(request.path, response));
  };
  handler.use(handleErrors);
  return { handler, stored: outbox.stored, told };
}
