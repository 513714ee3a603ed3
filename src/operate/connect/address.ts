// Addresses that a person enters.

import { ConnectError } from '../../connect/connection.js';

/** @param name of what it is, for people @returns it without a slash at its end @throws ConnectError unless it is one of the web */
export function withoutSlash(name: string, text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (
    url === undefined ||
    !['http:', 'https:'].includes(url.protocol) ||
    url.search !== '' ||
    url.hash !== '' ||
    url.username !== '' ||
    url.password !== ''
  )
    throw new ConnectError(
      'settings',
      `${name} has to be one as https://example.com, without a user, a query or a fragment.`,
    );
  return url.href.replace(/(?<!\/)\/+$/, '');
}
