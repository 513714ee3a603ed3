// Writes the TypeScript interface of a settings document from its JSON Schema.

import { createRequire } from 'node:module';
import type { Manifest, ValueSchema } from '../src/settings/manifest/model.js';

/** What is used of json-schema-to-typescript. Its own types do not compile under this project's strict settings. */
interface TypeWriter {
  compile(
    schema: object,
    name: string,
    options: { bannerComment: string; style: { printWidth: number; singleQuote: boolean } },
  ): Promise<string>;
}

const { compile }: TypeWriter = createRequire(import.meta.url)('json-schema-to-typescript');

/** The text of src/settings/settings.generated.ts. */
export function settingsTypes({ settings }: Manifest): Promise<string> {
  const { title, description } = settings;
  const properties = documentedParts(settings.properties);
  return compile({ title, description, type: 'object', additionalProperties: false, properties }, title, {
    bannerComment: '// Generated from manifest.json by `npm run generate`. Do not edit.',
    style: { printWidth: 120, singleQuote: true },
  });
}

/** Without titles, which would become the names of types of their own, and with each default in its comment. */
function documented({ title: _title, ...schema }: ValueSchema): object {
  const { description, default: value, items, properties } = schema;
  const told = [description ?? [], value === undefined ? [] : `Default: \`${JSON.stringify(value)}\`.`].flat();
  return {
    ...schema,
    ...(told.length === 0 ? {} : { description: told.join('\n\n') }),
    ...(items === undefined ? {} : { items: documented(items) }),
    ...(properties === undefined ? {} : { properties: documentedParts(properties) }),
  };
}

function documentedParts(parts: Readonly<Record<string, ValueSchema>>): Readonly<Record<string, object>> {
  return Object.fromEntries(Object.entries(parts).map(([name, schema]) => [name, documented(schema)]));
}
