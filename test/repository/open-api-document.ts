// Reads openapi.json for tests: which operation a request is for, and whether an answer is as it says.

import { readFileSync } from 'node:fs';
import type { ErrorObject, ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { closed, type Schema } from '../../scripts/openapi/schema.js';

interface Media {
  readonly schema: Schema;
}

interface Response {
  readonly $ref?: string;
  readonly content?: Readonly<Record<string, Media>>;
}

/** One operation. */
export interface Operation {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly security: readonly object[];
  readonly requestBody?: { readonly content: Readonly<Record<string, Media>> };
  readonly responses: Readonly<Record<string, Response>>;
  readonly 'x-role'?: 'read' | 'write' | 'none';
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, Schema>>;
    readonly responses: Readonly<Record<string, Response>>;
  };
}

/** The document of this package. */
export const openApi: Document = JSON.parse(
  readFileSync(new URL(import.meta.resolve('statsig-cdp/openapi.json')), 'utf8'),
);

/** As `GET /v1/projects/{writeKey}/settings`. */
export const operations: ReadonlyMap<string, Operation> = new Map(
  Object.entries(openApi.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => [`${method.toUpperCase()} ${path}`, operation] as const),
  ),
);

/** The operation for a request. @param path without a query */
export function operationFor(method: string, path: string): Operation | undefined {
  const found = [...operations].filter(([name]) => {
    const [ofMethod, pattern = ''] = name.split(' ');
    const expression = pattern.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+');
    return ofMethod === method && new RegExp(`^${expression}$`).test(path);
  });
  // A path without parameters is found first.
  return found.sort(([a], [b]) => a.split('{').length - b.split('{').length)[0]?.[1];
}

const ajv = new Ajv2020({ strict: false, allErrors: false, verbose: true });
// An answer that holds more than is said would not be described.
ajv.addSchema(
  {
    $id: 'openapi',
    components: {
      schemas: Object.fromEntries(
        Object.entries(openApi.components.schemas).map(([name, schema]) => [
          name,
          name === 'Error' ? schema : closed(schema),
        ]),
      ),
    },
  },
  'openapi',
);

const compiled = new WeakMap<object, ValidateFunction>();

function checkOf(schema: Schema): ValidateFunction {
  let check = compiled.get(schema);
  if (check === undefined) {
    const text = JSON.stringify(schema.allOf === undefined ? closed(schema) : schema);
    check = ajv.compile(JSON.parse(text.replaceAll('"#/components/', '"openapi#/components/')));
    compiled.set(schema, check);
  }
  return check;
}

function worded(errors: readonly ErrorObject[] | null | undefined): string {
  return (errors ?? [])
    .map(({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`)
    .join('; ');
}

/** @returns what is wrong with a value; `undefined` where it is as described */
export function faultOf(media: Media | undefined, value: unknown): string | undefined {
  if (media === undefined) return 'not described';
  const check = checkOf(media.schema);
  return check(value) ? undefined : worded(check.errors);
}

/** The description of an answer's body, by its status and the beginning of its content type. */
export function answerOf(operation: Operation, status: number, contentType: string): Media | undefined {
  const response = operation.responses[String(status)] ?? operation.responses.default;
  const name = response?.$ref?.split('/').at(-1);
  const { content } = (name === undefined ? response : openApi.components.responses[name]) ?? {};
  return content?.[contentType.split(';')[0] ?? ''];
}
