// Segment by OAuth, as the page asks for it.

import { Secret } from '../../base/secret.js';
import { type OAuthApp, SEGMENT_OAUTH } from '../../connect/oauth/app.js';
import { connectSegmentByOAuth } from '../../connect/oauth/connect.js';
import { withoutSlash } from './address.js';
import type { OAuthAsked } from './shapes.js';
import { NOTHING_TO_CHOOSE, type OpenWay, type WayPlace } from './ways.js';

/** @throws ConnectError for an address that is none */
export function openOAuth(asked: OAuthAsked, { settingsLocation }: WayPlace): OpenWay {
  const { clientId, clientSecret, redirectUri, scope, pkce = true, workspace, source, install } = asked;
  const app: OAuthApp = {
    ...{ clientId, clientSecret: new Secret(clientSecret), redirectUri, scope, pkce },
    refresh: SEGMENT_OAUTH.refresh,
    authorizeUrl: asked.authorizeUrl ?? SEGMENT_OAUTH.authorizeUrl,
    tokenUrl: asked.tokenUrl ?? SEGMENT_OAUTH.tokenUrl,
    configUrl: (asked.configUrl ?? SEGMENT_OAUTH.configUrl).replace(/(?<!\/)\/+$/, ''),
  };
  const connection = connectSegmentByOAuth({
    ...{ app, workspace, settingsLocation },
    publicUrl: withoutSlash('The address of this process', asked.url),
    ...(source !== undefined && { source }),
    ...(install !== undefined && { install }),
  });
  return {
    look: NOTHING_TO_CHOOSE,
    connection: async () => connection,
    // An install that is remembered needs none.
    consent: async () =>
      (await connection.needsConsent()) ? { ...(await connection.begin()), finish: connection.finish } : undefined,
  };
}
