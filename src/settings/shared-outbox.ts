// Finds what is wrong with the address of a shared outbox. Nothing here repeats it: it may hold a password.

import { Secret } from '../base/secret.js';

const FORM = 'postgres://user:password@host:5432/database';

/** Names that need no quotes, so that a person who looks at the database needs none; `pg_` is the database's own. */
const SCHEMA = /^(?!pg_)[a-z_][a-z0-9_]{0,62}$/;

/** @returns `undefined` for an address that can be used */
export function outboxUrlFault(text: string): string | undefined {
  if (!URL.canParse(text))
    return `OUTBOX_URL must be a URL: ${FORM}. In user and password write @ : / # ? % as %40 %3A %2F %23 %3F %25.`;
  const { protocol, pathname, hash } = new URL(text);
  if (protocol !== 'postgres:' && protocol !== 'postgresql:')
    return `OUTBOX_URL must be the address of a PostgreSQL database: ${FORM}`;
  // Its driver would take the name of the user for it.
  if (!/^\/[^/]+$/.test(pathname)) return `OUTBOX_URL must name a database: ${FORM}`;
  if (hash !== '') return 'OUTBOX_URL must not hold a fragment: write # as %23.';
  return undefined;
}

/** @returns `undefined` for a name that can be used */
export function schemaFault(name: string): string | undefined {
  return SCHEMA.test(name)
    ? undefined
    : 'OUTBOX_SCHEMA must be a name of small letters, digits and _, that begins with no digit and not with pg_, of at most 63.';
}

/** @returns `undefined` where there is none, or where the address cannot be used */
export function passwordIn(address: Secret): Secret | undefined {
  const text = address.reveal();
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  // Its driver takes one that is a parameter for the password, too, and before the other.
  const parameter = url.searchParams.get('password') ?? '';
  if (parameter !== '') return new Secret(parameter);
  const { password } = url;
  if (password === '') return undefined;
  try {
    return new Secret(decodeURIComponent(password));
  } catch {
    return new Secret(password);
  }
}
