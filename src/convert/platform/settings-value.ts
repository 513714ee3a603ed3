// Reads settings in as few bytes as it takes: names, types and choices are checked, lengths and patterns are not. `npx statsig-cdp check` and `parseSettings` of `statsig-cdp` check the rest.

import { Secret } from '../../base/secret.js';
import { isJsonObject } from '../../model/segment-event.js';
import type { DocumentSecret } from '../../settings/document-secrets.js';
import type { ValueSchema } from '../../settings/manifest/model.js';
import { manifest } from '../../settings/manifest.js';
import type { ReadSecret } from '../../settings/secret-reference.js';
import type { WorkspaceSettings } from '../../settings/settings.generated.js';
import type { SettingsPath } from '../../settings/settings-path.js';

/** A fault, or a secret that was found. */
interface Finding extends DocumentSecret {
  /** Of a fault. Never holds the value. */
  readonly message?: string;
}

/** As the schema is written for it (scripts/library/compact-settings.ts): where nothing is said it is a string, a list or an object. */
type CompactSchema = Omit<ValueSchema, 'type'> & { readonly type?: ValueSchema['type'] };

/** Whether a value is of a type. */
function isOfType(type: ValueSchema['type'], value: unknown): boolean {
  if (type === 'object') return isJsonObject(value);
  if (type === 'array') return Array.isArray(value);
  return type === 'integer' ? Number.isInteger(value) : typeof value === type;
}

function findSecret(at: SettingsPath, text: string, readSecret: ReadSecret): Finding {
  const [, kind, name = ''] = /^(env|file):(.*)$/.exec(text) ?? [];
  const read = kind === 'env' || kind === 'file' ? readSecret({ kind, name }) : { value: text };
  if ('problem' in read) return { at, problem: `${kind}:${name} ${read.problem}` };
  return /^[\x21-\x7e]+$/.test(read.value) ? { at, secret: new Secret(read.value) } : { at, problem: 'is no key' };
}

function* findingsOf(
  { type, enum: choices, minItems = 0, items, properties, required = [], secret }: CompactSchema,
  value: unknown,
  at: SettingsPath,
  readSecret: ReadSecret,
): Generator<Finding, void> {
  const wanted = type ?? (properties ? 'object' : items ? 'array' : 'string');
  if (!isOfType(wanted, value)) yield { at, message: `must be of the type ${wanted}` };
  else if (choices !== undefined && !choices.includes(String(value)))
    yield { at, message: `must be one of ${choices}` };
  else if (secret) yield findSecret(at, String(value), readSecret);
  else if (Array.isArray(value)) {
    if (value.length < minItems) yield { at, message: 'must not be empty' };
    for (const [index, item] of items ? value.entries() : [])
      if (items !== undefined) yield* findingsOf(items, item, [...at, index], readSecret);
  } else if (isJsonObject(value)) {
    for (const name of required) if (!(name in value)) yield { at: [...at, name], message: 'is missing' };
    for (const name of Object.keys(value)) {
      const known = Object.hasOwn(properties ?? {}, name) ? properties?.[name] : undefined;
      if (known === undefined) yield { at: [...at, name], message: 'is not a setting' };
      else yield* findingsOf(known, value[name], [...at, name], readSecret);
    }
  }
}

/** What `readSettingsValue` of the process finds of settings without faults. */
export function readSettingsValue(value: unknown, _directory: string, readSecret: ReadSecret) {
  const findings = [...findingsOf(manifest.settings, value, [], readSecret)];
  return {
    invalid: findings.flatMap(({ at, message }) => (message === undefined ? [] : [{ path: at.join('.'), message }])),
    settings: value as WorkspaceSettings,
    secrets: findings.filter(({ message }) => message === undefined),
    mistakes: [],
  };
}
