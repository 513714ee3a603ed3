// Writes the TypeScript interface of a settings document from its JSON Schema.

import { createRequire } from 'node:module';
import type { Manifest, SettingSchema } from '../src/manifest.js';

/** What is used of json-schema-to-typescript. Its own types do not compile under this project's strict settings. */
interface TypeWriter {
  compile(
    schema: object,
    name: string,
    options: { bannerComment: string; style: { printWidth: number; singleQuote: boolean } },
  ): Promise<string>;
}

const { compile }: TypeWriter = createRequire(import.meta.url)('json-schema-to-typescript');

/** The text of src/workspace/settings.generated.ts. */
export function settingsTypes({ settings }: Manifest): Promise<string> {
  const { title, description } = settings;
  const properties = Object.fromEntries(
    Object.entries(settings.properties).map(([name, setting]) => [name, documented(setting)]),
  );
  return compile({ title, description, type: 'object', additionalProperties: false, properties }, title, {
    bannerComment: '// Generated from manifest.json by `npm run generate`. Do not edit.',
    style: { printWidth: 120, singleQuote: true },
  });
}

/** Without its title, which would become the name of a type of its own, and with its default in the comment. */
function documented(setting: SettingSchema): object {
  const { description } = setting;
  const told =
    setting.default === undefined ? description : `${description}\n\nDefault: \`${JSON.stringify(setting.default)}\`.`;
  return { ...withoutTitles(setting), description: told };
}

function withoutTitles(schema: object): object {
  const { title: _title, ...rest }: { title?: unknown; items?: object; properties?: Readonly<Record<string, object>> } =
    schema;
  const { items, properties } = rest;
  return {
    ...rest,
    ...(items === undefined ? {} : { items: withoutTitles(items) }),
    ...(properties === undefined
      ? {}
      : {
          properties: Object.fromEntries(Object.entries(properties).map(([key, value]) => [key, withoutTitles(value)])),
        }),
  };
}
