// The app that asks for access: what its owner was given, and where its requests go.

import type { Secret } from '../../base/secret.js';
import { ConnectError } from '../connection.js';

/** Said wherever somebody can choose this way. */
export const WORKS_FOR = 'works only for owners of an app made before Segment closed registration';

/** How a token that has ended is replaced. */
export const REFRESH_WAYS = ['install', 'refresh-token'] as const;

/** `install`: Segment's own way, by the name of the app's install. `refresh-token`: the grant of RFC 6749, 6. */
export type RefreshWay = (typeof REFRESH_WAYS)[number];

/** Addresses of an authorization server and of the API that its tokens are for. */
export interface OAuthAddresses {
  /** Where the person says yes. */
  readonly authorizeUrl: string;
  readonly tokenUrl: string;
  /** Segment's Config API, with its version. */
  readonly configUrl: string;
}

/** One app. */
export interface OAuthApp extends OAuthAddresses {
  readonly clientId: string;
  readonly clientSecret: Secret;
  /** One of those that the app was made with, to the letter. */
  readonly redirectUri: string;
  /** The one that the app was made with: `destination/SLUG`. */
  readonly scope: string;
  /** PKCE with S256. A server that does not know it leaves it aside (RFC 6749, 3.1). */
  readonly pkce: boolean;
  readonly refresh: RefreshWay;
}

/** Segment's legacy addresses, which are of its US region, and the redirect URI that its documentation tells owners of apps to register. It works only for owners of an app made before Segment closed registration. */
export const SEGMENT_OAUTH = {
  authorizeUrl: 'https://id.segmentapis.com/oauth2/auth',
  tokenUrl: 'https://id.segmentapis.com/oauth2/token',
  configUrl: 'https://platform.segmentapis.com/v1beta',
  redirectUri: 'http://localhost:8888/auth/segment/callback',
  pkce: true,
  refresh: 'install',
} as const satisfies Partial<OAuthApp>;

/** Hosts of this machine: no one else sees what is sent to them. */
const LOOPBACK: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);

/** Whether an address is of this machine. */
export function isLoopback({ hostname }: URL): boolean {
  return LOOPBACK.has(hostname);
}

function fault(message: string): ConnectError {
  return new ConnectError('settings', message);
}

/** @param name of what it is, for people @throws ConnectError unless no one between can read it */
function readAddress(name: string, text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback(url))))
    throw fault(`The ${name} has to begin with https://, or with http:// and a host of this machine.`);
  if (url.username !== '' || url.password !== '' || url.hash !== '')
    throw fault(`The ${name} cannot have a user, a password or a fragment (#).`);
  return url;
}

/** @throws ConnectError where the app cannot be used as it is told */
export function checkApp(app: OAuthApp): void {
  readAddress('authorization endpoint', app.authorizeUrl);
  readAddress('token endpoint', app.tokenUrl);
  readAddress('address of the Config API', app.configUrl);
  if (readAddress('redirect URI', app.redirectUri).search !== '')
    throw fault('The redirect URI cannot have a query: what comes back stands there.');
  if (app.clientId === '') throw fault('The client ID of the app is missing.');
  slugOf(app.scope);
}

/** Statsig's own destination, whose events go to Statsig's servers. */
const STATSIGS_OWN = 'statsig';

/** The destination that a scope is for, as Segment's catalog calls it. @throws ConnectError where it is for none, or cannot lead here */
export function slugOf(scope: string): string {
  const [, slug] = /^destination\/([\w-]+)$/.exec(scope) ?? [];
  if (slug === undefined)
    throw fault(
      'The scope has to be destination/SLUG, as the app was made with: it lets us change that one destination alone.',
    );
  if (slug === STATSIGS_OWN)
    throw fault(
      "destination/statsig is Statsig's own destination, whose events go to Statsig and not here. Take the slug of your own, or webhooks.",
    );
  return slug;
}
