// Which errors a route can answer with: those of its own, and those that every route of its kind has.

import { ERRORS } from '../../src/base/errors.js';
import type { DescribedRoute } from './described-routes.js';

const OF_ALL = ['LOOP_DETECTED', 'INTERNAL', 'DRAINING'];

const OF_BODIES = [
  'BODY_EMPTY',
  'BODY_NOT_JSON',
  'BODY_TOO_DEEP',
  'BODY_TOO_MANY_VALUES',
  'BODY_TOO_LARGE',
  'BODY_INCOMPLETE',
  'ENCODING_UNSUPPORTED',
  'ENCODING_BROKEN',
  'OVERLOADED',
];

const OF_OPERATORS = ['ADMIN_REFUSED', 'HOST_REFUSED', 'ORIGIN_REFUSED', 'TOO_MANY_WRONG_TOKENS'];

/** These are served to the end, and nothing is looked at before them. */
const ALWAYS_SERVED = ['health', 'healthz', 'readyz', 'readyzIngest', 'metrics'];

/** A row of the error table. */
export interface ErrorOfRoute {
  readonly code: string;
  readonly status: number;
  readonly message: string;
  readonly fix: string;
}

/** @param hasParameters of its path @returns sorted by status and code @throws Error for a code that the error table does not have */
export function errorsOf(route: DescribedRoute, hasParameters: boolean): readonly ErrorOfRoute[] {
  const { protocol, name, role, security, body, query, errors } = route;
  const isServed = protocol === 'operations' && ALWAYS_SERVED.includes(name);
  const codes = new Set([
    ...OF_ALL.filter((code) => !isServed || code !== 'DRAINING'),
    ...(body === undefined ? [] : OF_BODIES),
    ...(hasParameters ? ['PATH_INVALID'] : []),
    ...(security === 'operator' ? [...OF_OPERATORS, 'REQUEST_INVALID'] : []),
    ...(role !== undefined && (body !== undefined || query !== undefined) ? ['REQUEST_INVALID'] : []),
    ...(role === 'write' ? ['ROLE_INSUFFICIENT'] : []),
    ...errors,
  ]);
  const rows: Readonly<Record<string, { status: number; message: string; fix: string }>> = ERRORS;
  return [...codes]
    .map((code): ErrorOfRoute => {
      const row = rows[code];
      if (row === undefined) throw new Error(`The error table has no ${code}, which the route ${name} names.`);
      return { code, ...row };
    })
    .sort((a, b) => a.status - b.status || a.code.localeCompare(b.code));
}
