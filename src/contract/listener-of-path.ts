// Says which port a request of a fixture belongs to.

import type { Listener } from '../settings/manifest/model.js';
import { manifest } from '../settings/manifest.js';
import type { FixtureProtocol } from './fixture.js';

/** Paths are plain: the manifest's shape says so. */
function patternOf(path: string): RegExp {
  const parts = path.split('/').map((part) => (part.startsWith(':') ? '[^/]+' : part.replaceAll('.', '\\.')));
  return new RegExp(`^${parts.join('/')}/?$`);
}

/** Each path that is declared, with what it is served at. As a server reads it: with or without a slash at its end. */
const DECLARED = Object.values(manifest.protocols).flatMap((protocol) =>
  protocol.routes.flatMap(({ path, aliases = [], listener = protocol.listener }) =>
    [path, ...aliases].map((each) => ({ listener, isAsked: patternOf(each) })),
  ),
);

/**
 * The listener of the route that serves a path, because a fixture of one protocol may have requests at routes of another: an operator asks about what a sender sent. Where no route, or routes of both
 * listeners, serve it, it is that of the protocol.
 */
export function listenerOfPath(path: string, protocol: FixtureProtocol): Listener {
  const own = manifest.protocols[protocol]?.listener ?? 'private';
  const [asked = ''] = path.split('?', 1);
  const found = new Set(DECLARED.filter(({ isAsked }) => isAsked.test(asked)).map(({ listener }) => listener));
  const [only = own] = found;
  return found.size === 1 && only !== 'both' ? only : own;
}
