// One route: what the manifest says of it and the code that serves it.

import type { RequestHandler } from 'express';
import type { Serve } from './fast-routes.js';

/** The code of a route. Where it is served is said elsewhere. */
export interface RouteCode {
  /** Answers a request. `next('route')`: it is not ours after all. */
  readonly handle: RequestHandler;
  /** The same where nothing of Express is needed: the busiest routes. */
  readonly fast?: Serve;
  /** The parameters of the path that it reads: `workspace` for `/segment/:workspace`. */
  readonly params?: readonly string[];
  /** What busy clients write for a parameter: the path with it is served by `fast` too. */
  readonly usualParams?: Readonly<Record<string, string>>;
  /** Answers OPTIONS, for what browsers call. */
  readonly preflight?: readonly RequestHandler[];
  /** Answers the path by any other method. Absent: the path is not ours then. */
  readonly otherMethods?: RequestHandler;
  /** Answers on the listener for senders outside, where that is not as on the private one. */
  readonly handleForSenders?: RequestHandler;
  /** A process that stops serves it to the end: operators look at it through these, and rudder-server must not begin without our features. */
  readonly isServedWhileDraining?: true;
}

/** The code of the routes of one protocol, by their names in the manifest. */
export type ProtocolCode = Readonly<Record<string, RouteCode>>;

/** A route with its place. */
export interface Route {
  readonly method: 'GET' | 'POST';
  /** In the order of the manifest; the first names the route in metrics and logs. */
  readonly paths: readonly [string, ...string[]];
  readonly code: RouteCode;
}

/** Code that needs nothing of Express. */
export function plainRoute(serve: Serve, more: Omit<RouteCode, 'handle' | 'fast'> = {}): RouteCode {
  return { ...more, handle: serve, fast: serve };
}
