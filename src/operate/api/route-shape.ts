// What a shapes file says of a route: `readonly live: { role: 'read'; query: LiveFilter; answer: LiveList; errors: 'WORKSPACE_UNKNOWN' }`.
// The JSON Schemas by which requests are checked, and /openapi.json, are made from it (`npm run generate`).

import type { ErrorCode } from '../../base/errors.js';
import type { Role } from '../access/shapes.js';

/** A route, in an interface whose name ends in `Routes`, by its name in manifest.json. Its comment says what it does; `@example` shows a query (`?limit=5`) or a body. */
export interface RouteShape {
  /** Who may use it; `none`: anybody. */
  readonly role: Role | 'none';
  /** Parameters behind `?`. */
  readonly query?: object;
  /** JSON. */
  readonly body?: unknown;
  /** JSON; of a route that answers something else not given. */
  readonly answer?: unknown;
  /** JSON with another status, by the status. */
  readonly other?: object;
  /** Of each line of JSON lines. */
  readonly lines?: unknown;
  /** Server-sent events, by their names. */
  readonly stream?: object;
  /** Beside those that every route has. */
  readonly errors?: ErrorCode;
}

/** The routes of a feature. */
export type RouteShapes<Routes> = { readonly [Name in keyof Routes]: RouteShape };
