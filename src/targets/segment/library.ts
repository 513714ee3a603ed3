// The library that outbound events name as their sender.

import { isJsonObject } from '../../model/segment-event.js';

/** `context.library`; beside these two it holds what an event brought along. */
export interface Library {
  readonly name: string;
  readonly version: string;
}

/** As Statsig's own integration signs its calls (Statsig's documentation, Segment integration, outbound event schema). */
const STATSIG: Library = { name: 'statsig', version: '1.0' };

/**
 * `context.library` as it is to be sent, with whatever else was in it.
 *
 * @param library `context.library` as it is; anything but an object counts as empty
 */
export function statsigLibrary(library: unknown): Library {
  return { ...(isJsonObject(library) ? library : {}), ...STATSIG };
}

/** Whether `context.library` is already as `statsigLibrary` would make it. */
export function isStatsigLibrary(library: unknown): boolean {
  return isJsonObject(library) && library.name === STATSIG.name && library.version === STATSIG.version;
}
