// Where a command gets a token from: a file, a variable, or a person who types it unseen. Never an option's value: other users of the machine see command lines.

import { readFile } from 'node:fs/promises';
import { replacePrivateFile } from '../../base/private-files.js';
import { Secret } from '../../base/secret.js';
import { codeOf } from '../../base/system-error.js';
import { askUnseen } from '../ask-line.js';
import { CommandError } from '../running-process.js';

/** Which token, and how it may be had. */
export interface WantedToken {
  /** As in `Public API token of Segment`. */
  readonly what: string;
  /** Environment variable that may hold it. */
  readonly variable: string;
  /** File that holds it. */
  readonly file: string | undefined;
  /** The option that names the file. Default: `--token-file`. */
  readonly option?: string;
  /** File that it is kept in (`--keep-token`), for next time. */
  readonly keep?: string | undefined;
}

/** @throws CommandError */
export async function readTokenFile(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new CommandError(`${file} cannot be read (${codeOf(error)}).`);
  }
}

async function find({ what, variable, file, option = '--token-file' }: WantedToken): Promise<string> {
  if (file !== undefined) return readTokenFile(file);
  const given = process.env[variable];
  if (given !== undefined && given.trim() !== '') return given;
  if (process.stdin.isTTY) return askUnseen(`${what} (it is not shown): `);
  throw new CommandError(`No ${what}: name a file that holds it (${option}), or set ${variable}.`);
}

/** @throws CommandError where there is none */
export async function readToken(wanted: WantedToken): Promise<Secret> {
  const text = (await find(wanted)).trim();
  if (text === '') throw new CommandError(`No ${wanted.what} was given.`);
  const token = new Secret(text);
  const { keep } = wanted;
  if (keep !== undefined)
    await replacePrivateFile(keep, `${text}\n`).catch((error) => {
      throw new CommandError(`${keep} cannot be written (${codeOf(error)}).`);
    });
  return token;
}
