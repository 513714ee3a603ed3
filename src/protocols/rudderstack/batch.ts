// Unpacks the two body forms of a transform request into batch elements.

import { PluginError } from '../../errors.js';
import { isJsonObject, type JsonObject } from '../../model/segment-event.js';

/** Names of the header and value that mark a compacted body (rudder-server). */
export const COMPACTED = { header: 'x-content-format', value: 'json+compactedv1' };

/**
 * In a compacted body the destinations stand once, by id: each element gets its own. An id that is not there leaves the element without a
 * destination, which is that element's error. Connections are not read.
 */
function expand(body: JsonObject, input: readonly unknown[]): readonly unknown[] {
  const { destinations } = body;
  return input.map((element) => {
    if (!isJsonObject(element) || !isJsonObject(element.metadata) || !isJsonObject(destinations)) return element;
    const id = element.metadata.destinationId;
    const known = typeof id === 'string' && Object.hasOwn(destinations, id);
    return { message: element.message, metadata: element.metadata, destination: known ? destinations[id] : undefined };
  });
}

/**
 * The elements of a processor transform request.
 *
 * @param compacted whether the request's header says that the body is compacted
 * @throws PluginError BODY_NOT_A_BATCH
 */
export function unpackProcessorBody(body: unknown, compacted: boolean): readonly unknown[] {
  if (!compacted) {
    if (Array.isArray(body)) return body;
    throw new PluginError(
      'BODY_NOT_A_BATCH',
      isJsonObject(body) ? 'an object without the compacted header' : undefined,
    );
  }
  if (isJsonObject(body) && Array.isArray(body.input)) return expand(body, body.input);
  throw new PluginError('BODY_NOT_A_BATCH', 'the header says compacted, the body has no `input` array');
}

/**
 * The elements of a router or batch transform request.
 *
 * @throws PluginError BODY_INPUT_MISSING
 */
export function unpackRouterBody(body: JsonObject, compacted: boolean): readonly unknown[] {
  if (!Array.isArray(body.input)) throw new PluginError('BODY_INPUT_MISSING');
  return compacted ? expand(body, body.input) : body.input;
}
