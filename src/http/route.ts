// One route: what the manifest says of it and the code that serves it.

import type { RequestHandler } from 'express';
import type { ErrorText } from './error-text.js';

/** The code of a route. Where it is served is said elsewhere. */
export interface RouteCode {
  /** Answers a request. `next('route')`: it is not ours after all. */
  readonly handle: RequestHandler;
  /** The parameters of the path that it reads: `workspace` for `/segment/:workspace`. */
  readonly params?: readonly string[];
  /** Answers OPTIONS, for what browsers call. */
  readonly preflight?: readonly RequestHandler[];
  /** In which words a fault is answered, also one that comes before or behind the route. Default: `{"error", "message"}`. */
  readonly errorText?: ErrorText;
  /** Answers on the listener for senders outside, where that is not as on the private one. */
  readonly handleForSenders?: RequestHandler;
  /** A process that stops serves it to the end: operators look at it through these, and rudder-server must not begin without our features. */
  readonly isServedWhileDraining?: true;
}

/** The code of the routes of one protocol, by their names in the manifest. */
export type ProtocolCode = Readonly<Record<string, RouteCode>>;

/** A route with its place. */
export interface Route {
  /** Name in the manifest. */
  readonly protocol: string;
  readonly method: 'GET' | 'POST';
  /** In the order of the manifest; the first names the route in metrics and logs. */
  readonly paths: readonly [string, ...string[]];
  readonly code: RouteCode;
}
