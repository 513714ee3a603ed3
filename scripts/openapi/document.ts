// Makes openapi.json: OpenAPI 3.1 of all routes, from manifest.json, the shapes and the error table.

import { STATUS_CODES } from 'node:http';
import { UNREADABLE } from '../../src/base/errors.js';
import type { DeclaredRoute, Manifest, ProtocolRoutes } from '../../src/settings/manifest/model.js';
import type { DescribedRoute, DescribedRoutes, Security } from './described-routes.js';
import { type ErrorOfRoute, errorsOf } from './errors.js';
import { named, type Schema } from './schema.js';

/** One operation of the document. */
type Operation = Readonly<Record<string, unknown>>;

const JSON_TYPE = 'application/json';

/** What the parameters of paths are. */
const PARAMETERS: Readonly<Record<string, string>> = {
  destinationType: "`statsig`, in letters of either case. What is for another type is the upstream transformer's.",
  sourceType:
    "`statsig`, or `webhook` for sources that a settings document names. Others are the upstream transformer's.",
  workspace: 'Id of a settings document.',
  writeKey: 'One of `trackingApi.writeKeys` of a settings document.',
  file: 'Name of a file of the console.',
  folder: 'Folder of the console.',
  subfolder: 'Folder in a folder of the console.',
};

const SCHEMES: Readonly<Record<string, object>> = {
  token: {
    type: 'http',
    scheme: 'bearer',
    description:
      'ADMIN_TOKEN (everything) or ADMIN_READ_TOKEN (changes nothing). Without ADMIN_TOKEN: what the file `admin-token` beside the outbox says, from this machine.',
  },
  session: {
    type: 'apiKey',
    in: 'cookie',
    name: 'statsig_cdp_9090',
    description:
      'The session of a browser, from `POST /api/session`; the name ends in the port. What changes something needs `Content-Type: application/json` and `Sec-Fetch-Site: same-origin`, or an `Origin` that is the host.',
  },
  segmentSecret: {
    type: 'http',
    scheme: 'bearer',
    description: 'One of `segment.headerSecrets`; also as `X-Statsig-Cdp-Secret`.',
  },
  segmentSignature: {
    type: 'apiKey',
    in: 'header',
    name: 'X-Signature',
    description: 'HMAC-SHA1 of the body with one of `segment.sharedSecrets`, as 40 hex digits.',
  },
  segmentApiKey: { type: 'http', scheme: 'basic', description: 'One of `segment.apiKeys` as the user, no password.' },
  writeKey: {
    type: 'http',
    scheme: 'basic',
    description: 'One of `trackingApi.writeKeys` as the user, no password; or `writeKey` in the body.',
  },
  statsigSignature: {
    type: 'apiKey',
    in: 'header',
    name: 'X-Statsig-Signature',
    description:
      '`v0=` and the HMAC-SHA256 of `v0:TIME:BODY` with one of `outbound.signingSecrets`, TIME being that of `X-Statsig-Request-Timestamp`.',
  },
};

/** Any one of them; `{}`: a workspace without such secrets wants none. */
const SECURITY: Readonly<Record<Security, readonly object[]>> = {
  none: [],
  operator: [{ token: [] }, { session: [] }],
  segment: [{ segmentSecret: [] }, { segmentApiKey: [] }, { segmentSignature: [] }, {}],
  apiKey: [{ segmentApiKey: [] }],
  writeKey: [{ writeKey: [] }, {}],
  statsig: [{ statsigSignature: [] }, {}],
};

function serverOf(port: string, description: string): object {
  return {
    url: 'http://{host}:{port}',
    description,
    variables: { host: { default: 'localhost' }, port: { default: port } },
  };
}

/** Where a listener is. */
const SERVERS = {
  private: serverOf('9090', '`PORT`: for rudder-server and operators alone'),
  public: serverOf('8080', '`PUBLIC_PORT`: for senders outside; `PORT`, where there is no other'),
};

const withDescription = (schema: Schema): readonly [string | undefined, Schema] => {
  const { description, ...rest } = schema;
  return [description, rest];
};

