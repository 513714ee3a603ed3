// Writes src/operate/api/requests.generated.ts: the schemas by which requests of operators are checked.

import type { DescribedRoute } from './described-routes.js';

/** What is for people, the process does not carry along. A field of this name has a schema, which is an object. */
function withoutWords(name: string, value: unknown): unknown {
  return name === 'description' && typeof value === 'string' ? undefined : value;
}

/** The text of the module. */
export function requestSchemas(routes: readonly DescribedRoute[]): string {
  const checked = routes.filter(({ role }) => role !== undefined);
  const entries = checked.map(({ name, role, query, body }) => [
    name,
    { role, ...(query && { query }), ...(body && { body }) },
  ]);
  return `// Generated from src/operate/*/shapes.ts by \`npm run generate\`. Do not edit.

import type { RequestSchemas } from './request-schemas.js';

export const REQUESTS: RequestSchemas = ${JSON.stringify(Object.fromEntries(entries), withoutWords, 2)};
`;
}
