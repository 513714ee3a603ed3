// The routes rudder-server calls for STATSIG. What is for another destination falls through to the upstream transformer.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { PluginError } from '../../base/errors.js';
import type { EpochMs } from '../../base/time.js';
import { wordFaults } from '../../http/error-text.js';
import type { NoteRefusal } from '../../http/refusals.js';
import type { ReadBody, RequestReader } from '../../http/request-reader.js';
import { ResponseWriter } from '../../http/response-writer.js';
import type { ProtocolCode, RouteCode, RoutedRequest, RouteHandler } from '../../http/route.js';
import { sendJsonBytes, sendJsonText } from '../../http/send-response.js';
import type { WorkspaceStore } from '../../settings/store.js';
import type { EndpointCheck } from '../../statsig/statsig-endpoints.js';
import type { DeleteNow } from '../../targets/statsig-deletions/delete-now.js';
import { COMPACTED } from './batch.js';
import { createDeleteUsersHandler, type DeleteUsersDeps, deletionsErrorText } from './delete-users.js';
import { isStatsig, NOT_OURS, PATH_TYPE } from './destination-type.js';
import type { Features } from './features.js';
import { processorResponse } from './processor-transform.js';
import { proxyResponse } from './proxy.js';
import { jobsIn, proxyErrorText } from './proxy-fault.js';
import { type OwnerField, readUnlessOthers } from './read-unless-others.js';
import type { DestinationResolver } from './resolve-destination.js';
import { writeRouterEntries } from './router-transform.js';
import { DeliveryTally, EventTally } from './tally.js';
import { ElementTransformer, PROCESSOR, ROUTER } from './transform-element.js';
import type { WatchTransform } from './transform-watch.js';
import { type RouterBody, readRouterBody, withProcessorBatch } from './unpack.js';
import type { Upstream } from './upstream.js';

/** What the routes work with. */
export interface RudderstackDeps {
  readonly reader: RequestReader;
  readonly store: WorkspaceStore;
  readonly resolver: DestinationResolver;
  readonly isAllowedEndpoint: EndpointCheck;
  readonly features: Features;
  readonly upstream: Upstream | undefined;
  /** Told what became of the events of each transform, and of each proxy delivery, for the metrics. */
  readonly onTransformed: (feature: 'processor' | 'router' | 'batch', tally: EventTally) => void;
  /** Watches each transform. Default: no one. */
  readonly watchTransform?: WatchTransform | undefined;
  readonly onDelivered: (tally: DeliveryTally) => void;
  /** Told of the oddities of a deletion that is taken. */
  readonly onNoted: DeleteUsersDeps['onNoted'];
  readonly deletions: { readonly deleteNow: DeleteNow };
  /** Told what became of each job of a request for deletions that was carried out. */
  readonly onDeleted: (tally: DeliveryTally) => void;
  /** Told of each such job that is refused. */
  readonly onRefused: NoteRefusal;
  /** By the system's clock. */
  readonly now: () => EpochMs;
}

/** rudder-server takes an answer without this header for one of some other server, and panics. */
const API_VERSION = ['apiVersion', '2'] as const;

const DESTINATION_TYPE: OwnerField = { name: 'destType', level: 1, isOurs: isStatsig };

function isCompacted(request: IncomingMessage): boolean {
  return request.headers[COMPACTED.header] === COMPACTED.value;
}

/** By their names in the manifest. */
type RudderstackRoutes = ProtocolCode & { readonly deleteUsers: RouteCode };

