// Takes doubled slashes out of paths: SDKs put their path behind a base URL, and one that ends in a slash makes two of it.

import type { RequestHandler } from 'express';
import type { Route } from './route.js';

/** A target of a request with single slashes in its path; the query stays. */
export function withSingleSlashes(target: string): string {
  if (!target.startsWith('/') || !target.includes('//')) return target;
  const query = target.indexOf('?');
  const path = query === -1 ? target : target.slice(0, query);
  return path.replace(/\/{2,}/g, '/') + target.slice(path.length);
}

/** Whether a path is one of the routes', whatever their parameters. One slash behind it makes no difference, as for Express. */
function createPathCheck(routes: readonly Route[]): (path: string) => boolean {
  const declared = routes.flatMap(({ paths }) => paths.map((path) => path.split('/')));
  return (path) => {
    const segments = path.replace(/\/$/, '').split('/');
    return declared.some(
      (parts) =>
        parts.length === segments.length &&
        parts.every((part, index) => (part.startsWith(':') ? segments[index] !== '' : part === segments[index])),
    );
  };
}

/** Serves the paths of the routes also where their slashes are doubled. Every other path stays as it came: it may be for somebody else. */
export function takeDoubledSlashes(routes: readonly Route[]): RequestHandler {
  const isOurs = createPathCheck(routes);
  return (request, _response, next) => {
    const target = withSingleSlashes(request.url);
    if (target !== request.url && isOurs(target.split('?', 1)[0] ?? '')) request.url = target;
    next();
  };
}
