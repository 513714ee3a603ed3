// Keeps a token that can be used: one that has ended is replaced, in one of two ways.

import {
  processGenericTokenEndpointResponse,
  processRefreshTokenResponse,
  refreshTokenGrantRequest,
} from 'oauth4webapi';
import { Secret } from '../../base/secret.js';
import type { EpochMs } from '../../base/time.js';
import { ConnectError } from '../connection.js';
import { callPatiently, type Patience, wholeAnswer } from '../patient-call.js';
import type { OAuthApp } from './app.js';
import { type AccessToken, readGrant } from './grant.js';
import { clientSecretForms, explain, plainCredentials, toLibraryApp } from './library.js';

/** A token that ends sooner is replaced before it is used. Milliseconds. */
const LAST_USE_MS = 60_000;

/** Hands out a token that lasts. */
export interface TokenKeeper {
  /** @throws ConnectError where there is none, and none can be had */
  use(): Promise<Secret>;
  /** The other side did not take the last one. @throws ConnectError */
  renew(): Promise<Secret>;
}

/** What it begins with. */
export interface TokenSource {
  readonly app: OAuthApp;
  /** Without one it is asked for by the name of the install. */
  readonly token: AccessToken | undefined;
  readonly install: string | undefined;
  readonly patience: Patience;
  /** Milliseconds since 1970. */
  readonly now: () => EpochMs;
}

function tokenEnded(why: string): ConnectError {
  return new ConnectError('token-refused', `The token has ended, and ${why}. Begin again, and allow it once more.`);
}

/** Segment's own: no refresh token, but the name of the install, and the app's credentials as `curl -u` sends them. */
async function askForInstall({ app, patience, now }: TokenSource, install: string): Promise<AccessToken> {
  const { configUrl } = app;
  const request = {
    method: 'GET',
    url: `${configUrl}/${install}/token`,
    headers: { authorization: new Secret(`Basic ${plainCredentials(app)}`), accept: 'application/json' },
  } as const;
  const { status, body } = wholeAnswer(await callPatiently(request, patience), request.url);
  if (status === 404)
    throw new ConnectError(
      'not-found',
      `There is no ${install} of this app: it was taken out of the workspace in Segment. Begin again without it.`,
    );
  if (status === 401 || status === 403)
    throw new ConnectError(
      'token-refused',
      `Segment gives no token for ${install}: the client ID or the client secret is wrong, or the install is of another app.`,
    );
  const { server, client } = toLibraryApp(app, patience);
  const response = new Response(body, { status, headers: { 'content-type': 'application/json' } });
  return readGrant(await processGenericTokenEndpointResponse(server, client, response), now()).token;
}

async function askWithRefreshToken({ app, patience, now }: TokenSource, refreshToken: Secret): Promise<AccessToken> {
  const { server, client, auth, options } = toLibraryApp(app, patience);
  const response = await refreshTokenGrantRequest(server, client, auth, refreshToken.reveal(), options);
  const { token } = readGrant(await processRefreshTokenResponse(server, client, response), now());
  // A server that says no new one means the old one to be used on (RFC 6749, 6).
  return { ...token, refreshToken: token.refreshToken ?? refreshToken };
}

/** @param source is read when a token is needed, and not before */
export function keepToken(source: TokenSource): TokenKeeper {
  const { app, install, now } = source;
  let current = source.token;

  async function ask(): Promise<AccessToken> {
    if (app.refresh === 'install') {
      if (install === undefined) throw tokenEnded('no install is known by whose name another could be had');
      return askForInstall(source, install);
    }
    if (current?.refreshToken === undefined) throw tokenEnded('there is no refresh token');
    return askWithRefreshToken(source, current.refreshToken);
  }

  async function renew(): Promise<Secret> {
    const tokens = [current?.secret, current?.refreshToken].flatMap((each) => each?.reveal() ?? []);
    const secrets = [...clientSecretForms(app), ...tokens];
    try {
      current = await ask();
      return current.secret;
    } catch (error) {
      throw explain(error, secrets);
    }
  }

  return {
    renew,
    async use() {
      const isOver = current === undefined || (current.expiresAt ?? Number.POSITIVE_INFINITY) - LAST_USE_MS < now();
      return isOver || current === undefined ? renew() : current.secret;
    },
  };
}
