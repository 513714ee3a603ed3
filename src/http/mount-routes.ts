// Puts a table of routes where requests come in: into Express, and the busiest of them past it.

import type { IRouter, RequestHandler } from 'express';
import type { FastRoute } from './fast-routes.js';
import type { Route, RouteCode } from './route.js';

/**
 * Mounts the routes in their order.
 *
 * @param others answers OPTIONS where no route does: Express would answer it for every path that it knows, but only browsers ask, and they call few routes
 */
export function mountRoutes(router: IRouter, routes: readonly Route[], others: RequestHandler): void {
  for (const { paths, code } of routes) if (code.preflight !== undefined) router.options([...paths], ...code.preflight);
  router.options('*path', others);
  for (const { method, paths, code } of routes) {
    if (method === 'GET') router.get([...paths], code.handle);
    else router.post([...paths], code.handle);
  }
  for (const { paths, code } of routes) if (code.otherMethods !== undefined) router.all([...paths], code.otherMethods);
}

function fill(path: string, { usualParams = {} }: RouteCode): string {
  return path.replaceAll(/:(\w+)/g, (parameter, name: string) => usualParams[name] ?? parameter);
}

/** Those that need nothing of Express, by the addresses that clients write. */
export function fastRoutesOf(routes: readonly Route[]): readonly FastRoute[] {
  return routes.flatMap(({ method, paths, code }) => {
    const { fast } = code;
    if (fast === undefined) return [];
    const urls = paths.map((path) => fill(path, code)).filter((url) => !url.includes(':'));
    return urls.map((url) => ({ method, url, route: paths[0], serve: fast }));
  });
}

/** Everything that stands at or below the paths, by any method: `/segment/:workspace` stands for all of `/segment/`. */
export function guardedPaths(routes: readonly Route[]): readonly string[] {
  const all = routes.flatMap(({ paths }) =>
    paths.flatMap((path) => (path.includes('/:') ? [path, `${path.slice(0, path.indexOf('/:'))}/*rest`] : [path])),
  );
  return [...new Set(all)];
}
