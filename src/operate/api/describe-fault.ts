// Words what is wrong with a request: where, and what would be right.

import type { ErrorObject } from 'ajv';
import { findNearestName } from '../../settings/nearest-name.js';
import type { Part } from './request-checks.js';
import type { RequestSchema } from './request-schemas.js';

const TYPES: Readonly<Record<string, string>> = {
  string: 'a string',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
};

/** `a`, `a or b`, `a, b or c`. */
function alternatives(words: readonly string[]): string {
  const last = words.at(-1) ?? '';
  return words.length < 2 ? last : `${words.slice(0, -1).join(', ')} or ${last}`;
}

/** What an alternative looks like: `{token}`, `a string`. */
function formOf({ required = [], properties, type, const: value }: RequestSchema): string {
  if (value !== undefined) return JSON.stringify(value);
  if (properties !== undefined) return `{${(required.length > 0 ? required : Object.keys(properties)).join(', ')}}`;
  return TYPES[String(type)] ?? String(type);
}

/** `body.keys[0]` for `/keys/0`. */
function placeOf(part: Part, pointer: string): string {
  const steps = pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
  return part + steps.map((step) => (/^\d+$/.test(step) ? `[${step}]` : `.${step}`)).join('');
}

/** The schema that a path of ajv leads to, which ends in the keyword that was broken. */
function schemaAt(schema: RequestSchema, schemaPath: string): RequestSchema {
  const steps = schemaPath.split('/').slice(1, -1).map(decodeURIComponent);
  let at: unknown = schema;
  for (const step of steps) at = typeof at === 'object' && at !== null ? Reflect.get(at, step) : undefined;
  return typeof at === 'object' && at !== null ? (at as RequestSchema) : {};
}

/** @param errors of ajv, the first of which is told; where none of several forms fits, it is the last */
export function describeFault(part: Part, schema: RequestSchema, errors: readonly ErrorObject[]): string {
  const error = errors.at(-1)?.keyword === 'anyOf' ? errors.at(-1) : errors[0];
  if (error === undefined) return `${part} is not as it should be`;
  const place = placeOf(part, error.instancePath);
  const { keyword, params, schemaPath } = error;
  const at = schemaAt(schema, schemaPath);
  switch (keyword) {
    case 'required':
      return `${place}.${params.missingProperty} is missing`;
    case 'additionalProperties': {
      const names = Object.keys(at.properties ?? {});
      const unknown = String(params.additionalProperty).slice(0, 100);
      const nearest = findNearestName(unknown, names);
      const meant = names.length === 0 ? 'nothing may stand here' : `it may have ${alternatives(names)}`;
      return `${place}.${unknown} is not known: ${nearest === undefined ? meant : `did you mean ${nearest}?`}`;
    }
    case 'type':
      return `${place} must be ${alternatives([params.type].flat().map((type) => TYPES[type] ?? type))}`;
    case 'enum':
      return `${place} must be ${alternatives(params.allowedValues)}`;
    case 'const':
      return `${place} must be ${JSON.stringify(params.allowedValue)}`;
    case 'anyOf':
      return `${place} must be ${alternatives((at.anyOf ?? []).map(formOf))}`;
    default:
      return `${place} ${error.message}`;
  }
}
