// The routes of Segment's Tracking API, which Segment's SDKs call.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { type ErrorRequestHandler, Router } from 'express';
import { PluginError } from '../../base/errors.js';
import { sendJsonText } from '../../http/answer.js';
import type { FastRoute, Serve } from '../../http/fast-routes.js';
import type { ReadBody, RequestReader } from '../../http/request-reader.js';
import { answerSenderFault, receivedText } from './answer.js';
import { type Call, unpackBatch, unpackSingle } from './call.js';
import { findClientAddress } from './client-ip.js';
import { allowOrigin, answerPreflight, setOriginHeaders } from './cors.js';
import { type Received, type ReceiverDeps, receive } from './receive.js';
import { sdkSettingsText } from './sdk-settings.js';
import { findWriteKey } from './write-key.js';

/** What the routes work with. */
export interface TrackingApiDeps extends ReceiverDeps {
  /** Made with the limit `MAX_CALL_BYTES`. */
  readonly reader: RequestReader;
  /** Whether a proxy in front sets or checks `Host` and `X-Forwarded-Proto`. */
  readonly trustProxy: boolean;
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

type Unpack = (body: unknown) => Call;

async function answer(response: ServerResponse, receiving: Promise<readonly Received[]>): Promise<void> {
  sendJsonText(response, 200, receivedText(await receiving));
}

/** The routes, and those of them that are the busiest. */
export interface TrackingApi {
  /** To be mounted at `/`, before anything that answers OPTIONS. */
  readonly router: Router;
  /** Of all its routes. */
  readonly paths: readonly string[];
  readonly fast: readonly FastRoute[];
}

/**
 * The Tracking API. What is the sender's fault is answered here (`{"success": false, "code", "message"}`); what is ours goes on to the app, which tells
 * the sender to try again.
 */
export function createTrackingApi(deps: TrackingApiDeps): TrackingApi {
  const { reader, store } = deps;
  const router = Router({ caseSensitive: true });

  function assertLoaded(): void {
    if (!store.loaded) throw new PluginError('SETTINGS_NOT_LOADED');
  }

  /** Does not wait for the disk, as little as `receive`: so nothing holds the parsed body meanwhile. */
  async function start(unpack: Unpack, request: IncomingMessage, body: ReadBody): Promise<readonly Received[]> {
    assertLoaded();
    const call = unpack(await body.parse());
    const writeKey = findWriteKey(call.writeKey, request.headers.authorization);
    return receive(call, { writeKey, address: findClientAddress(request) }, deps);
  }

  function take(unpack: Unpack): Serve {
    return async (request, response) => {
      setOriginHeaders(request, response);
      try {
        await reader.withBody(request, (body) => answer(response, start(unpack, request, body)));
      } catch (error) {
        if (!answerSenderFault(error, response)) throw error;
      }
    };
  }

  const receiving: ReadonlyMap<string, Serve> = new Map([
    ...Object.entries(SINGLE_ROUTES).map(([path, type]) => [path, take((body) => unpackSingle(body, type))] as const),
    ...BATCH_ROUTES.map((path) => [path, take(unpackBatch)] as const),
  ]);
  const paths = [...receiving.keys(), METRICS_ROUTE, SETTINGS_ROUTE];
  for (const path of paths) router.options(path, allowOrigin, answerPreflight);
  for (const [path, serve] of receiving) router.post(path, serve);
  router.post(METRICS_ROUTE, allowOrigin, (_request, response) => sendJsonText(response, 200, '{"success":true}'));
  router.get(SETTINGS_ROUTE, allowOrigin, (request, response) => {
    assertLoaded();
    const writeKey = String(request.params.writeKey);
    if (store.findByWriteKey(writeKey) === undefined) throw new PluginError('WRITE_KEY_UNKNOWN');
    sendJsonText(response, 200, sdkSettingsText(writeKey, request, deps.trustProxy));
  });
  const handleFault: ErrorRequestHandler = (error, _request, response, next) => {
    if (!answerSenderFault(error, response)) next(error);
  };
  router.use(handleFault);
  return { router, paths, fast: [...receiving].map(([url, serve]) => ({ method: 'POST', url, route: url, serve })) };
}
