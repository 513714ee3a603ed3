// The elements of a transform request, in each of the forms of its body.

import { PluginError } from '../../base/errors.js';
import { isJsonObject, type JsonObject } from '../../model/segment-event.js';
import { assertBatchLength } from '../request-limits.js';
import { type MessageText, messageTexts } from './message-texts.js';

/** One element of a batch. */
export interface BatchElement {
  /** `{message, metadata, destination}`, or whatever the sender put there. */
  readonly value: unknown;
  /** JSON text of its metadata as the sender wrote it, where that is at hand. */
  readonly metadataText?: string | undefined;
  /** Its message as the sender wrote it, where that is at hand. */
  readonly messageText?: MessageText | undefined;
}

/** The elements of one request. Gone through once, in order. */
export type Batch = Iterable<BatchElement>;

/** Names of the header and value that mark a compacted body (rudder-server). */
export const COMPACTED = { header: 'x-content-format', value: 'json+compactedv1' };

/** rudder-server sends a few hundred, and at most 10,000 from its router. Each is answered with some hundred bytes, were it but a zero. */
const MAX_ELEMENTS = 100_000;

/** @throws PluginError BATCH_TOO_LONG */
export function assertElementCount(count: number): void {
  assertBatchLength(count, MAX_ELEMENTS);
}

/** Gives an element its destination. */
export type Expand = (element: BatchElement) => BatchElement;

/**
 * In a compacted body the destinations stand once, by id: each element gets its own. An id that is not there leaves the element without one, which is
 * that element's error. Connections are not read.
 *
 * @param fields of the body
 */
export function createExpand({ destinations }: JsonObject): Expand {
  if (!isJsonObject(destinations)) return (element) => element;
  let lastId: unknown;
  let lastDestination: unknown;
  return (element) => {
    const { value, metadataText, messageText } = element;
    if (!isJsonObject(value) || !isJsonObject(value.metadata)) return element;
    const { message, metadata } = value;
    const id = value.metadata.destinationId;
    // Most have the same one, and looking up a string that was just parsed takes longer than comparing it.
    if (id !== lastId) {
      lastId = id;
      lastDestination = typeof id === 'string' && Object.hasOwn(destinations, id) ? destinations[id] : undefined;
    }
    return { value: { destination: lastDestination, message, metadata }, metadataText, messageText };
  };
}

type TextsAt = (elements: readonly unknown[]) => (index: number) => MessageText;

/** @param level of the fields of an element */
function textsIn(bytes: Buffer | undefined, level: number): TextsAt | undefined {
  return bytes && ((elements) => messageTexts(bytes, level, elements));
}

function toBatch(
  input: readonly unknown[],
  textsAt: TextsAt | undefined,
  expand: Expand = (element) => element,
): Batch {
  assertElementCount(input.length);
  const textOf = textsAt?.(input);
  return input.map((value, index) => expand({ value, messageText: textOf?.(index) }));
}

/**
 * The elements of a processor transform request.
 *
 * @param body parsed
 * @param compacted whether the request's header says that the body is compacted
 * @param bytes of the body, where they are at hand
 * @throws PluginError BODY_NOT_A_BATCH, BATCH_TOO_LONG
 */
export function unpackProcessorBody(body: unknown, compacted: boolean, bytes?: Buffer): Batch {
  if (!compacted) {
    if (Array.isArray(body)) return toBatch(body, textsIn(bytes, 2));
    throw new PluginError(
      'BODY_NOT_A_BATCH',
      isJsonObject(body) ? 'an object without the compacted header' : undefined,
    );
  }
  if (isJsonObject(body) && Array.isArray(body.input))
    return toBatch(body.input, textsIn(bytes, 3), createExpand(body));
  throw new PluginError('BODY_NOT_A_BATCH', 'the header says compacted, the body has no `input` array');
}

/**
 * The elements of a router or batch transform request.
 *
 * @param body parsed
 * @param bytes of the body, where they are at hand
 * @throws PluginError BODY_INPUT_MISSING, BATCH_TOO_LONG
 */
export function unpackRouterBody(body: JsonObject, compacted: boolean, bytes?: Buffer): Batch {
  if (!Array.isArray(body.input)) throw new PluginError('BODY_INPUT_MISSING');
  return toBatch(body.input, textsIn(bytes, 3), compacted ? createExpand(body) : undefined);
}
