// What a person has allowed: a token for an hour, and the names of what it is for.

import { Secret } from '../../base/secret.js';
import type { EpochMs } from '../../base/time.js';
import { isJsonObject, type JsonObject } from '../../model/segment-event.js';
import { ConnectError } from '../connection.js';

/** An access token. */
export interface AccessToken {
  readonly secret: Secret;
  /** Milliseconds since 1970; `undefined`: it was not said. */
  readonly expiresAt: EpochMs | undefined;
  /** For the refresh of RFC 6749. */
  readonly refreshToken: Secret | undefined;
}

/** What the app may act on, in the names of Segment's Config API. */
export interface Allowed {
  /** The install of the app, as in `installs/7`. */
  readonly install: string | undefined;
  /** As in `workspaces/shop`. */
  readonly workspaces: readonly string[];
  /** As in `workspaces/shop/sources/web`. */
  readonly sources: readonly string[];
}

/** The answer of a token endpoint. */
export interface Grant {
  readonly token: AccessToken;
  readonly allowed: Allowed;
}

/** Names become parts of addresses: what is no name must not lead elsewhere. */
const INSTALL = /^installs?\/[\w-]+$/;
const WORKSPACE = /^workspaces\/[\w-]+$/;
const SOURCE = /^workspaces\/[\w-]+\/sources\/[\w.-]+$/;

/** Whether a text is the name of an install. */
export function isInstall(text: string): boolean {
  return INSTALL.test(text);
}

function unclear(field: string): ConnectError {
  return new ConnectError('answer-unclear', `The token endpoint answers ${field} that is no name of Segment's.`);
}

function namesIn(reply: JsonObject, field: string, shape: RegExp): readonly string[] {
  const names = reply[field] ?? [];
  if (!Array.isArray(names)) throw unclear(field);
  return names.map((name) => {
    if (typeof name !== 'string' || !shape.test(name) || name.endsWith('..')) throw unclear(field);
    return name;
  });
}

/** @throws ConnectError for names that are none */
export function readAllowed(reply: unknown): Allowed {
  if (!isJsonObject(reply)) throw unclear('a body');
  const install = reply.install_name;
  if (install !== undefined && (typeof install !== 'string' || !isInstall(install))) throw unclear('install_name');
  const sources = namesIn(reply, 'source_names', SOURCE);
  const workspaces = namesIn(reply, 'workspace_names', WORKSPACE);
  const isStray = (source: string) => !workspaces.some((workspace) => source.startsWith(`${workspace}/`));
  if (sources.some(isStray)) throw unclear('source_names');
  return { install, workspaces, sources };
}

/**
 * Reads an answer whose form the OAuth library has checked.
 *
 * @param now milliseconds since 1970
 * @throws ConnectError
 */
export function readGrant(reply: JsonObject, now: EpochMs): Grant {
  const { access_token: token, expires_in: lasts, refresh_token: refreshToken } = reply;
  if (typeof token !== 'string') throw unclear('access_token');
  return {
    token: {
      secret: new Secret(token),
      expiresAt: typeof lasts === 'number' ? now + lasts * 1000 : undefined,
      refreshToken: typeof refreshToken === 'string' ? new Secret(refreshToken) : undefined,
    },
    allowed: readAllowed(reply),
  };
}
