// Turns the secretKey of a settings document into the key: the string itself, `env:NAME` or `file:PATH`.

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Secret } from '../base/secret.js';
import { codeOf } from '../base/system-error.js';
import type { Environment } from './environment.js';
import { findKeyMistake } from './mistakes/key-text.js';

/** Where a key is kept. */
export interface SecretReference {
  readonly kind: 'env' | 'file';
  /** The variable's name, or the file's absolute path. */
  readonly name: string;
}

/** A key, or what is in its way. */
export type SecretText = { readonly value: string } | { readonly problem: string };

/** Looks a reference up. The problem is worded to follow the reference: `is not set`. */
export type ReadSecret = (reference: SecretReference) => SecretText;

const MAX_KEY_LENGTH = 512;

/** Reads these environment variables and this machine's files, without the white space around the key. */
export function createSecretReader(environment: Environment): ReadSecret {
  return ({ kind, name }) => {
    if (kind === 'env') {
      const value = environment[name];
      return value === undefined ? { problem: 'is not set' } : { value: value.trim() };
    }
    try {
      return { value: readFileSync(name, 'utf8').trim() };
    } catch (error) {
      return { problem: `cannot be read (${codeOf(error)})` };
    }
  };
}

/** The same with this process's environment. */
export const readLocalSecret: ReadSecret = (reference) => createSecretReader(process.env)(reference);

/** A look-up that was made. */
export interface SecretReading {
  readonly reference: SecretReference;
  readonly text: SecretText;
}

/** The same look-ups, each of which is added to `readings`. */
export function recordSecrets(read: ReadSecret, readings: SecretReading[]): ReadSecret {
  return (reference) => {
    const text = read(reference);
    readings.push({ reference, text });
    return text;
  };
}

/** Anyone who runs a config service could otherwise read any file of this machine, by sending it to a URL of its choice as the key. */
export function withoutFiles(read: ReadSecret): ReadSecret {
  return (reference) =>
    reference.kind === 'env'
      ? read(reference)
      : { problem: 'is refused: a config service cannot name files of this machine. Use env:NAME' };
}

/** For what a config service says, with this process's environment. */
export const readRemoteSecret: ReadSecret = /* @__PURE__ */ withoutFiles(readLocalSecret);

/** As much of a reference as tells it from others. */
const MAX_REFERENCE = 400;

/** Looks nothing up, where no one needs the keys. Another one for each reference, so that two workspaces do not seem to have the same. */
export const notNeeded: ReadSecret = ({ kind, name }) => ({
  value: `[${kind}:${name.replace(/[^\x21-\x7e]/g, '_').slice(-MAX_REFERENCE)}]`,
});

/** The text with whatever looks like a Statsig key taken out: for names that a person may have mixed up with the key. */
export function withoutKeys(text: string): string {
  return text.replace(/\b(secret|console|client)-\w{20,}/g, '[redacted]');
}

/** The key of a secretKey setting, or a problem that names the reference and never the key. */
export interface ResolvedSecretKey {
  readonly secret?: Secret;
  readonly problem?: string;
  /** Absolute path of the file that holds the key, readable or not. */
  readonly file?: string;
}

/** @param directory what a relative PATH starts from */
export function resolveSecretKey(secretKey: string, directory: string, read: ReadSecret): ResolvedSecretKey {
  const reference = parseReference(secretKey, directory);
  if (reference === undefined) return checked(secretKey, '');
  if ('problem' in reference) return reference;
  const file = reference.kind === 'file' ? { file: reference.name } : {};
  const subject = `${withoutKeys(secretKey)} `;
  const text = read(reference);
  return 'problem' in text
    ? { ...file, problem: subject + text.problem }
    : { ...file, ...checked(text.value, subject) };
}

function parseReference(
  secretKey: string,
  directory: string,
): SecretReference | { readonly problem: string } | undefined {
  if (secretKey.startsWith('env:')) {
    const name = secretKey.slice(4);
    return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name)
      ? { kind: 'env', name }
      : { problem: 'env: must be followed by the name of an environment variable: env:STATSIG_KEY' };
  }
  if (secretKey.startsWith('file:')) {
    const path = secretKey.slice(5);
    return path === ''
      ? { problem: 'file: must be followed by a path: file:/run/secrets/statsig' }
      : { kind: 'file', name: resolve(directory, path) };
  }
  return undefined;
}

/** Fetch would repeat a key that it cannot send as a header in its error. */
function checked(key: string, subject: string): ResolvedSecretKey {
  if (key === '') return { problem: `${subject}is empty` };
  if (key.length > MAX_KEY_LENGTH)
    return { problem: `${subject}holds more than ${MAX_KEY_LENGTH} characters, which is no key` };
  const mistake = findKeyMistake(key);
  if (mistake !== undefined) return { problem: subject + mistake };
  if (!/^[\x21-\x7e]+$/.test(key))
    return { problem: `${subject}holds white space or other characters that a key cannot have` };
  return { secret: new Secret(key) };
}
