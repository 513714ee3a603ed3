// The routes rudder-server calls.

import type { ErrorCode } from '../../src/base/errors.js';
import { isJsonObject } from '../../src/model/segment-event.js';
import { type FuzzRoute, objectShape, type RouteParts, route } from './route.js';
import {
  batchShape,
  deletionsShape,
  processorShape,
  proxyV0Shape,
  proxyV1Shape,
  routerShape,
  sourcesShape,
} from './rudderstack-answers.js';

/** A route whose answers carry the version of rudder-server's API. */
function rudder(parts: Omit<RouteParts, 'hasApiVersion'>): FuzzRoute {
  return route({ ...parts, hasApiVersion: true });
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** rudder-server reads `output` alone. */
function proxyErrorIn(answer: unknown): string | undefined {
  const output = isJsonObject(answer) ? answer.output : undefined;
  return isJsonObject(output) ? textOf(output.message) : undefined;
}

/** The regulation worker reads a list alone: a fault of the whole request is one failed job, which may be sent again. */
function deletionsErrorIn(answer: unknown): string | undefined {
  const [job, ...others]: readonly unknown[] = Array.isArray(answer) ? answer : [];
  if (!isJsonObject(job) || others.length > 0 || job.status !== 'failed') return undefined;
  return job.statusCode === 404 || job.statusCode === 405 ? undefined : textOf(job.error);
}

/** All of them. */
export function rudderstackRoutes(): readonly FuzzRoute[] {
  const processor = { samples: 'processor', shape: processorShape, codes: ['BODY_NOT_A_BATCH'], weight: 8 } as const;
  const other: readonly ErrorCode[] = ['ROUTE_UNKNOWN', 'BODY_INPUT_MISSING'];
  const proxy = {
    samples: 'proxy',
    codes: ['DELIVERY_REQUEST_INVALID'],
    weight: 5,
    errorIn: proxyErrorIn,
  } as const;
  const sources = { shape: sourcesShape, codes: ['BODY_NOT_A_BATCH', 'ROUTE_UNKNOWN'], weight: 5 } as const;
  return [
    rudder({
      ...processor,
      route: 'POST /v0/destinations/statsig',
      targets: ['/v0/destinations/statsig', '/v0/destinations/STATSIG?a'],
    }),
    rudder({
      ...processor,
      route: 'POST /v1/destinations/statsig',
      targets: ['/v1/destinations/statsig', '/v1/destinations/%53tatsig'],
    }),
    rudder({
      route: 'POST /routerTransform',
      samples: 'router',
      shape: routerShape,
      codes: other,
      mayForward: true,
      weight: 8,
    }),
    rudder({ route: 'POST /batch', samples: 'batch', shape: batchShape, codes: other, mayForward: true, weight: 5 }),
    rudder({
      ...proxy,
      route: 'POST /v0/destinations/statsig/proxy',
      shape: proxyV0Shape,
      statuses: (status) => status !== 404 && status >= 200 && status < 600,
    }),
    rudder({ ...proxy, route: 'POST /v1/destinations/statsig/proxy', shape: proxyV1Shape }),
    route({ route: 'GET /features', samples: [], shape: objectShape, codes: [], weight: 1 }),
    rudder({ ...sources, route: 'POST /v1/sources/statsig', samples: 'sourcesV1' }),
    rudder({ ...sources, route: 'POST /v2/sources/statsig', samples: 'sourcesV2' }),
    rudder({ ...sources, route: 'POST /v2/sources/webhook', samples: 'sourcesV2', mayForward: true }),
    route({
      route: 'POST /deleteUsers',
      samples: 'deletions',
      shape: deletionsShape,
      errorIn: deletionsErrorIn,
      statuses: (status) => status !== 405 && status >= 200 && status < 600,
      codes: ['BODY_NOT_DELETIONS', 'ROUTE_UNKNOWN'],
      mayForward: true,
      weight: 3,
    }),
  ];
}
