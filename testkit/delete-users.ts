// The routes for deletions on loopback: /deleteUsers as rudder-server's regulation worker calls it, /api/deletions as operators do.

import type { TestContext } from 'node:test';
import express, { type ErrorRequestHandler } from 'express';
import { PluginError } from '../src/base/errors.js';
import { createLogger } from '../src/base/logger.js';
import { Secret } from '../src/base/secret.js';
import { BytesInFlight } from '../src/http/in-flight.js';
import { NO_PROXY } from '../src/http/proxy-trust.js';
import { createRequestReader } from '../src/http/request-reader.js';
import { sendError } from '../src/http/send-response.js';
import { createVia } from '../src/http/via.js';
import { OperatorAccess } from '../src/operate/access/operator-access.js';
import { createDeletionsRoutes } from '../src/operate/deletions/routes.js';
import { parseDocuments } from '../src/settings/document.js';
import { staticStore } from '../src/settings/store.js';
import { createFeatures } from '../src/sources/rudderstack/features.js';
import { createDestinationResolver } from '../src/sources/rudderstack/resolve-destination.js';
import { createRudderstackRoutes } from '../src/sources/rudderstack/routes.js';
import { createUpstream } from '../src/sources/rudderstack/upstream.js';
import { createEndpointCheck } from '../src/statsig/statsig-endpoints.js';
import { type DeletionRigOptions, openDeletions } from './deletions.js';
import { serve } from './loopback.js';
import { awaitableLog } from './outbox.js';
import { routerOf } from './routes.js';

/** The token of operators. */
export const ADMIN_TOKEN = 'open-sesame';

/** What the routes stand on. */
export interface DeleteUsersOptions extends Partial<DeletionRigOptions> {
  /** Settings documents. */
  readonly documents?: readonly object[];
  /** Of the stock transformer. */
  readonly upstreamUrl?: string;
  /** What requests may hold. */
  readonly inFlight?: BytesInFlight;
}

const handleErrors: ErrorRequestHandler = (error: unknown, _request, response, _next) =>
  sendError(response, error instanceof PluginError ? error : new PluginError('INTERNAL'));

/** Served on loopback; closed with the test. */
export async function serveDeleteUsers(context: TestContext, options: DeleteUsersOptions = {}) {
  const { documents = [], upstreamUrl, inFlight = new BytesInFlight(10_000_000), ...rigOptions } = options;
  const rig = await openDeletions(context, { url: 'http://127.0.0.1:9', lookAgainMs: 1, ...rigOptions });
  const parsed = parseDocuments(JSON.stringify({ workspaces: documents }), 'settings.json');
  const store = staticStore(parsed.documents);
  const reader = createRequestReader(2_000_000, inFlight);
  const upstream = upstreamUrl === undefined ? undefined : createUpstream({ url: upstreamUrl, via: createVia() });
  const handler = express();
  handler.use(
    routerOf(
      'rudderstack',
      createRudderstackRoutes({
        reader,
        store,
        resolver: createDestinationResolver(store, 10),
        isAllowedEndpoint: createEndpointCheck(store),
        features: createFeatures({ routerTransform: true, log: awaitableLog() }),
        upstream,
        onTransformed: () => {},
        onDelivered: () => {},
        onNoted: () => {},
        onDeleted: () => {},
        onRefused: () => {},
        deletions: rig.deletions,
        now: Date.now,
      }),
    ),
  );
  const access = new OperatorAccess({
    adminToken: new Secret(ADMIN_TOKEN),
    adminReadToken: undefined,
    directory: '',
    trustProxy: NO_PROXY,
    onTokenMade: () => {},
    now: Date.now,
    log: createLogger('silent'),
  });
  handler.use(routerOf('operations', createDeletionsRoutes({ access, reader }, rig.deletions, rig.projectOf)));
  handler.use(handleErrors);
  const server = await serve(handler);
  context.after(async () => {
    await server.close();
    upstream?.close();
  });
  return {
    ...rig,
    faults: parsed.faults,
    url: server.url,
    /** Posts a body to /deleteUsers. */
    async post(body: unknown): Promise<{ readonly status: number; readonly body: unknown }> {
      const response = await fetch(`${server.url}/deleteUsers`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      });
      const text = await response.text();
      return { status: response.status, body: text.startsWith('[') || text.startsWith('{') ? JSON.parse(text) : text };
    },
  };
}

/** A job as the regulation worker writes it. */
export function jobOf(userIds: readonly unknown[], config: object, more: object = {}): object {
  return {
    jobId: 'job-1',
    destType: 'STATSIG',
    config,
    userAttributes: userIds.map((userId) => ({ userId, email: 'x@example.com' })),
    ...more,
  };
}
