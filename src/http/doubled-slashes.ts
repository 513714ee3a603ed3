// Takes doubled slashes out of paths: SDKs put their path behind a base URL, and one that ends in a slash makes two of it.

import { pathOf } from './address.js';
import type { Route, RouteHandler } from './route.js';
import { standsFor } from './route-path.js';

/** A target of a request with single slashes in its path; the query stays. */
export function withSingleSlashes(target: string): string {
  if (!target.startsWith('/') || !target.includes('//')) return target;
  const query = target.indexOf('?');
  const path = query === -1 ? target : target.slice(0, query);
  return path.replace(/\/{2,}/g, '/') + target.slice(path.length);
}

/** Serves the paths of the routes also where their slashes are doubled. Every other path stays as it came: it may be for somebody else. */
export function takeDoubledSlashes(routes: readonly Route[]): RouteHandler {
  const paths = routes.flatMap((route) => route.paths);
  return (request, _response, next) => {
    const target = withSingleSlashes(request.url);
    // One slash behind it makes no difference, as for Express.
    const path = pathOf({ url: target }).replace(/\/$/, '');
    if (target !== request.url && paths.some((each) => standsFor(each, path))) request.url = target;
    next();
  };
}
