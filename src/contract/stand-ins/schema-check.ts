// Checks bodies by the published schemas.

import { Ajv, type AnySchema } from 'ajv';
import addFormats from 'ajv-formats';

const ajv = new Ajv({ strict: true, strictTypes: false, allErrors: true });
addFormats.default(ajv);

/** What is wrong with a value by a schema, a sentence each; none when nothing is. */
export type SchemaCheck = (value: unknown) => readonly string[];

/** @param name how the value is called in what is said of it */
export function createSchemaCheck(schema: AnySchema, name: string): SchemaCheck {
  const check = ajv.compile(schema);
  return (value) => {
    if (check(value)) return [];
    return (check.errors ?? []).map(({ instancePath, message }) => `${name}${instancePath} ${message}`);
  };
}
