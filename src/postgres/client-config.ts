// What `pg` is told of where the database is.

import { randomBytes } from 'node:crypto';
import pg from 'pg';
import type { Secret } from '../base/secret.js';
import { DatabaseError } from './database-error.js';

/** Of `sslmode`. libpq's others mean "with TLS if the server likes", which protects from nothing. */
const TLS_MODES = new Set(['disable', 'require', 'verify-ca', 'verify-full', 'no-verify']);

/** By it each process finds its connections in `pg_stat_activity`. */
const APPLICATION_NAME = `statsig-cdp ${randomBytes(4).toString('hex')}`;

const KEEP_ALIVE_MS = 5_000;

const refuse = (text: string) => new DatabaseError('URL_INVALID', `OUTBOX_URL ${text}`, 'not stored');

function connectionStringOf(text: string): string {
  if (!/^postgres(?:ql)?:\/\//.test(text)) throw refuse('does not begin with postgres://');
  const mode = /[?&]sslmode=([^&#]*)/.exec(text)?.[1];
  if (mode === undefined) return text;
  if (!TLS_MODES.has(mode)) throw refuse(`needs an sslmode of ${[...TLS_MODES].join(', ')}`);
  // `pg` takes `require` for `verify-full` until its next version. Everyone else reads such a URL as libpq does.
  return mode === 'no-verify' ? text : `${text}&uselibpqcompat=true`;
}

/**
 * @param url `postgres://USER:PASSWORD@HOST:PORT/DATABASE?sslmode=…`, with `?host=/var/run/postgresql` for a unix socket. `sslmode` means what libpq means by it
 * @throws DatabaseError `URL_INVALID`, without the URL
 */
export function clientConfigOf(url: Secret): pg.ClientConfig {
  const config = {
    connectionString: connectionStringOf(url.reveal()),
    application_name: APPLICATION_NAME,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
  };
  try {
    // Reads the URL and the files that it names.
    new pg.Client(config);
  } catch (error) {
    if (error instanceof Error && error.message.startsWith('SECURITY WARNING')) {
      throw refuse('has sslmode=verify-ca, which needs sslrootcert');
    }
    throw refuse(
      'cannot be read: percent-encode special characters of the password, and name files of certificates that are there',
    );
  }
  return config;
}
