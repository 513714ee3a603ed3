// Says of each setting what a form needs to know, as the manifest declares it.

import type { ValueSchema } from '../../settings/manifest/model.js';
import { manifest } from '../../settings/manifest.js';
import type { SettingInfo } from './shapes.js';

function* describe(schema: ValueSchema, path: string): Generator<readonly [string, SettingInfo], void> {
  const { description, default: given, minimum, maximum, secret } = schema;
  const choices = schema.enum ?? schema.items?.enum;
  if (path !== '')
    yield [
      path,
      {
        description: description ?? '',
        ...(given !== undefined && { default: given }),
        ...(choices !== undefined && { choices }),
        ...(minimum !== undefined && { minimum }),
        ...(maximum !== undefined && { maximum }),
        ...(secret && { secret }),
      },
    ];
  for (const [name, part] of Object.entries(schema.properties ?? {}))
    yield* describe(part, path === '' ? name : `${path}.${name}`);
  if (schema.items?.properties !== undefined) yield* describe(schema.items, `${path}[]`);
}

/** By the settings' paths: `outbound.targets[].host`. */
export const FORM: Readonly<Record<string, SettingInfo>> = Object.fromEntries(describe(manifest.settings, ''));
