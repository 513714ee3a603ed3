// Puts a table of routes into Express.

import type { IRouter, RequestHandler } from 'express';
import type { Route } from './route.js';

/**
 * Mounts the routes in their order: the first are found soonest.
 *
 * @param others answers OPTIONS where no route does, to be given with the last routes of a router: Express would answer it for every path that it knows, but only browsers ask, and they call few routes
 */
export function mountRoutes(router: IRouter, routes: readonly Route[], others?: RequestHandler): void {
  for (const { method, paths, code } of routes) {
    if (method === 'GET') router.get([...paths], code.handle);
    else router.post([...paths], code.handle);
  }
  for (const { paths, code } of routes) if (code.preflight !== undefined) router.options([...paths], ...code.preflight);
  if (others !== undefined) router.options('*path', others);
  for (const { paths, code } of routes) if (code.otherMethods !== undefined) router.all([...paths], code.otherMethods);
}

/** Everything that stands at or below the paths, by any method: `/segment/:workspace` stands for all of `/segment/`. */
export function guardedPaths(routes: readonly Route[]): readonly string[] {
  const all = routes.flatMap(({ paths }) =>
    paths.flatMap((path) => (path.includes('/:') ? [path, `${path.slice(0, path.indexOf('/:'))}/*rest`] : [path])),
  );
  return [...new Set(all)];
}
