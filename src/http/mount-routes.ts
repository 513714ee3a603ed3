// Puts a table of routes into Express.

import type { IRouter } from 'express';
import { PluginError } from '../base/errors.js';
import type { Route, RouteHandler } from './route.js';

/** Mounts the routes in their order: the first are found soonest. What else comes to their paths falls through. */
export function mountRoutes(router: IRouter, routes: readonly Route[]): void {
  for (const { method, paths, code } of routes) {
    if (method === 'GET') router.get([...paths], code.handle);
    else router.post([...paths], code.handle);
  }
}

/** What is done around routes of senders outside. */
export interface SenderMount {
  /** Runs before all that comes to a path of theirs, or below one. Default: nothing. */
  readonly before?: RouteHandler;
  /** Answers what comes below a path of theirs, where no route is. */
  readonly refuse: RouteHandler;
  /** Answers OPTIONS for every other path: Express would answer it for each that it knows, but only browsers ask, and they call few routes. */
  readonly options: RouteHandler;
}

/** The methods of the paths that a route shares with others, as `Allow` names them. */
function allowedAt({ paths }: Route, routes: readonly Route[]): string {
  const there = routes.filter((route) => route.paths.some((path) => paths.includes(path)));
  const methods = there.flatMap(({ method, code }) => [
    ...(method === 'GET' ? ['GET', 'HEAD'] : [method]),
    ...(code.preflight === undefined ? [] : ['OPTIONS']),
  ]);
  return [...new Set(methods)].join(', ');
}

function refuseMethod(allow: string): RouteHandler {
  return ({ method }, response) => {
    response.setHeader('Allow', allow);
    throw new PluginError('METHOD_NOT_ALLOWED', `${method.slice(0, 20)}; it takes ${allow}`);
  };
}

/** What stands below a path with parameters: `/segment/:workspace` stands for all of `/segment/`. */
function pathsBelow(routes: readonly Route[]): readonly string[] {
  const all = routes.flatMap(({ paths }) =>
    paths.flatMap((path) => (path.includes('/:') ? [`${path.slice(0, path.indexOf('/:'))}/*rest`] : [])),
  );
  return [...new Set(all)];
}

/** Mounts routes of senders outside, and answers all else that comes to their paths: a person who tries one reads what it wants. */
export function mountSenderRoutes(
  router: IRouter,
  routes: readonly Route[],
  { before, refuse, options }: SenderMount,
): void {
  const first = before === undefined ? [] : [before];
  for (const { method, paths, code } of routes) {
    if (method === 'GET') router.get([...paths], ...first, code.handle);
    else router.post([...paths], ...first, code.handle);
  }
  for (const { paths, code } of routes)
    if (code.preflight !== undefined) router.options([...paths], ...first, ...code.preflight);
  for (const route of routes) router.all([...route.paths], ...first, refuseMethod(allowedAt(route, routes)));
  for (const path of pathsBelow(routes)) router.all(path, ...first, refuse);
  router.options('*path', options);
}
