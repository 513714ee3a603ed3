// Processor transform: one answer per event, one Statsig request per event.

import type { EventTally } from '../../observe/event-tally.js';
import { metadataText, rejectionFields } from './answer-parts.js';
import { deliveryRequestText } from './delivery-request.js';
import type { ElementTransformer, TransformedElement } from './transform-element.js';

function answerText({ metadata, result }: TransformedElement): string {
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
    tally.add(transformed.result);
    return answerText(transformed);
  });
  return `[${answers.join(',')}]`;
}
