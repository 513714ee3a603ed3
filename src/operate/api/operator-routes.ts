// Makes the code of routes for operators: lets in who may, checks what is asked, and sends what is answered.

import type { ServerResponse } from 'node:http';
import { PluginError } from '../../base/errors.js';
import { toPrintable } from '../../base/printable.js';
import { queryOf } from '../../http/address.js';
import type { RequestReader } from '../../http/request-reader.js';
import type { RouteCode, RoutedRequest } from '../../http/route.js';
import { sendJsonText } from '../../http/send-response.js';
import type { Asking, OperatorAccess } from '../access/operator-access.js';
import { describeFault } from './describe-fault.js';
import { type Part, requestCheck } from './request-checks.js';
import type { RequestSchema } from './request-schemas.js';
import { REQUESTS } from './requests.generated.js';
import type { RouteShapes } from './route-shape.js';

/** What they all work with. */
export interface OperatorApi {
  readonly access: OperatorAccess;
  readonly reader: RequestReader;
}

type Taken<Shape, Name extends Part> = Shape extends Readonly<Record<Name, infer Value>> ? Value : undefined;

/** What a route is asked, checked. */
export interface Asked<Shape> {
  readonly query: Taken<Shape, 'query'>;
  readonly body: Taken<Shape, 'body'>;
  /** `undefined` where anybody may ask. */
  readonly asking: Shape extends { readonly role: 'none' } ? undefined : Asking;
  readonly request: RoutedRequest;
  readonly response: ServerResponse;
}

type Handler<Shape> = (
  asked: Asked<Shape>,
) => Shape extends { readonly answer: infer Answer } ? Answer | Promise<Answer> : void | Promise<void>;

/** The code of each route of a feature: what it returns is sent as JSON. One that answers something else than JSON sends it itself. */
export type Handlers<Routes> = { readonly [Name in keyof Routes]: Handler<Routes[Name]> };

/** Proves nothing, so not much is read. */
const MOST_OF_STRANGERS = { bytes: 4096, raisedBy: 'nothing raises it' };

/** Parameters that come several times are a list. */
function valuesOf(query: URLSearchParams): Record<string, unknown> {
  const values: Record<string, unknown> = Object.create(null);
  for (const name of new Set(query.keys())) {
    const [first, ...more] = query.getAll(name);
    values[name] = more.length === 0 ? first : [first, ...more];
  }
  return values;
}

/** @returns the value with defaults filled in @throws PluginError REQUEST_INVALID */
function checked(name: string, part: Part, value: unknown): unknown {
  const check = requestCheck(name, part);
  if (check === undefined || check(value)) return value;
  const schema: RequestSchema = REQUESTS[name]?.[part] ?? {};
  throw new PluginError('REQUEST_INVALID', describeFault(part, schema, check.errors ?? []));
}

function queryFor(name: string, request: RoutedRequest): unknown {
  const values = valuesOf(queryOf(request));
  if (REQUESTS[name]?.query !== undefined) return checked(name, 'query', values);
  const [unknown] = Object.keys(values);
  if (unknown === undefined) return undefined;
  throw new PluginError(
    'REQUEST_INVALID',
    `query.${unknown.slice(0, 100)} is not known: the route takes no parameters`,
  );
}

/**
 * The code of a feature's routes, by their names in manifest.json. Who may ask, and what may be asked, is what `Routes` in the feature's shapes.ts says.
 *
 * @throws Error for a route that the shapes do not describe: `npm run generate` makes the schemas
 */
export function createOperatorRoutes<Routes extends RouteShapes<Routes>>(
  { access, reader }: OperatorApi,
  handlers: Handlers<Routes>,
): Readonly<Record<keyof Routes & string, RouteCode>> {
  const toCode = (name: string, handle: (asked: Asked<unknown>) => unknown): RouteCode => {
    const schemas = REQUESTS[name];
    if (schemas === undefined) throw new Error(`No shapes.ts describes the route ${name}: npm run generate`);
    const { role, body: hasBody } = schemas;
    const identify = async (request: RoutedRequest) => {
      if (role === 'none') return access.assertHost(request);
      return role === 'write' ? access.assertWrite(request) : access.assertRead(request);
    };
    return {
      async handle(request, response) {
        const asking = await identify(request);
        const query = queryFor(name, request);
        const answer = async (body: unknown) => {
          const answered = await handle({ query, body, asking, request, response } as Asked<unknown>);
          if (answered !== undefined) sendJsonText(response, 200, toPrintable(JSON.stringify(answered)));
        };
        if (hasBody === undefined) return answer(undefined);
        const limit = role === 'none' ? MOST_OF_STRANGERS : undefined;
        return reader.withBody(request, async (body) => answer(checked(name, 'body', await body.parse())), limit);
      },
    };
  };
  return Object.fromEntries(
    Object.entries<(asked: Asked<never>) => unknown>(handlers).map(([name, handle]) => [
      name,
      toCode(name, handle as (asked: Asked<unknown>) => unknown),
    ]),
  ) as Readonly<Record<keyof Routes & string, RouteCode>>;
}
