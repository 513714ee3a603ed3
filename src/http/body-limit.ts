// How many bytes a body may have, and what to tell a sender whose body has more.

import { PluginError } from '../base/errors.js';

/** The limit of a body's bytes, before and after decompression. */
export interface BodyLimit {
  readonly bytes: number;
  /** What lets a larger body in, for the person who reads the 413: `MAX_BODY_BYTES raises it`. */
  readonly raisedBy: string;
}

/** The limit that an environment variable sets. */
export function limitBySetting(name: string, bytes: number): BodyLimit {
  return { bytes, raisedBy: `${name} raises it` };
}

/** The lower of two limits, which is the one to tell of. */
export function lowerLimit(first: BodyLimit, second: BodyLimit): BodyLimit {
  return second.bytes < first.bytes ? second : first;
}

/** @param measured how the bytes were measured, where that is not as they came: `, decompressed` */
export function bodyTooLarge({ bytes, raisedBy }: BodyLimit, measured = ''): PluginError {
  return new PluginError('BODY_TOO_LARGE', `limit ${bytes} bytes${measured}; ${raisedBy}`);
}
