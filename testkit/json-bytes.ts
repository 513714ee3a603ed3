// Bytes of a body that may be parsed, for callers that need no limits.

import { JsonBytes } from '../src/http/body.js';
import { BytesInFlight } from '../src/http/in-flight.js';

/** The body with all the memory it needs. */
export function jsonBytes(body: string | Buffer): JsonBytes {
  return JsonBytes.of(Buffer.from(body), new BytesInFlight(0).admit(0).heap);
}
