// The library that outbound events name as their sender.

import { isJsonObject } from '../../model/segment-event.js';

/** `context.library`; beside these two it holds what an event brought along. */
export interface Library {
  readonly name: string;
  readonly version: string;
}

/**
 * `context.library` as Statsig's own integration sends it (Statsig's documentation, Segment integration, outbound event schema), with whatever else was in it.
 *
 * @param library `context.library` as it is; anything but an object counts as empty
 */
export function statsigLibrary(library: unknown): Library {
  return { ...(isJsonObject(library) ? library : {}), name: 'statsig', version: '1.0' };
}
