// The routes rudder-server calls for STATSIG. What is for another destination falls through to the upstream transformer.

import { type NextFunction, type Request, type Response, Router } from 'express';
import type { DeleteNow } from '../../delivery/deletions/delete-now.js';
import type { EndpointCheck } from '../../delivery/statsig/statsig-endpoints.js';
import { PluginError } from '../../errors.js';
import { sendJsonText } from '../../http/answer.js';
import type { ReadBody, RequestReader } from '../../http/request-reader.js';
import { isJsonObject } from '../../model/segment-event.js';
import { DeliveryTally } from '../../observe/delivery-tally.js';
import { EventTally } from '../../observe/event-tally.js';
import type { Metrics } from '../../observe/metrics.js';
import type { WorkspaceStore } from '../../workspace/store.js';
import { createDeleteUsersHandler } from './delete-users.js';
import { isStatsig } from './destination-type.js';
import { COMPACTED, unpackProcessorBody, unpackRouterBody } from './elements.js';
import type { Features } from './features.js';
import { processorAnswer } from './processor.js';
import { proxyAnswer } from './proxy.js';
import type { DestinationResolver } from './resolve-destination.js';
import { routerEntries } from './router.js';
import { createElementTransformer } from './transform-element.js';
import type { Upstream } from './upstream.js';

/** What the routes work with. */
export interface RudderstackDeps {
  readonly reader: RequestReader;
  readonly store: WorkspaceStore;
  readonly resolver: DestinationResolver;
  readonly isAllowedEndpoint: EndpointCheck;
  readonly features: Features;
  readonly upstream: Upstream | undefined;
  readonly metrics: Metrics;
  readonly deletions: { readonly deleteNow: DeleteNow };
}

/** rudder-server takes an answer without this header for one of some other server, and panics. */
const API_VERSION = ['apiVersion', '2'] as const;

function isCompacted(request: Request): boolean {
  return request.headers[COMPACTED.header] === COMPACTED.value;
}

export function createRudderstackRouter(deps: RudderstackDeps): Router {
  const { reader, store, resolver, isAllowedEndpoint, features, upstream, metrics } = deps;
  const router = Router({ caseSensitive: true });

  function assertLoaded(): void {
    if (!store.loaded) throw new PluginError('SETTINGS_NOT_LOADED');
  }

  function onlyStatsig(request: Request, _response: Response, next: NextFunction): void {
    next(isStatsig(request.params.destinationType) ? undefined : 'route');
  }

  router.get('/features', (request, response) => features.handle(request, response));

  router.post(
    ['/v0/destinations/:destinationType', '/v1/destinations/:destinationType'],
    onlyStatsig,
    (request, response) =>
      reader.withBody(request, async (body) => {
        assertLoaded();
        const elements = unpackProcessorBody(await body.parse(), isCompacted(request));
        const tally = new EventTally();
        const text = processorAnswer(elements, createElementTransformer(resolver), tally);
        response.setHeader(...API_VERSION);
        sendJsonText(response, 200, text);
        metrics.countTransformed('processor', tally);
      }),
  );

  /** These routes serve all destinations: the body says which. Bytes that no one can read are the upstream's to judge, where there is one. */
  async function parseShared(body: ReadBody): Promise<unknown> {
    try {
      return await body.parse();
    } catch (error) {
      if (upstream !== undefined) return undefined;
      throw error;
    }
  }

  function shared(feature: 'router' | 'batch', wrap: (entries: string) => string) {
    return (request: Request, response: Response) =>
      reader.withBody(request, async (body) => {
        const parsed = await parseShared(body);
        if (!isJsonObject(parsed) || !isStatsig(parsed.destType)) {
          if (upstream !== undefined) return upstream.forward(request, response, body.raw);
          throw new PluginError('ROUTE_UNKNOWN', 'destType is not statsig');
        }
        assertLoaded();
        const tally = new EventTally();
        const entries = routerEntries(
          unpackRouterBody(parsed, isCompacted(request)),
          createElementTransformer(resolver),
          feature,
          tally,
        );
        response.setHeader(...API_VERSION);
        sendJsonText(response, 200, wrap(entries));
        metrics.countTransformed(feature, tally);
      });
  }
  router.post(
    '/routerTransform',
    shared('router', (entries) => `{"output":${entries}}`),
  );
  router.post(
    '/batch',
    shared('batch', (entries) => entries),
  );

  router.post('/deleteUsers', createDeleteUsersHandler(deps));

  for (const version of ['v0', 'v1'] as const) {
    router.post(`/${version}/destinations/:destinationType/proxy`, onlyStatsig, (request, response) =>
      reader.withBody(request, async (body) => {
        assertLoaded();
        const tally = new DeliveryTally();
        const answer = await proxyAnswer(
          await body.parse(),
          version,
          request.get('RdProxy-Timeout'),
          isAllowedEndpoint,
          tally,
        );
        response.setHeader(...API_VERSION);
        sendJsonText(response, answer.status, answer.text);
        metrics.countDelivered(tally);
      }),
    );
  }
  return router;
}
