// Every route of the manifest, and what each may answer.

import { declaredPaths } from '../../testkit/routes.js';
import { operatorRoutes } from './operator-routes.js';
import { pushRoutes, trackingRoutes } from './push-routes.js';
import { BODY_CODES, type FuzzRoute, objectShape, type RouteParts, route } from './route.js';
import type { Shape } from './rudderstack-answers.js';
import { rudderstackRoutes } from './rudderstack-routes.js';
import type { Expected } from './verdict.js';

const textShape: Shape = (answer) => (typeof answer === 'string' && answer !== '' ? undefined : 'an empty answer');

function operation(name: string, parts: Partial<RouteParts> = {}): FuzzRoute {
  return route({ route: `GET /${name}`, samples: [], weight: 1, shape: objectShape, codes: [], ...parts });
}

function operationRoutes(): readonly FuzzRoute[] {
  return [
    ...operatorRoutes(declaredPaths()),
    operation('health', { mayForward: true }),
    operation('healthz'),
    operation('readyz'),
    operation('readyz/ingest'),
    operation('metrics', { isText: true, shape: textShape }),
    operation('version', { isText: true, shape: textShape }),
    operation('buildVersion', { isText: true, shape: textShape }),
  ];
}

/** No route of ours. */
const NOWHERE: FuzzRoute = {
  route: 'nowhere',
  method: 'POST',
  targets: [
    '/',
    '//',
    '/nope',
    '/%',
    '/%ff',
    '/v1/m',
    '/v0/destinations/__proto__',
    '/v2/destinations/statsig',
    '/..%2f..%2fetc/passwd',
    '/a/../segment/open',
    '/segment/open/x',
    '/;/?/#',
    '/v1/projects//settings',
    `/${'a'.repeat(3_000)}`,
  ],
  samples: 'processor',
  shape: objectShape,
  codes: [...BODY_CODES, 'ROUTE_UNKNOWN', 'PATH_INVALID', 'METHOD_NOT_ALLOWED', 'ADMIN_REFUSED'],
  mayForward: true,
  weight: 2,
};

/** The routes of the manifest, and one that is none. */
export const FUZZ_ROUTES: readonly FuzzRoute[] = [
  ...rudderstackRoutes(),
  ...pushRoutes(),
  ...trackingRoutes(),
  ...operationRoutes(),
  NOWHERE,
];

const BY_NAME: ReadonlyMap<string, FuzzRoute> = new Map(FUZZ_ROUTES.map((each) => [each.route, each]));

/** By another method there is another route, or none. */
function ofOtherMethod(
  { method, codes, errorIn, statuses = (status) => status === 200 }: FuzzRoute,
  asked: string,
): Expected {
  const isHead = asked === 'HEAD' && method === 'GET';
  return {
    codes: [...codes, 'ROUTE_UNKNOWN', 'METHOD_NOT_ALLOWED', 'PATH_INVALID', 'ADMIN_REFUSED'],
    errorIn,
    mayForward: true,
    ...((asked === 'OPTIONS' || isHead) && {
      shape: () => undefined,
      isText: true,
      statuses: isHead ? statuses : (status) => status === 204,
    }),
  };
}

/** What a request may be answered. @param route its name @param method by which it comes */
export function expectedOf({ route: name, method }: { readonly route: string; readonly method: string }): Expected {
  const found = BY_NAME.get(name);
  if (found === undefined) throw new Error(`no route ${name}`);
  const [, path = ''] = name.split(' ');
  // The same path may have a route for the other method; HEAD asks for that of GET.
  const asked = BY_NAME.get(`${method === 'HEAD' ? 'GET' : method} ${path}`) ?? found;
  return asked.method === method ? asked : ofOtherMethod(asked, method);
}