/** All but those for sources. What is for another destination than Statsig falls through. */
export function createRudderstackRoutes(deps: RudderstackDeps): RudderstackRoutes {
  const { reader, store, resolver, isAllowedEndpoint, features, upstream, onTransformed, onDelivered, now } = deps;
  const { watchTransform } = deps;

  function assertLoaded(): void {
    if (!store.loaded) throw new PluginError('SETTINGS_NOT_LOADED');
  }

  const params = { params: ['destinationType'], usualParams: { destinationType: PATH_TYPE } };

  function onlyStatsig(serve: RouteHandler): RouteHandler {
    return (request, response, next) =>
      isStatsig(request.params.destinationType) ? serve(request, response, next) : next('route');
  }

  const transformForProcessor: RouteHandler = (request, response) =>
    reader.withBody(request, async (body) => {
      assertLoaded();
      const { answer, tally, watch } = await withProcessorBatch(body, isCompacted(request), async (batch) => {
        const tally = new EventTally();
        const watch = watchTransform?.('processor');
        const transformer = new ElementTransformer(resolver, PROCESSOR, now(), watch);
        return { answer: await processorResponse(batch, transformer, tally, body.answerTo(response)), tally, watch };
      });
      response.setHeader(...API_VERSION);
      sendJsonBytes(response, 200, answer);
      onTransformed('processor', tally);
      watch?.end();
    });

  /** These routes serve all destinations: the body says which. `undefined` for what is the upstream's. */
  async function readShared(body: ReadBody, compacted: boolean): Promise<RouterBody | undefined> {
    const read = () => readRouterBody(body, compacted);
    return upstream === undefined ? read() : readUnlessOthers(body, DESTINATION_TYPE, read);
  }

  function shared(feature: 'router' | 'batch', before: string, after: string): RouteHandler {
    return (request, response) =>
      reader.withBody(request, async (body) => {
        const shared = await readShared(body, isCompacted(request));
        if (shared === undefined || !isStatsig(shared.destType)) {
          if (upstream !== undefined) return upstream.forward(request, response, body.raw);
          throw new PluginError('ROUTE_UNKNOWN', NOT_OURS);
        }
        assertLoaded();
        const { answer, tally, watch } = await shared.withBatch(async (batch) => {
          const tally = new EventTally();
          const watch = watchTransform?.(feature);
          const writer = new ResponseWriter(body.answerTo(response));
          writer.add(before);
          const transformer = new ElementTransformer(resolver, ROUTER, now(), watch);
          await writeRouterEntries(batch, transformer, feature, tally, writer);
          writer.add(after);
          return { answer: writer.finish(), tally, watch };
        });
        response.setHeader(...API_VERSION);
        sendJsonBytes(response, 200, answer);
        onTransformed(feature, tally);
        watch?.end();
      });
  }

  function proxy(version: 'v0' | 'v1'): RouteCode {
    async function deliver(request: RoutedRequest, response: ServerResponse, body: ReadBody): Promise<void> {
      assertLoaded();
      const tally = new DeliveryTally();
      const answer = await proxyResponse(
        await body.parse(),
        await body.bytes(),
        version,
        request.headers['rdproxy-timeout']?.toString(),
        { isAllowed: isAllowedEndpoint, workspaceOf: resolver.workspaceOfJob },
        tally,
      );
      response.setHeader(...API_VERSION);
      sendJsonText(response, answer.status, answer.text);
      onDelivered(tally);
    }

    /** Also of other destinations where there is an upstream: of what it does not take, each job has to be told. */
    const handle: RouteHandler = (request, response, next) => {
      const isOurs = isStatsig(request.params.destinationType);
      if (!isOurs && upstream === undefined) return next('route');
      return reader.withBody(request, async (body) => {
        try {
          if (isOurs) await deliver(request, response, body);
          else await upstream?.forward(request, response, body.raw);
        } catch (error) {
          if (!response.headersSent) {
            response.setHeader(...API_VERSION);
            wordFaults(response, proxyErrorText(version, await jobsIn(body)));
          }
          throw error;
        }
      });
    };
    return { ...params, handle, errorText: proxyErrorText(version) };
  }

  return {
    processorTransform: { ...params, handle: onlyStatsig(transformForProcessor) },
    routerTransform: { handle: shared('router', '{"output":', '}') },
    batchTransform: { handle: shared('batch', '', '') },
    proxyV0: proxy('v0'),
    proxyV1: proxy('v1'),
    features: { handle: (request, response) => features.handle(request, response), isServedWhileDraining: true },
    deleteUsers: { handle: createDeleteUsersHandler(deps), errorText: deletionsErrorText },
  };
}
