// What is checked of a request for operators.

import type { Role } from '../access/shapes.js';

/** As much of a JSON Schema as the words for a fault need. */
export interface RequestSchema {
  readonly anyOf?: readonly RequestSchema[];
  readonly items?: RequestSchema;
  readonly properties?: Readonly<Record<string, RequestSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | RequestSchema;
  readonly [keyword: string]: unknown;
}

/** Of one route. */
export interface RequestSchemasOfRoute {
  readonly role: Role | 'none';
  readonly query?: RequestSchema;
  readonly body?: RequestSchema;
}

/** By the names of the routes. */
export type RequestSchemas = Readonly<Record<string, RequestSchemasOfRoute>>;
