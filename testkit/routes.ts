// The routes that the manifest declares, for tests.

import { Router } from 'express';
import { mountRoutes, mountSenderRoutes } from '../src/http/mount-routes.js';
import type { ProtocolCode, Route, RouteHandler } from '../src/http/route.js';
import { manifest } from '../src/settings/manifest.js';

/** A declared route by one of its paths. */
export interface DeclaredPath {
  readonly protocol: string;
  readonly name: string;
  readonly method: 'GET' | 'POST';
  /** With our types where they are a parameter; other parameters stay as they are declared. */
  readonly path: string;
  readonly listener: 'private' | 'public' | 'both';
}

/** Every path of every route. */
export function declaredPaths(): readonly DeclaredPath[] {
  return Object.entries(manifest.protocols).flatMap(([protocol, { listener, routes }]) =>
    routes.flatMap((route) =>
      [route.path, ...(route.aliases ?? [])].map((path) => ({
        protocol,
        name: route.name,
        method: route.method,
        path: path.replace(/:(destination|source)Type/, 'statsig'),
        listener: route.listener ?? listener,
      })),
    ),
  );
}

/** Those of a protocol's routes that there is code for. */
export function routesOf(protocol: string, code: ProtocolCode): readonly Route[] {
  const declared = manifest.protocols[protocol]?.routes ?? [];
  return declared.flatMap(({ name, method, path, aliases = [] }): Route[] => {
    const found = code[name];
    return found === undefined ? [] : [{ protocol, method, paths: [path, ...aliases], code: found }];
  });
}

/** The same for Express. */
export function routerOf(protocol: string, code: ProtocolCode): Router {
  const router = Router({ caseSensitive: true });
  const leave: RouteHandler = (_request, _response, next) => next('router');
  const routes = routesOf(protocol, code);
  if (manifest.protocols[protocol]?.listener === 'private') mountRoutes(router, routes);
  else mountSenderRoutes(router, routes, { refuse: leave, options: leave });
  router.options('*path', leave);
  return router;
}
