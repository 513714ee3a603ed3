// How ajv checks requests of operators.

import type { Options } from 'ajv';

/** Text becomes the number or the boolean that it means, and one value the list of it. */
export const QUERY_OPTIONS: Options = { coerceTypes: 'array', useDefaults: true, allowUnionTypes: true };

export const BODY_OPTIONS: Options = { useDefaults: true, allowUnionTypes: true };
