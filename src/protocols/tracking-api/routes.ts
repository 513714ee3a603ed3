// The routes of Segment's Tracking API, which Segment's SDKs call.

import { type Request, type Response, Router } from 'express';
import { PluginError } from '../../errors.js';
import { sendJsonText } from '../../http/answer.js';
import type { RequestReader } from '../../http/request-reader.js';
import { answerSenderFault, receivedText } from './answer.js';
import { type Call, unpackBatch, unpackSingle } from './call.js';
import { findClientAddress } from './client-ip.js';
import { allowOrigin, answerPreflight } from './cors.js';
import { type ReceiverDeps, receive } from './receive.js';
import { sdkSettingsText } from './sdk-settings.js';
import { findWriteKey } from './write-key.js';

/** What the routes work with. */
export interface TrackingApiDeps extends ReceiverDeps {
  /** Made with the limit `MAX_CALL_BYTES`. */
  readonly reader: RequestReader;
}

/** Event type by route. The short ones are the browser's (Segment's analytics-next: the first letter of the type). */
const SINGLE_ROUTES = {
  '/v1/track': 'track',
  '/v1/t': 'track',
  '/v1/identify': 'identify',
  '/v1/i': 'identify',
  '/v1/page': 'page',
  '/v1/p': 'page',
  '/v1/screen': 'screen',
  '/v1/s': 'screen',
  '/v1/group': 'group',
  '/v1/g': 'group',
  '/v1/alias': 'alias',
  '/v1/a': 'alias',
} as const;

const BATCH_ROUTES = ['/v1/batch', '/v1/b', '/v1/import'] as const;

/** The SDKs' own metrics, which are of no use to anyone here. */
const METRICS_ROUTE = '/v1/m';

const SETTINGS_ROUTE = '/v1/projects/:writeKey/settings';

/**
 * The Tracking API, to be mounted at `/`, before anything that answers OPTIONS. What is the sender's fault is answered here
 * (`{"success": false, "code", "message"}`); what is ours goes on to the app's error handler.
 */
export function createTrackingApiRouter(deps: TrackingApiDeps): Router {
  const { reader, store } = deps;
  const router = Router({ caseSensitive: true });

  function assertLoaded(): void {
    if (!store.loaded) throw new PluginError('SETTINGS_NOT_LOADED');
  }

  function take(unpack: (body: unknown) => Call) {
    return (request: Request, response: Response) =>
      reader.withBody(request, async (body) => {
        assertLoaded();
        const call = unpack(await body.parse());
        const writeKey = findWriteKey(call.writeKey, request.headers.authorization);
        const results = await receive(call, { writeKey, address: findClientAddress(request) }, deps);
        sendJsonText(response, 200, receivedText(results));
      });
  }

  for (const path of [...Object.keys(SINGLE_ROUTES), ...BATCH_ROUTES, METRICS_ROUTE, SETTINGS_ROUTE])
    router.options(path, allowOrigin, answerPreflight);
  for (const [path, type] of Object.entries(SINGLE_ROUTES))
    router.post(
      path,
      allowOrigin,
      take((body) => unpackSingle(body, type)),
    );
  for (const path of BATCH_ROUTES) router.post(path, allowOrigin, take(unpackBatch));
  router.post(METRICS_ROUTE, allowOrigin, (_request, response) => sendJsonText(response, 200, '{"success":true}'));
  router.get(SETTINGS_ROUTE, allowOrigin, (request, response) => {
    assertLoaded();
    const writeKey = String(request.params.writeKey);
    if (store.findByWriteKey(writeKey) === undefined) throw new PluginError('WRITE_KEY_UNKNOWN');
    sendJsonText(response, 200, sdkSettingsText(writeKey, request));
  });
  router.use(answerSenderFault);
  return router;
}
