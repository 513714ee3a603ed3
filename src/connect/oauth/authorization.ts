// The authorization code grant (RFC 6749, 4.1; PKCE: RFC 7636): where a person is sent, and what is made of the answer.

import {
  authorizationCodeGrantRequest,
  calculatePKCECodeChallenge,
  generateRandomCodeVerifier,
  generateRandomState,
  nopkce,
  processAuthorizationCodeResponse,
  validateAuthResponse,
} from 'oauth4webapi';
import { Secret } from '../../base/secret.js';
import { fitsAny } from '../../base/static-secret.js';
import { ConnectError } from '../connection.js';
import type { Patience } from '../patient-call.js';
import { checkApp, type OAuthApp } from './app.js';
import { type Grant, readGrant } from './grant.js';
import { clientSecretForms, explain, toLibraryApp } from './library.js';

/** A person was sent to the authorization server, and did not come back yet. */
export interface PendingAuthorization {
  /** Where to go. */
  readonly url: string;
  /** Comes back with the answer: by it the answer is known to be one to this request. */
  readonly state: string;
  /** Whether an answer is to this request. Says nothing of others' states. */
  isAnswer(query: URLSearchParams): boolean;
  /**
   * Takes the answer, once, and gets the token for its code.
   *
   * @throws ConnectError; after one of them a new request has to be made, but after an answer to another request
   */
  finish(query: URLSearchParams): Promise<Grant>;
}

/** @throws ConnectError where the app cannot be used as it is told */
export async function beginAuthorization(app: OAuthApp, patience: Patience = {}): Promise<PendingAuthorization> {
  checkApp(app);
  const { server, client, auth, options } = toLibraryApp(app, patience);
  const state = generateRandomState();
  const verifier = app.pkce ? generateRandomCodeVerifier() : undefined;
  const url = new URL(app.authorizeUrl);
  const { searchParams } = url;
  searchParams.set('response_type', 'code');
  searchParams.set('client_id', app.clientId);
  searchParams.set('redirect_uri', app.redirectUri);
  searchParams.set('scope', app.scope);
  searchParams.set('state', state);
  if (verifier !== undefined) {
    searchParams.set('code_challenge', await calculatePKCECodeChallenge(verifier));
    searchParams.set('code_challenge_method', 'S256');
  }
  let isTaken = false;

  function isAnswer(query: URLSearchParams): boolean {
    const [found, ...more] = query.getAll('state');
    return found !== undefined && more.length === 0 && fitsAny([found], [new Secret(state)]);
  }

  async function finish(query: URLSearchParams): Promise<Grant> {
    if (!isAnswer(query))
      throw new ConnectError(
        'refused',
        'This is no answer to what was asked here: its state is another one. Begin again.',
      );
    if (isTaken) throw new ConnectError('refused', 'This answer was taken already. Begin again.');
    isTaken = true;
    const sent = [state, verifier ?? '', ...query.getAll('code')].filter((text) => text !== '');
    const secrets = [...clientSecretForms(app), ...sent];
    try {
      // Whose answer it is, the state says: each is of one app. The issuer (RFC 9207) of an app's server is not known here.
      const parts = new URLSearchParams([...query].filter(([name]) => name !== 'iss'));
      const answer = validateAuthResponse(server, client, parts, state);
      const response = await authorizationCodeGrantRequest(
        server,
        client,
        auth,
        answer,
        app.redirectUri,
        verifier ?? nopkce,
        options,
      );
      const reply = await processAuthorizationCodeResponse(server, client, response);
      return readGrant(reply, Date.now());
    } catch (error) {
      throw explain(error, secrets);
    }
  }

  return { url: url.href, state, isAnswer, finish };
}
