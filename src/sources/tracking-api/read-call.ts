// Parses the body of a call: an ordinary one at once, a larger one event by event, so that others get their turn in between.
//
// What is made of the pieces is what parsing the whole would make: a body with an empty list in the place of its events and each event have to be JSON by
// themselves, and then so is the whole, and it says the same.

import { type Breather, createBreather, REQUEST_AT_A_TIME_MS } from '../../base/breather.js';
import { PluginError } from '../../base/errors.js';
import type { JsonBytes } from '../../http/body.js';
import { elementsOf, fieldStarts } from '../../http/json-fields.js';
import { OPEN_ARRAY } from '../../http/json-values.js';
import { isJsonObject } from '../../model/segment-event.js';
import { assertEventCount, MAX_EVENT_VALUES, ORDINARY_CALL_BYTES } from './limits.js';

const EMPTY_LIST = Buffer.from('[]');

/** The elements of the one list `batch` of a body, and the body without them. */
interface Cut {
  readonly pieces: readonly Buffer[];
  readonly around: Buffer;
}

/**
 * @returns `undefined` where there is no list, or several fields have the name
 * @throws PluginError BATCH_TOO_LONG, BODY_NOT_JSON
 */
async function cutBatch(bytes: Buffer, breathe: Breather): Promise<Cut | undefined> {
  const starts = fieldStarts(bytes, 'batch', 1);
  const { value: start } = starts.next();
  if (start === undefined || bytes[start] !== OPEN_ARRAY) return undefined;
  const elements = elementsOf(bytes, start);
  const pieces: Buffer[] = [];
  let element = elements.next();
  for (; element.done !== true; element = elements.next()) {
    await breathe();
    pieces.push(element.value);
    assertEventCount(pieces.length);
  }
  const end = element.value;
  if (end === undefined) throw new PluginError('BODY_NOT_JSON');
  if (starts.next(end).done !== true) return undefined;
  return { pieces, around: Buffer.concat([bytes.subarray(0, start), EMPTY_LIST, bytes.subarray(end)]) };
}

async function parseInPieces(json: JsonBytes): Promise<unknown> {
  const breathe = createBreather(REQUEST_AT_A_TIME_MS);
  const cut = await cutBatch(json.bytes, breathe);
  if (cut === undefined) return json.parsePiece(json.bytes, MAX_EVENT_VALUES);
  const body = await json.parsePiece(cut.around, MAX_EVENT_VALUES);
  const events: unknown[] = [];
  for (const piece of cut.pieces) {
    await breathe();
    events.push(await json.parsePiece(piece, MAX_EVENT_VALUES));
  }
  return isJsonObject(body) ? { ...body, batch: events } : body;
}

/**
 * The value of a call's body.
 *
 * @throws PluginError BODY_NOT_JSON, BODY_TOO_DEEP; of a larger body also BATCH_TOO_LONG, BODY_TOO_MANY_VALUES
 */
export function readCall(json: JsonBytes): unknown {
  return json.bytes.length <= ORDINARY_CALL_BYTES ? json.parse() : parseInPieces(json);
}
