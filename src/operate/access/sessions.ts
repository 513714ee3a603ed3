// Sessions of browsers: a signed cookie each, so that a restart ends none and nothing is kept of them while they last.

import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Secret } from '../../base/secret.js';
import type { EpochMs } from '../../base/time.js';
import type { Role } from './shapes.js';

/** Half a day: longer than a shift. */
export const LASTS_MS = 12 * 60 * 60 * 1000;

/** A browser sends one. A page of another port of this machine can add more. */
const MAX_COOKIES = 4;

/** What a cookie says once its signature is right. */
export interface Session {
  readonly role: Role;
  readonly id: string;
  readonly expiresAt: EpochMs;
}

/** The tokens in force, by what they let somebody do. */
export type Tokens = Readonly<Partial<Record<Role, Secret>>>;

/** The key of one role comes from the token of that role alone: who has the read token could else try out write tokens without asking us. */
function sign(text: string, token: Secret): Buffer {
  const key = createHmac('sha256', token.reveal()).update('statsig-cdp session').digest();
  return createHmac('sha256', key).update(text).digest();
}

/** Cookies belong to a host, not to a port: with the port in its name that of another process on this machine stays as it is. */
function nameFor({ socket }: IncomingMessage): string {
  return `statsig_cdp_${socket.localPort ?? 0}`;
}

/** Makes a session. @param expiresAt in ms since 1970 @returns the value of its cookie, with the session */
export function makeSession(role: Role, token: Secret, expiresAt: EpochMs): { session: Session; cookie: string } {
  const session = { role, id: randomBytes(12).toString('base64url'), expiresAt };
  const text = `${role}.${expiresAt}.${session.id}`;
  return { session, cookie: `${text}.${sign(text, token).toString('base64url')}` };
}

/** The session of a cookie's value; `undefined` unless the token of its role signed it. It may be over. */
export function readSession(cookie: string, tokens: Tokens): Session | undefined {
  const [, text = '', role, expiresAt, id = '', signature = ''] =
    /^((read|write)\.(\d{1,16})\.([\w-]{16}))\.([\w-]{43})$/.exec(cookie) ?? [];
  if (role !== 'read' && role !== 'write') return undefined;
  const token = tokens[role];
  if (token === undefined) return undefined;
  if (!timingSafeEqual(sign(text, token), Buffer.from(signature, 'base64url'))) return undefined;
  return { role, id, expiresAt: Number(expiresAt) };
}

/** The values of the cookies of this process that a request bears. */
export function cookiesOf(request: IncomingMessage): readonly string[] {
  const start = `${nameFor(request)}=`;
  return (request.headers.cookie ?? '')
    .split(';')
    .map((each) => each.trim())
    .filter((each) => each.startsWith(start))
    .map((each) => each.slice(start.length))
    .slice(0, MAX_COOKIES);
}

/**
 * The header `Set-Cookie`.
 *
 * @param cookie empty ends it
 */
export function cookieHeader(request: IncomingMessage, cookie: string): string {
  // The page says itself how it was loaded; a proxy before us need not.
  const isSecure = /^https:/i.test(request.headers.origin ?? '');
  const lasts = cookie === '' ? 0 : LASTS_MS / 1000;
  return `${nameFor(request)}=${cookie}; Path=/; Max-Age=${lasts}; HttpOnly; SameSite=Strict${isSecure ? '; Secure' : ''}`;
}
