// Says whether queries and bodies are as their routes declare them.

import type { ValidateFunction } from 'ajv';
import { createAjv } from '../../settings/manifest/ajv.js';
import { BODY_OPTIONS, QUERY_OPTIONS } from './check-options.js';
import { REQUESTS } from './requests.generated.js';

/** What is checked: `query` has strings in it, which become what they mean. */
export type Part = 'query' | 'body';

const OPTIONS = { query: QUERY_OPTIONS, body: BODY_OPTIONS };

const compiled = new Map<string, ValidateFunction>();

/** Compiled here when it is asked for; in the bundle it is the code that ajv wrote. `undefined` where the route takes no such part. */
export function requestCheck(name: string, part: Part): ValidateFunction | undefined {
  const schema = REQUESTS[name]?.[part];
  if (schema === undefined) return undefined;
  const key = `${name} ${part}`;
  let check = compiled.get(key);
  if (check === undefined) {
    check = createAjv(OPTIONS[part]).compile(schema);
    compiled.set(key, check);
  }
  return check;
}
