// Processor transform: one answer per event, one Statsig request per event.

import type { Invalid } from '../../model/conversion.js';
import type { JsonObject } from '../../model/segment-event.js';
import type { EventTally } from '../../observe/event-tally.js';
import { metadataText, rejectionFields } from './answer-parts.js';
import { deliveryRequestText } from './delivery-request.js';
import type { ElementTransformer, TransformedElement, TransformedEvent } from './transform-element.js';

/** Statsig takes so few changes of ID lists in a second that one request per event would never get through. */
const NEEDS_ROUTER: Invalid = { kind: 'invalid', code: 'AUDIENCE_NEEDS_ROUTER', path: 'message.type' };

function resultOf(transformed: TransformedElement): TransformedEvent['result'] {
  return transformed.about === 'audience' ? NEEDS_ROUTER : transformed.result;
}

function answerText(metadata: JsonObject | undefined, result: TransformedEvent['result']): string {
  if (result.kind === 'ready') {
    return `{"output":${deliveryRequestText(result.workspace, [result.payload])},"metadata":${metadataText(metadata)},"statusCode":200}`;
  }
  return `{"metadata":${metadataText(metadata)},${rejectionFields(result, 'processor', metadata)}}`;
}

/**
 * The answer to a processor transform request: a JSON array with one entry per element, in order (rudder-server, processor transform).
 *
 * @param elements the batch; each bad one gets an error of its own
 */
export function processorAnswer(
  elements: readonly unknown[],
  transform: ElementTransformer,
  tally: EventTally,
): string {
  const answers = elements.map((element) => {
    const transformed = transform(element);
    const result = resultOf(transformed);
    tally.add(result);
    return answerText(transformed.metadata, result);
  });
  return `[${answers.join(',')}]`;
}
