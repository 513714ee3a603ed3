// Makes the handlers of the two listeners from the one table of routes: who finds which route, and what is answered where there is none.

import type { ServerResponse } from 'node:http';
import { PluginError } from '../base/errors.js';
import { pathOf } from '../http/address.js';
import { takeDoubledSlashes } from '../http/doubled-slashes.js';
import { createErrorTexts, wordFaults } from '../http/error-text.js';
import { createRequestSteps, type RequestStepsDeps } from '../http/handle-request.js';
import { mountRoutes, mountSenderRoutes } from '../http/mount-routes.js';
import type { Route, RoutedRequest, RouteHandler } from '../http/route.js';
import { standsFor } from '../http/route-path.js';
import type { PublicRoutes } from '../sources/public-routes.js';
import { STOCK_TRANSFORMER } from '../sources/rudderstack/destination-type.js';
import type { Upstream } from '../sources/rudderstack/upstream.js';
import { joinDetails } from '../sources/signed-with.js';
import { withoutWriteKey } from '../sources/tracking-api/authenticate.js';
import { createExpressRouter, createHandler, type NodeHandler } from './handler.js';
import { findNearestRoute } from './nearest-route.js';
import type { RouteTable } from './route-table.js';

/** What answers the requests of the listeners. */
export interface ListenerHandlers {
  /** Of PORT. */
  readonly handler: NodeHandler;
  /** Of PUBLIC_PORT. It knows the routes for senders outside and whether the process is well, and no way to the upstream transformer. */
  readonly publicHandler: NodeHandler;
  /** Whether a path is one of those that the handler of PORT, or of PUBLIC_PORT, answers itself. */
  isOwnPath(path: string, isPublic: boolean): boolean;
}

/** What they are made of. */
export interface ListenerHandlersDeps {
  readonly routes: RouteTable;
  readonly publicRoutes: Pick<PublicRoutes, 'assertOnPort'>;
  /** Where everything else on PORT goes; `undefined`: nowhere. */
  readonly upstream: Upstream | undefined;
  readonly steps: Omit<RequestStepsDeps, 'servedWhileDraining' | 'errorTextOf'>;
  /** True where they are put into an app that somebody else has made. */
  readonly isInOtherApp: boolean;
}

/** A sender who has mistyped a path reads the error as that of the route. @param ofOthers what to do where it is none of a sender outside */
function unknownRoute(
  request: RoutedRequest,
  response: ServerResponse,
  ofSenders: readonly Route[],
  others: readonly Route[] = [],
  ofOthers = '',
): PluginError {
  const path = pathOf(request);
  const nearest = findNearestRoute({ method: request.method, path, headers: request.headers }, [
    ...ofSenders,
    ...others,
  ]);
  const isOfSender = ofSenders.some(({ protocol }) => protocol === nearest?.protocol);
  const errorText = nearest && ofSenders.find(({ paths }) => paths.includes(nearest.path))?.code.errorText;
  if (errorText !== undefined) wordFaults(response, errorText);
  const asked = `${request.method} ${withoutWriteKey(path).slice(0, 200)}`;
  const near = nearest === undefined ? '' : `the nearest route is ${nearest.method} ${nearest.path}`;
  return new PluginError('ROUTE_UNKNOWN', joinDetails(asked, near, isOfSender ? '' : ofOthers));
}

/** True for a path below those of the operators, served or not, also where it is mistyped in letter case or slashes. */
function isForOperators(path: string): boolean {
  return /^\/+(?:api|console|connect\/+oauth|openapi\.json)(?:\/|$)/i.test(decoded(path));
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** Makes the handlers; nothing listens. PORT serves the routes for senders outside too, as long as `publicRoutes` lets it. */
export function createListenerHandlers(deps: ListenerHandlersDeps): ListenerHandlers {
  const { routes, publicRoutes, upstream, steps, isInOtherApp } = deps;
  /** Routes of the other listener word nothing: on the public one their paths are as any that no one serves. */
  const stepsFor = (worded: readonly Route[]) =>
    createRequestSteps({
      ...steps,
      servedWhileDraining: routes.servedWhileDraining,
      errorTextOf: createErrorTexts(worded),
    });
  const createInner = isInOtherApp ? createExpressRouter : undefined;
  const refuse: RouteHandler = (request, response) => {
    throw unknownRoute(request, response, routes.ofSenders);
  };

  const privatePaths = new Set(routes.private.flatMap(({ paths }) => paths));
  const onlyOfSenders = routes.ofSenders.filter(({ paths }) => !paths.some((path) => privatePaths.has(path)));
  const passOn: RouteHandler = (request, response) => {
    // What is meant for operators may hold a token, and is no matter of the transformer's.
    if (upstream === undefined || isForOperators(pathOf(request)))
      throw unknownRoute(request, response, onlyOfSenders, routes.private, STOCK_TRANSFORMER);
    return upstream.forward(request, response);
  };
  const before: RouteHandler = (_request, _response, next) => {
    publicRoutes.assertOnPort();
    next();
  };
  const fromOutside = { routes: onlyOfSenders, guard: publicRoutes.assertOnPort };
  const handler = createHandler(
    stepsFor([...routes.private, ...routes.ofSenders]),
    [{ routes: routes.private }, fromOutside],
    (handler) => {
      mountRoutes(handler, routes.private);
      handler.use(takeDoubledSlashes(onlyOfSenders));
      mountSenderRoutes(handler, onlyOfSenders, { before, refuse, options: passOn });
      handler.use(passOn);
    },
    createInner,
  );
  const publicHandler = createHandler(
    stepsFor(routes.ofSenders),
    [{ routes: routes.ofSenders }],
    (handler) => {
      handler.use(takeDoubledSlashes(routes.ofSenders));
      mountSenderRoutes(handler, routes.ofSenders, { refuse, options: refuse });
      handler.use(refuse);
    },
    createInner,
  );
  return {
    handler,
    publicHandler,
    isOwnPath: (path, isPublic) =>
      (isPublic ? routes.ofSenders : [...routes.private, ...onlyOfSenders]).some(({ paths }) =>
        paths.some((each) => standsFor(each, path)),
      ),
  };
}
