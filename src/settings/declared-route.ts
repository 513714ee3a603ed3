// Looks up where the manifest says that a route is.

import type { DeclaredRoute } from './manifest/model.js';
import { manifest } from './manifest.js';

/** The route of this name; `undefined` where the manifest leaves its protocol out. */
export function declaredRoute(protocol: string, name: string): DeclaredRoute | undefined {
  return manifest.protocols[protocol]?.routes.find((route) => route.name === name);
}

/** Every path of a route; none where the manifest leaves its protocol out. */
export function declaredPathsOf(protocol: string, name: string): readonly string[] {
  const route = declaredRoute(protocol, name);
  return route === undefined ? [] : [route.path, ...(route.aliases ?? [])];
}
