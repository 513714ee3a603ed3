// How the OAuth library is told of an app, and what its refusals mean for people.

import {
  AuthorizationResponseError,
  type AuthorizationServer,
  allowInsecureRequests,
  type Client,
  type ClientAuth,
  ClientSecretBasic,
  customFetch,
  OperationProcessingError,
  ResponseBodyError,
  UnsupportedOperationError,
} from 'oauth4webapi';
import { hostOf } from '../../call/http-request.js';
import { redactText } from '../../call/redaction.js';
import { ConnectError } from '../connection.js';
import type { Patience } from '../patient-call.js';
import { isLoopback, type OAuthApp } from './app.js';
import { tokenFetch } from './token-call.js';

/** An app as the library takes it. */
export interface LibraryApp {
  readonly server: AuthorizationServer;
  readonly client: Client;
  readonly auth: ClientAuth;
  readonly options: {
    readonly [customFetch]: ReturnType<typeof tokenFetch>;
    readonly [allowInsecureRequests]: boolean;
  };
}

/** The library's own form of an app that was checked. */
export function toLibraryApp(app: OAuthApp, patience: Patience): LibraryApp {
  const token = new URL(app.tokenUrl);
  return {
    server: {
      // Segment says no issuer; the library wants one, and compares it with nothing that we hand it.
      issuer: hostOf(app.authorizeUrl),
      authorization_endpoint: app.authorizeUrl,
      token_endpoint: app.tokenUrl,
    },
    client: { client_id: app.clientId },
    auth: ClientSecretBasic(app.clientSecret.reveal()),
    options: { [customFetch]: tokenFetch(patience), [allowInsecureRequests]: isLoopback(token) },
  };
}

/** User and password of Basic authentication as `curl -u` sends them, and Segment wants them for a token by the name of an install: not encoded as a form. */
export function plainCredentials({ clientId, clientSecret }: OAuthApp): string {
  return Buffer.from(`${clientId}:${clientSecret.reveal()}`).toString('base64');
}

/** The same as the library sends them (RFC 6749, 2.3.1). */
function formCredentials(app: OAuthApp): string {
  const { server, client, auth } = toLibraryApp(app, {});
  const headers = new Headers();
  void auth(server, client, new URLSearchParams(), headers);
  return headers.get('authorization')?.replace(/^Basic /, '') ?? '';
}

/** Every form in which requests write the client secret: a server may repeat one, and what it says is shown. */
export function clientSecretForms(app: OAuthApp): readonly string[] {
  const form = formCredentials(app);
  const password = Buffer.from(form, 'base64').toString().replace(/^.*:/, '');
  const headers = [form, plainCredentials(app)].flatMap((each) => [each, each.replace(/=+$/, '')]);
  return [...headers, app.clientSecret.reveal(), password];
}

/** Errors of RFC 6749 and of Segment, and what to do. Others stand as they are. */
const WHAT_TO_DO: ReadonlyMap<string, readonly [code: 'refused' | 'token-refused' | 'unavailable', text: string]> =
  new Map([
    ['access_denied', ['refused', 'It was not allowed: nothing is connected. Run it again to be asked again.']],
    ['invalid_scope', ['refused', 'The scope is not the one that the app was made with.']],
    [
      'unauthorized_client',
      ['refused', 'The app may not ask in this way: it has to be one for the authorization code grant.'],
    ],
    ['invalid_client', ['token-refused', 'The client ID or the client secret is wrong.']],
    [
      'invalid_grant',
      ['refused', 'The code has ended, was used already, or is of another redirect URI or PKCE verifier. Begin again.'],
    ],
    ['server_error', ['unavailable', 'The authorization server fails. Begin again later.']],
    ['temporarily_unavailable', ['unavailable', 'The authorization server is busy. Begin again later.']],
  ]);

const INSTALLED =
  'The app is installed in that workspace already, and Segment gives its token only by the name of the install: name it with --install installs/NUMBER.';

const MAX_SAID = 200;

/** The characters that an error of RFC 6749 may have. */
const ERROR_NAME = /^[\x20-\x21\x23-\x5b\x5d-\x7e]{1,60}$/;

/** @param secrets that a server may repeat */
function toRefusal(error: string, description: string | undefined, secrets: readonly string[]): ConnectError {
  const said = redactText(description ?? '', secrets)
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, MAX_SAID);
  const quoted = said === '' ? '' : ` It says: ${said}`;
  if (/install already exists/i.test(`${error} ${said}`)) return new ConnectError('refused', INSTALLED);
  const [code, text] = WHAT_TO_DO.get(error) ?? ['refused', 'The authorization server refuses it.'];
  const name = ERROR_NAME.test(error) ? ` (${redactText(error, secrets)})` : '';
  return new ConnectError(code, `${text}${name}${quoted}`);
}

/** What an error of the library means. Those of other kinds come back as they are. The library's own hold what was sent and answered: they go nowhere. */
export function explain(error: unknown, secrets: readonly string[]): unknown {
  if (error instanceof AuthorizationResponseError || error instanceof ResponseBodyError)
    return toRefusal(error.error, error.error_description, secrets);
  if (error instanceof OperationProcessingError || error instanceof UnsupportedOperationError)
    return new ConnectError(
      'answer-unclear',
      'The authorization server does not answer as OAuth 2.0 says. Are its addresses right?',
    );
  return error;
}
