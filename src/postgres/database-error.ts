// Says what a fault of the database means: whether anything was stored, and what to do about it.

import { codeOf, messageOf } from '../base/system-error.js';

/**
 * What is known of the statements that failed. `not stored`: nothing was sent, or the server said no. `unknown`: the connection was cut, or silent, after they
 * were sent, or the server committed without the standby that it is to wait for.
 */
export type Outcome = 'not stored' | 'unknown';

/** A statement that failed. The message is for people and logs: it holds host, user and names of objects at most, neither the password nor values. */
export class DatabaseError extends Error {
  /** SQLSTATE (`53300`), the system's name (`ECONNREFUSED`), or one of ours in capitals (`TIMEOUT`). */
  readonly code: string;
  readonly outcome: Outcome;
  /** The server said no, and takes the next statement. */
  readonly isAnswered: boolean;

  constructor(code: string, text: string, outcome: Outcome, isAnswered = false) {
    super(text);
    this.name = 'DatabaseError';
    this.code = code;
    this.outcome = outcome;
    this.isAnswered = isAnswered;
  }
}

const NAME_AUTHORITY = 'Name the certificate of its authority as sslrootcert in OUTBOX_URL.';

/** What to do about it, where the words of the server do not say. */
const FIXES: Readonly<Record<string, string>> = {
  '25006': 'It is a standby or set to read only: OUTBOX_URL must lead to the primary.',
  '26000': 'Is there a pooler in transaction mode between? Use its session mode.',
  '28000': 'Correct user and password in OUTBOX_URL, or the pg_hba.conf of the server.',
  '28P01': 'Correct user and password in OUTBOX_URL.',
  '3D000': 'Create it, or correct OUTBOX_URL.',
  '42501': 'Grant the right to the role of OUTBOX_URL.',
  '42P05': 'Is there a pooler in transaction mode between? Use its session mode.',
  '53100': 'Make room on the disk of the database.',
  '53300': 'Raise max_connections of the server, or run fewer replicas.',
  '57P03': 'It starts, stops or recovers: this passes.',
  DEPTH_ZERO_SELF_SIGNED_CERT: NAME_AUTHORITY,
  ECONNREFUSED: 'Is the server started, and are its address and port those of OUTBOX_URL?',
  ENOTFOUND: 'Correct the host in OUTBOX_URL.',
  ERR_TLS_CERT_ALTNAME_INVALID: 'OUTBOX_URL must name the server as its certificate does.',
  SELF_SIGNED_CERT_IN_CHAIN: NAME_AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: NAME_AUTHORITY,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: NAME_AUTHORITY,
};

/** What `pg` says itself has no code. */
const OWN_WORDS: ReadonlyMap<string, readonly [code: string, text: string]> = new Map([
  ['Query read timeout', ['TIMEOUT', 'the database does not answer in time']],
  ['timeout expired', ['TIMEOUT', 'the database takes no connection in time']],
  ['timeout exceeded when trying to connect', ['TIMEOUT', 'the database takes no connection in time']],
  ['Connection terminated due to connection timeout', ['TIMEOUT', 'the database takes no connection in time']],
  ['Connection terminated unexpectedly', ['ENDED', 'the connection to the database ended']],
  ['Connection terminated', ['ENDED', 'the connection to the database ended']],
  [
    'The server does not support SSL connections',
    [
      'TLS_OFF',
      'the server has no TLS, which sslmode of OUTBOX_URL asks for: switch it on there, or set sslmode=disable',
    ],
  ],
]);

/** Values of the statement stand in the messages of these: wrong data, violated constraints. */
const WITH_VALUES = /^2[23]/;

/** What `pg` gives an error of the server beside its message. */
interface ServerError extends Error {
  readonly code: string;
  readonly severity: string;
}

/** A SQLSTATE and a severity are the server's: it answered. */
function isServerError(error: unknown): error is ServerError {
  return (
    error instanceof Error &&
    'severity' in error &&
    typeof error.severity === 'string' &&
    /^[0-9A-Z]{5}$/.test(codeOf(error))
  );
}

/** What ends the session is no ERROR, but FATAL. */
function isRefusal(error: unknown): boolean {
  return isServerError(error) && error.severity === 'ERROR';
}

function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const fix = FIXES[codeOf(error)];
  const said = isServerError(error) && WITH_VALUES.test(error.code) ? 'it refuses a value' : error.message;
  // Of several addresses that refuse, Node says nothing but the code.
  const words = said === '' ? codeOf(error) : said;
  return fix === undefined ? words : `${words.replace(/\.?$/, '.')} ${fix}`;
}

/**
 * @param error of `pg`, of the system, or one of these already
 * @param wasSent the statement, or for a transaction its COMMIT
 */
export function toDatabaseError(error: unknown, wasSent: boolean): DatabaseError {
  if (error instanceof DatabaseError) return error;
  const [code, text] = OWN_WORDS.get(messageOf(error)) ?? [codeOf(error), textOf(error)];
  const isAnswered = isRefusal(error);
  return new DatabaseError(code, text, wasSent && !isAnswered ? 'unknown' : 'not stored', isAnswered);
}

/** Another transaction was in the way; the same statements may pass now. */
export function isCollision(error: unknown): boolean {
  return error instanceof DatabaseError && (error.code === '40P01' || error.code === '40001');
}

/** For people and logs. */
export function toProblem(error: unknown): string {
  return error instanceof DatabaseError ? `${error.code}: ${error.message}` : messageOf(error);
}
