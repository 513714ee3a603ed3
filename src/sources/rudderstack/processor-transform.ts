// Processor transform: one answer per event, one Statsig request per event.

import { createBreather, REQUEST_AT_A_TIME_MS } from '../../base/breather.js';
import type { ByteBudget } from '../../http/in-flight.js';
import { ResponseWriter } from '../../http/response-writer.js';
import type { Batch } from './batch.js';
import { deliveryRequestText } from './delivery-request.js';
import { echoMetadata, rejectionFields } from './respond.js';
import type { EventTally } from './tally.js';
import type { ElementTransformer, TransformedElement } from './transform-element.js';

function answerText(transformed: TransformedElement): string {
  const { result } = transformed;
  const metadata = echoMetadata(transformed);
  if (result.kind === 'ready') {
    if (result.about !== 'event') throw new Error('a processor transform changes no list');
    return `{"output":${deliveryRequestText(result.workspace, [result.payload])},"metadata":${metadata},"statusCode":200}`;
  }
  return `{"metadata":${metadata},${rejectionFields(result, 'processor', transformed.metadata)}}`;
}

/**
 * The answer to a processor transform request: a JSON array with one entry per element, in order (rudder-server, processor transform).
 *
 * @param batch each bad element gets an error of its own
 * @param room told of the bytes of the answer
 * @throws PluginError what `room` throws
 */
export async function processorResponse(
  batch: Batch,
  transformer: ElementTransformer,
  tally: EventTally,
  room?: ByteBudget,
): Promise<readonly Buffer[]> {
  const breathe = createBreather(REQUEST_AT_A_TIME_MS);
  const writer = new ResponseWriter(room);
  let separator = '[';
  for (const element of batch) {
    const transformed = transformer.transform(element);
    tally.add(transformed.result, transformed.workspaceId);
    writer.add(separator + answerText(transformed));
    separator = ',';
    const pause = breathe();
    if (pause !== undefined) await pause;
  }
  writer.add(separator === '[' ? '[]' : ']');
  return writer.finish();
}