function parametersOf(path: string, { query }: DescribedRoute): readonly object[] {
  const ofPath = [...path.matchAll(/:(\w+)/g)].map(([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    description: PARAMETERS[name],
    schema: { type: 'string' },
  }));
  const ofQuery = Object.entries(query?.properties ?? {}).map(([name, schema]) => {
    const [description, rest] = withDescription(schema);
    const isRequired = query?.required?.includes(name) === true;
    return {
      name,
      in: 'query',
      ...(isRequired && { required: true }),
      ...(description && { description }),
      schema: rest,
    };
  });
  return [...ofPath, ...ofQuery];
}

function contentOf({ answer, lines, stream, text }: DescribedRoute): object {
  if (text !== undefined) return { [text]: { schema: { type: 'string' } } };
  if (lines !== undefined) return { 'application/x-ndjson': { schema: lines } };
  if (stream === undefined) return { [JSON_TYPE]: { schema: answer ?? {} } };
  const events = stream.map(({ name, comment, schema }) => ({
    type: 'object',
    description: comment === '' ? `\`event: ${name}\`, with its data.` : comment,
    required: ['event', 'data'],
    properties: { event: { const: name }, id: { type: 'string' }, data: schema },
  }));
  return { 'text/event-stream': { schema: { anyOf: events } } };
}

function linesOf(errors: readonly ErrorOfRoute[]): string {
  return errors.map(({ code, message, fix }) => `\`${code}\`: ${message} ${fix}`).join('\n\n');
}

const leadsTo = (description: string) => ({ description, headers: { Location: { schema: { type: 'string' } } } });

/** Answers that lead to another page, by the names of routes. */
const LED_ELSEWHERE: Readonly<Record<string, object>> = {
  console: { 308: leadsTo('To `/console/`.') },
  connectConsent: { 303: leadsTo('To the page.') },
};

/** Node answers so before there is a request for a route. */
const BEFORE_ROUTES = {
  431: {
    description: `${UNREADABLE.HEADERS_TOO_LARGE.message} ${UNREADABLE.HEADERS_TOO_LARGE.fix} The answer has no body.`,
  },
};

/** Responses that several operations have, once. */
class SharedResponses {
  readonly #names = new Map<string, string>();
  readonly #counts = new Map<string, number>();

