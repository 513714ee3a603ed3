// Parses the body of a call: an ordinary one at once, a larger one event by event, so that others get their turn in between.
//
// What is made of the pieces is what parsing the whole would make: a body with an empty list in the place of its events and each event have to be JSON by
// themselves, and then so is the whole, and it says the same.

import { createBreather, REQUEST_AT_A_TIME_MS } from '../../base/breather.js';
import type { JsonBytes } from '../../http/body.js';
import { elementsOf, fieldsOf } from '../../http/json-fields.js';
import { isJsonObject } from '../../model/segment-event.js';
import { assertEventCount, MAX_EVENT_VALUES, ORDINARY_CALL_BYTES } from './limits.js';

const EMPTY_LIST = Buffer.from('[]');

/** The one list `batch` of the body; `undefined` where there is none or several fields have the name. */
function findBatch(bytes: Buffer): Buffer | undefined {
  const [batch, another] = fieldsOf(bytes, 'batch', 1);
  return another === undefined && batch?.[0] === EMPTY_LIST[0] ? batch : undefined;
}

async function parseInPieces(json: JsonBytes): Promise<unknown> {
  const { bytes } = json;
  const batch = findBatch(bytes);
  if (batch === undefined) return json.parsePiece(bytes, MAX_EVENT_VALUES);
  const breathe = createBreather(REQUEST_AT_A_TIME_MS);
  const pieces: Buffer[] = [];
  for (const piece of elementsOf(batch)) {
    await breathe();
    pieces.push(piece);
    assertEventCount(pieces.length);
  }
  const start = batch.byteOffset - bytes.byteOffset;
  const around = Buffer.concat([bytes.subarray(0, start), EMPTY_LIST, bytes.subarray(start + batch.length)]);
  const body = json.parsePiece(around, MAX_EVENT_VALUES);
  const events: unknown[] = [];
  for (const piece of pieces) {
    await breathe();
    events.push(json.parsePiece(piece, MAX_EVENT_VALUES));
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
