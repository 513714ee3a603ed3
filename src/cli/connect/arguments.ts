// Reads what all ways of connecting are given on the command line.

import { InvalidArgumentError } from 'commander';
import { listWorkspaces } from '../../connect/settings-file.js';
import { CommandError } from '../running-process.js';

const ID = /^[A-Za-z0-9_-]{1,64}$/;

/** Of an address, without slashes at its end. @throws InvalidArgumentError */
export function toBaseUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (
    url === undefined ||
    !/^https?:$/.test(url.protocol) ||
    url.search !== '' ||
    url.hash !== '' ||
    url.username !== ''
  )
    throw new InvalidArgumentError('It must be an address such as https://YOUR-HOST, without a query.');
  return url.href.replace(/(?<!\/)\/+$/, '');
}

/** Of the id of a settings document. @throws InvalidArgumentError */
export function toId(text: string): string {
  if (!ID.test(text)) throw new InvalidArgumentError('It may hold letters, digits, _ and -, at most 64.');
  return text;
}

/** Of where a secret is kept. @throws InvalidArgumentError */
export function toReference(text: string): string {
  // Other users of the machine see the command lines of programs.
  if (!/^(?:env:[A-Za-z_][A-Za-z0-9_]*|file:.+)$/.test(text))
    throw new InvalidArgumentError('It must be env:NAME or file:PATH, never the secret itself.');
  return text;
}

/** The workspace that is named, else the only one that there is, or a first one. @throws CommandError where there are several */
export async function workspaceOf(named: string | undefined, location: string): Promise<string> {
  if (named !== undefined) return named;
  const ids = await listWorkspaces(location);
  if (ids.length > 1) throw new CommandError(`Say which workspace is connected (--workspace): ${ids.join(', ')}.`);
  return ids[0] ?? 'default';
}
