// One route: what the manifest says of it and the code that serves it.

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Request } from 'express';
import type { ErrorText } from './error-text.js';

/** A request as a route gets it: Node's own, with what was found in its address. Express adds no more to it (`express-app.ts`). */
export type RoutedRequest = IncomingMessage & Pick<Request, 'method' | 'url' | 'params' | 'route'>;

/** Answers a request. What it throws is answered for it. `next('route')`: it is not ours after all. */
export type RouteHandler = (
  request: RoutedRequest,
  response: ServerResponse,
  next: (fault?: unknown) => void,
) => void | Promise<void>;

/** The code of a route. Where it is served is said elsewhere. */
export interface RouteCode {
  readonly handle: RouteHandler;
  /** The parameters of the path that it reads: `workspace` for `/segment/:workspace`. */
  readonly params?: readonly string[];
  /** What stands for parameters in nearly all requests: `{ destinationType: 'statsig' }`. */
  readonly usualParams?: Readonly<Record<string, string>>;
  /** Answers OPTIONS, for what browsers call. */
  readonly preflight?: readonly RouteHandler[];
  /** In which words a fault is answered, also one that comes before or behind the route. Default: `{"error", "message"}`. */
  readonly errorText?: ErrorText;
  /** Answers on the listener for senders outside, where that is not as on the private one. */
  readonly handleForSenders?: RouteHandler;
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

/** Routes in the order in which they are tried. */
export interface RouteSet {
  readonly routes: readonly Route[];
  /** Lets a request for one of them pass. @throws PluginError where they are not served now */
  readonly guard?: () => void;
}

/** The steps of a path, however many slashes are between them. */
export function stepsOf(path: string): readonly string[] {
  return path.split('/').filter((step) => step !== '');
}
