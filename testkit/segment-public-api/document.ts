// Reads openapi.yaml, and holds requests and answers against it.

import { readFileSync } from 'node:fs';
import type { ErrorObject, ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { parse } from 'yaml';

interface Parameter {
  readonly name: string;
  readonly required: boolean;
}

interface Content {
  readonly [mediaType: string]: unknown;
}

interface Operation {
  readonly operationId: string;
  readonly parameters?: readonly (Parameter | { readonly $ref: string })[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly content?: Content; readonly $ref?: string }>>;
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly parameters: Readonly<Record<string, Parameter>> };
}

/** A request as far as the document speaks of it. */
export interface ApiRequest {
  readonly method: string;
  /** With the query. */
  readonly target: string;
  readonly accept: string | undefined;
  readonly contentType: string | undefined;
  /** As it came; empty where there is none. */
  readonly text: string;
}

/** An operation of the document that a request is for. */
export interface Found {
  readonly id: string;
  /** By the names in the path, decoded. */
  readonly path: Readonly<Record<string, string>>;
  /** By name; `pagination` is an object. */
  readonly query: Readonly<Record<string, unknown>>;
  readonly body: unknown;
  /** What the request breaks. */
  readonly problems: readonly string[];
}

const document: Document = parse(
  readFileSync(new URL('../../../testkit/segment-public-api/openapi.yaml', import.meta.url), 'utf8'),
);

const ajv = new Ajv2020({ strict: false, allErrors: true });
ajv.addSchema(document, 'api');

const compiled = new Map<string, ValidateFunction>();

function pointer(...steps: readonly string[]): string {
  return steps.map((step) => encodeURIComponent(step.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/');
}

function faults(where: string, value: unknown, ...steps: readonly string[]): readonly string[] {
  const at = pointer(...steps);
  const validate = compiled.get(at) ?? ajv.compile({ $ref: `api#/${at}` });
  compiled.set(at, validate);
  if (validate(value)) return [];
  return (validate.errors ?? []).map(({ instancePath, message, params }: ErrorObject) =>
    `${where}${instancePath} ${message} ${'additionalProperty' in params ? params.additionalProperty : ''}`.trim(),
  );
}

/** Where an operation stands in the document. */
interface Place {
  readonly pattern: string;
  readonly method: string;
  readonly operation: Operation;
}

const PLACES: readonly Place[] = Object.entries(document.paths).flatMap(([pattern, item]) =>
  Object.entries(item)
    .filter(([method]) => method !== 'parameters')
    .map(([method, operation]) => ({ pattern, method, operation })),
);

function matched(pattern: string, path: string): Readonly<Record<string, string>> | undefined {
  const expression = pattern.replaceAll(/\{(\w+)\}/g, '(?<$1>[^/]+)');
  const found = new RegExp(`^${expression}$`).exec(path);
  if (found === null) return undefined;
  return Object.fromEntries(Object.entries(found.groups ?? {}).map(([name, text]) => [name, decodeURIComponent(text)]));
}

/** `pagination[count]`, as the SDK sends it, and `pagination.count`, as the pages say, both nest. */
function queryOf(params: URLSearchParams): Record<string, unknown> {
  const query: Record<string, unknown> = {};
  for (const [name, value] of params) {
    const [, group, field] = /^(\w+)(?:\[(\w+)\]|\.(\w+))$/.exec(name)?.filter((each) => each !== undefined) ?? [];
    if (group === undefined || field === undefined) query[name] = value;
    else query[group] = { ...(query[group] as object), [field]: field === 'count' ? Number(value) : value };
  }
  return query;
}

function parametersOf({ parameters = [] }: Operation): readonly { parameter: Parameter; steps: readonly string[] }[] {
  return parameters.map((each, index) => {
    if (!('$ref' in each)) return { parameter: each, steps: ['parameters', String(index), 'schema'] };
    const name = each.$ref.split('/').at(-1) ?? '';
    const parameter = document.components.parameters[name];
    if (parameter === undefined) throw new Error(`openapi.yaml has no parameter ${name}`);
    return { parameter, steps: ['components', 'parameters', name, 'schema'] };
  });
}

function queryProblems({ pattern, method, operation }: Place, query: Record<string, unknown>): readonly string[] {
  const parameters = parametersOf(operation);
  const unknown = Object.keys(query).filter((name) => !parameters.some(({ parameter }) => parameter.name === name));
  return [
    ...unknown.map((name) => `the query has ${name}, which is not described`),
    ...parameters.flatMap(({ parameter: { name, required }, steps }) => {
      if (query[name] === undefined) return required ? [`the query has no ${name}`] : [];
      const at = steps[0] === 'components' ? steps : ['paths', pattern, method, ...steps];
      return faults(`query ${name}`, query[name], ...at);
    }),
  ];
}

function parseBody(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function bodyProblems({ pattern, method, operation }: Place, { contentType, text }: ApiRequest): readonly string[] {
  const { requestBody } = operation;
  if (requestBody === undefined) return text === '' ? [] : ['it has a body, and none is described'];
  const type = contentType?.split(';')[0] ?? '';
  if (requestBody.content[type] === undefined) return [`Content-Type ${type} is not described`];
  return faults('body', parseBody(text), 'paths', pattern, method, 'requestBody', 'content', type, 'schema');
}

/** The status of an operation's success. */
function successOf({ responses }: Operation): string {
  return Object.keys(responses).find((status) => status !== 'default') ?? '';
}

function acceptProblems({ operation }: Place, accept: string | undefined): readonly string[] {
  const types = operation.responses[successOf(operation)]?.content ?? {};
  return accept !== undefined && types[accept] !== undefined ? [] : [`Accept ${accept} is not described`];
}

/** @returns undefined for what the document has no operation for */
export function findOperation(request: ApiRequest): Found | undefined {
  const { pathname, searchParams } = new URL(request.target, 'http://localhost');
  for (const place of PLACES) {
    const path = matched(place.pattern, pathname);
    if (path === undefined || place.method !== request.method.toLowerCase()) continue;
    const query = queryOf(searchParams);
    const problems = [
      ...acceptProblems(place, request.accept),
      ...queryProblems(place, query),
      ...bodyProblems(place, request),
    ];
    const body = request.text === '' ? undefined : parseBody(request.text);
    return { id: place.operation.operationId, path, query, body, problems };
  }
  return undefined;
}

function placeOf(id: string): Place {
  const place = PLACES.find(({ operation }) => operation.operationId === id);
  if (place === undefined) throw new Error(`openapi.yaml has no operation ${id}`);
  return place;
}

/** The status that an operation succeeds with. */
export function statusOf(id: string): number {
  return Number(successOf(placeOf(id).operation));
}

/** What an answer of ours breaks. @param id `undefined`: of a request that is not described */
export function answerProblems(id: string | undefined, status: number, type: string, body: unknown): readonly string[] {
  if (status >= 400)
    return faults('answer', body, 'components', 'responses', 'Refused', 'content', 'application/json', 'schema');
  if (id === undefined) return ['it answers what is not described'];
  const { pattern, method, operation } = placeOf(id);
  const { content } = operation.responses[String(status)] ?? {};
  if (content?.[type] === undefined) return [`${id} answers ${status} ${type}, which is not described`];
  return faults('answer', body, 'paths', pattern, method, 'responses', String(status), 'content', type, 'schema');
}

/** Ids of all operations. */
export const OPERATIONS: readonly string[] = PLACES.map(({ operation }) => operation.operationId);
