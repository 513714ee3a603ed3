// The floor for `npm run bench:ingest`: the same routes, parsing and conversion, but nothing is kept. A process of its own, on a free port.

import { createServer } from 'node:http';
import express from 'express';
import { createIngest } from '../src/delivery/ingest.js';
import { BytesInFlight } from '../src/http/in-flight.js';
import { createRequestReader } from '../src/http/request-reader.js';
import { MAX_CALL_BYTES } from '../src/protocols/tracking-api/limits.js';
import { createTrackingApiRouter } from '../src/protocols/tracking-api/routes.js';
import { createDocumentCompiler } from '../src/workspace/compile-document.js';
import { createWorkspaceStore } from '../src/workspace/store.js';

const log = { debug() {}, info() {}, warn() {}, error() {} };
const location = process.env.STATSIG_CDP_SETTINGS ?? '';
const store = await createWorkspaceStore({ location, explicit: true, pollMs: 60_000, log });
const handler = express();
handler.disable('x-powered-by');
handler.disable('etag');
handler.use(
  createTrackingApiRouter({
    reader: createRequestReader(MAX_CALL_BYTES, new BytesInFlight(Number.MAX_SAFE_INTEGER)),
    store,
    ingest: createIngest({ append: async (events) => events.map(() => 'accepted' as const) }),
    compile: createDocumentCompiler(store, 10).compile,
    now: Date.now,
    onResults: () => {},
  }),
);
createServer(handler).listen(Number(process.env.PORT), '127.0.0.1', () => {
  console.log(JSON.stringify({ level: 30, port: Number(process.env.PORT) }));
});
