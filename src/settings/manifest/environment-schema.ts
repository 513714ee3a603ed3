// JSON Schema of the environment variables that the manifest declares.

import type { EnvironmentVariable } from './model.js';

/** What a variable may be, once its text is read as the declared type. */
export function valueSchemaOf({ type, enum: values, minimum, maximum }: EnvironmentVariable): object {
  return {
    type,
    ...(values !== undefined && { enum: values }),
    ...(minimum !== undefined && { minimum }),
    ...(maximum !== undefined && { maximum }),
  };
}

/** The values of variables by name. */
export function environmentSchema(variables: readonly EnvironmentVariable[]): object {
  return {
    type: 'object',
    properties: Object.fromEntries(variables.map((variable) => [variable.name, valueSchemaOf(variable)])),
  };
}
