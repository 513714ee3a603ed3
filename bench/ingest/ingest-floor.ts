// The floor for `npm run bench:ingest`: the same routes, parsing and conversion, but nothing is kept. A process of its own, on a free port.

import { createServer } from 'node:http';
import { createLogger } from '../../src/base/logger.js';
import { createErrorTexts } from '../../src/http/error-text.js';
import { createRequestSteps } from '../../src/http/handle-request.js';
import { BytesInFlight } from '../../src/http/in-flight.js';
import { Lifecycle } from '../../src/http/lifecycle.js';
import { mountRoutes } from '../../src/http/mount-routes.js';
import { NO_PROXY } from '../../src/http/proxy-trust.js';
import { createRequestReader } from '../../src/http/request-reader.js';
import { createVia } from '../../src/http/via.js';
import { createIngest } from '../../src/ingest/inbound.js';
import { createHandler } from '../../src/server/handler.js';
import { createDocumentCompiler } from '../../src/settings/compile-document.js';
import { integerDefault } from '../../src/settings/declared-default.js';
import { createWorkspaceStore } from '../../src/settings/store.js';
import { CALL_BYTES_SETTING, EVENT_BYTES_SETTING } from '../../src/sources/tracking-api/limits.js';
import { createTrackingApiRoutes } from '../../src/sources/tracking-api/routes.js';
import { routesOf } from '../../testkit/routes.js';

const log = { debug() {}, info() {}, warn() {}, error() {} };
const location = process.env.STATSIG_CDP_SETTINGS ?? '';
const store = await createWorkspaceStore({ location, explicit: true, pollMs: 60_000, log });
const code = createTrackingApiRoutes({
  trustProxy: NO_PROXY,
  reader: createRequestReader(integerDefault(CALL_BYTES_SETTING), new BytesInFlight(Number.MAX_SAFE_INTEGER)),
  maxEventBytes: integerDefault(EVENT_BYTES_SETTING),
  store,
  ingest: createIngest({ append: async (events) => events.map(() => 'accepted' as const) }),
  compile: createDocumentCompiler().compile,
  onResults: () => {},
  onRefused: () => {},
});
const steps = createRequestSteps({
  onRequest: () => {},
  servedWhileDraining: new Set(),
  errorTextOf: createErrorTexts([]),
  onRefused: () => {},
  via: createVia(),
  lifecycle: new Lifecycle(),
  log: createLogger('silent'),
});
const routes = routesOf('trackingApi', code);
const handler = createHandler(steps, [{ routes }], (app) => mountRoutes(app, routes));
createServer(handler).listen(Number(process.env.PORT), '127.0.0.1', () => {
  console.log(JSON.stringify({ level: 30, port: Number(process.env.PORT) }));
});
