// The app of the OAuth stand-in, as one is told of it, and what a person does in between.

import { Secret } from '../src/base/secret.js';
import { ConnectError } from '../src/connect/connection.js';
import { type OAuthApp, SEGMENT_OAUTH } from '../src/connect/oauth/app.js';
import { OAUTH_CLIENT, type OAuthStandIn } from './oauth-stand-in.js';

/** The address that a browser is sent back to where no one listens. */
export const CALLBACK = 'http://localhost:8888/auth/segment/callback';

/** No pause is waited for. */
export const AT_ONCE = { pause: async () => {} };

/** The app, which its redirect URI is registered with. */
export function oauthApp(standIn: OAuthStandIn, changed: Partial<OAuthApp> = {}): OAuthApp {
  standIn.redirectUris.add(CALLBACK);
  return {
    ...SEGMENT_OAUTH,
    ...standIn.addresses,
    clientId: OAUTH_CLIENT.id,
    clientSecret: new Secret(OAUTH_CLIENT.secret),
    redirectUri: CALLBACK,
    scope: 'destination/webhooks',
    ...changed,
  };
}

/** For `assert.rejects`: that connecting cannot go on for this reason, in these words. */
export function connectFault(code: ConnectError['code'], words: RegExp) {
  return (error: unknown) => error instanceof ConnectError && error.code === code && words.test(error.message);
}
