// Every route of the manifest, and what each may answer.

import { isJsonObject } from '../../src/model/segment-event.js';
import { pushRoutes, trackingRoutes } from './push-routes.js';
import { BODY_CODES, type FuzzRoute, objectShape, type RouteParts, route } from './route.js';
import type { Shape } from './rudderstack-answers.js';
import { rudderstackRoutes } from './rudderstack-routes.js';
import type { Expected } from './verdict.js';

const textShape: Shape = (answer) => (typeof answer === 'string' && answer !== '' ? undefined : 'an empty answer');

const changedShape: Shape = (answer) =>
  isJsonObject(answer) && typeof answer.changed === 'number' ? undefined : 'no `changed`';

/** JSON lines. */
const lettersShape: Shape = (answer) => {
  const lines = String(answer).split('\n');
  return lines.pop() === '' && lines.every((line) => isJsonObject(JSON.parse(line))) ? undefined : 'no JSON lines';
};

/** Whether there was anything. */
const droppedShape: Shape = (answer) =>
  isJsonObject(answer) && typeof answer.dropped === 'number' ? undefined : 'not {dropped}';

const acknowledgedShape: Shape = (answer) =>
  isJsonObject(answer) && typeof answer.acknowledged === 'boolean' ? undefined : 'not {acknowledged}';

function operation(name: string, parts: Partial<RouteParts> = {}): FuzzRoute {
  return route({ route: `GET /${name}`, samples: [], weight: 1, shape: objectShape, codes: [], ...parts });
}

function operationRoutes(): readonly FuzzRoute[] {
  const letters = {
    samples: [{ keys: ['k'] }, { workspace: 'acme', target: 'statsig' }, { workspace: 'nobody' }],
    proof: 'admin',
    shape: changedShape,
    codes: ['ADMIN_REFUSED', 'DEAD_LETTERS_NOT_NAMED'],
    weight: 2,
  } as const;
  return [
    operation('api/dead-letters', {
      targets: [
        '/api/dead-letters',
        '/api/dead-letters?workspace=acme&target=statsig',
        '/api/dead-letters?workspace[]=a&target=a&target=b',
      ],
      proof: 'admin',
      isText: true,
      shape: lettersShape,
      codes: ['ADMIN_REFUSED'],
    }),
    route({ ...letters, route: 'POST /api/dead-letters/redeliver' }),
    route({ ...letters, route: 'POST /api/dead-letters/drop' }),
    route({
      ...{ route: 'POST /api/outbox/acknowledge', samples: [{}], proof: 'admin', codes: ['ADMIN_REFUSED'], weight: 1 },
      shape: acknowledgedShape,
    }),
    route({
      ...{
        route: 'POST /api/waiting/drop',
        proof: 'admin',
        codes: ['ADMIN_REFUSED', 'REQUEST_INVALID', 'TARGET_IN_FORCE'],
      },
      ...{ samples: [{ workspace: 'nobody', target: 'gone' }, { workspace: 'nobody' }], weight: 1 },
      shape: droppedShape,
    }),
    operation('api/deletions', { proof: 'admin', codes: ['ADMIN_REFUSED'] }),
    operation('health', { mayForward: true }),
    operation('healthz'),
    operation('readyz'),
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
function ofOtherMethod({ method, codes, errorIn }: FuzzRoute, asked: string): Expected {
  const isHead = asked === 'HEAD' && method === 'GET';
  return {
    codes: [...codes, 'ROUTE_UNKNOWN', 'METHOD_NOT_ALLOWED', 'PATH_INVALID', 'ADMIN_REFUSED'],
    errorIn,
    mayForward: true,
    ...((asked === 'OPTIONS' || isHead) && {
      shape: () => undefined,
      isText: true,
      statuses: (status) => status === (isHead ? 200 : 204),
    }),
  };
}

/** What a request may be answered. @param route its name @param method by which it comes */
export function expectedOf({ route: name, method }: { readonly route: string; readonly method: string }): Expected {
  const found = BY_NAME.get(name);
  if (found === undefined) throw new Error(`no route ${name}`);
  return found.method === method ? found : ofOtherMethod(found, method);
}