  /** The reference to a response, which gets a name by its status. */
  refer(status: string, response: object): object {
    const text = JSON.stringify(response);
    let name = this.#names.get(text);
    if (name === undefined) {
      const number = (this.#counts.get(status) ?? 0) + 1;
      this.#counts.set(status, number);
      name = `Status${status}-${number}`;
      this.#names.set(text, name);
    }
    return { $ref: `#/components/responses/${name}` };
  }

  /** All of them, by their names. */
  named(): Record<string, object> {
    return Object.fromEntries([...this.#names].map(([text, name]) => [name, JSON.parse(text)]));
  }
}

function errorResponses(
  route: DescribedRoute,
  errors: readonly ErrorOfRoute[],
  shared: SharedResponses,
): Record<string, object> {
  const byStatus = new Map<number, ErrorOfRoute[]>();
  for (const error of errors) byStatus.set(error.status, [...(byStatus.get(error.status) ?? []), error]);
  return Object.fromEntries(
    [...byStatus].map(([status, group]) => {
      const ofCodes = { allOf: [named('Error')], properties: { error: { enum: group.map(({ code }) => code) } } };
      const schema = route.errorAnswer ?? ofCodes;
      const other = route.other.get(String(status));
      const content = { [JSON_TYPE]: { schema: other === undefined ? schema : { anyOf: [other, schema] } } };
      return [String(status), shared.refer(String(status), { description: linesOf(group), content })];
    }),
  );
}

function operationOf(
  protocol: string,
  declared: DeclaredRoute,
  { path, listener, isAlias }: { readonly path: string; readonly listener: string; readonly isAlias: boolean },
  route: DescribedRoute,
  shared: SharedResponses,
): Operation {
  const errors = errorsOf(route, path.includes(':'));
  const parameters = parametersOf(path, route);
  const servers =
    listener === 'both'
      ? [SERVERS.private, SERVERS.public]
      : [listener === 'public' ? SERVERS.public : SERVERS.private];
  const others = [...route.other].filter(([status]) => !errors.some((error) => String(error.status) === status));
  return {
    operationId: isAlias
      ? `${protocol}${path.replaceAll(/[/:]+(\w)?/g, (_, letter = '') => letter.toUpperCase())}`
      : `${protocol}_${declared.name}`,
    tags: [protocol],
    summary: declared.purpose.replace(/ \(token\)$/, ''),
    ...(route.comment !== '' && { description: route.comment }),
    ...(route.role !== undefined && { 'x-role': route.role }),
    servers,
    security: SECURITY[route.security],
    ...(parameters.length > 0 && { parameters }),
    ...(route.body && { requestBody: { required: true, content: { [JSON_TYPE]: { schema: route.body } } } }),
    responses: {
      ...(declared.name !== 'connectConsent' && {
        200: { description: 'It is done, or shown.', content: contentOf(route) },
      }),
      ...LED_ELSEWHERE[declared.name],
      ...Object.fromEntries(
        others.map(([status, schema]) => [
          status,
          { description: STATUS_CODES[status] ?? status, content: { [JSON_TYPE]: { schema } } },
        ]),
      ),
      ...BEFORE_ROUTES,
      ...errorResponses(route, errors, shared),
      ...(route.errorAnswer &&
        protocol === 'rudderstack' && {
          default: {
            description: 'The same form with the status of the verdict.',
            content: { [JSON_TYPE]: { schema: route.errorAnswer } },
          },
        }),
    },
  };
}

/** Adds the operations of one protocol to their paths. */
function addProtocol(
  paths: Map<string, Record<string, Operation>>,
  [name, protocol]: readonly [string, ProtocolRoutes],
  described: readonly DescribedRoute[],
  shared: SharedResponses,
): void {
  for (const declared of protocol.routes) {
    const route = described.find((each) => each.protocol === name && each.name === declared.name);
    if (route === undefined) throw new Error(`No shapes.ts describes the route ${declared.name} of ${name}.`);
    const listener = declared.listener ?? protocol.listener;
    for (const path of [declared.path, ...(declared.aliases ?? [])]) {
      const key = path.replaceAll(/:(\w+)/g, '{$1}');
      const place = { path, listener, isAlias: path !== declared.path };
      paths.set(key, {
        ...paths.get(key),
        [declared.method.toLowerCase()]: operationOf(name, declared, place, route, shared),
      });
    }
  }
}

/** Of those that have names, the ones that the value refers to, and that those refer to. */
function reachable(value: unknown, all: ReadonlyMap<string, Schema>): Record<string, Schema> {
  const found = new Map<string, Schema>();
  const look = (each: unknown): void => {
    for (const [, name = ''] of JSON.stringify(each).matchAll(/"#\/components\/schemas\/(\w+)"/g)) {
      const schema = all.get(name);
      if (schema === undefined || found.has(name)) continue;
      found.set(name, schema);
      look(schema);
    }
  };
  look(value);
  return Object.fromEntries([...found].sort(([a], [b]) => a.localeCompare(b)));
}

const ERROR: Schema = {
  type: 'object',
  description: 'Why a request is not served. docs/errors.md lists all codes.',
  required: ['error', 'message'],
  properties: {
    error: { type: 'string', description: 'Code of the error table.' },
    message: { type: 'string', description: '`CODE: what happened (where: detail). What to do.`' },
  },
};

/**
 * The document.
 *
 * @param version of the package
 * @throws Error for a route that is not described, and a code that the error table does not have
 */
export function openApiDocument(
  manifest: Manifest,
  { routes, named: schemas }: DescribedRoutes,
  version: string,
): Operation {
  const paths = new Map<string, Record<string, Operation>>();
  const shared = new SharedResponses();
  for (const protocol of Object.entries(manifest.protocols)) addProtocol(paths, protocol, routes, shared);
  return {
    openapi: '3.1.1',
    info: {
      title: 'statsig-cdp',
      version,
      summary: manifest.description,
      description: `All routes of the process: those of operators (\`/api\`), and those of the protocols that CDPs and Statsig speak. Private ones are on \`PORT\`, public ones on \`PUBLIC_PORT\`.`,
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [SERVERS.private, SERVERS.public],
    security: [],
    tags: Object.entries(manifest.protocols).map(([name, { title, listener }]) => ({
      name,
      description: `${title} (${listener})`,
    })),
    paths: Object.fromEntries(paths),
    components: {
      securitySchemes: SCHEMES,
      responses: shared.named(),
      schemas: reachable([Object.fromEntries(paths), shared.named()], new Map([...schemas, ['Error', ERROR]])),
    },
  };
}
