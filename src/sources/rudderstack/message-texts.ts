// Finds the messages of a parsed batch in its bytes, so that one that is relayed stays as it was sent: `49.90` is another text than 49.9, and 1e400 is no number of JavaScript's.

import { fieldsOf } from '../../http/json-fields.js';
import { isJsonObject } from '../../model/segment-event.js';

/** The JSON text of a message as it was sent; `undefined` where it cannot be told which it is. */
export type MessageText = () => string | undefined;

/** Only where each element has exactly one message is it plain whose each of them is. */
function findTexts(bytes: Buffer, level: number, elements: readonly unknown[]): readonly Buffer[] {
  if (!elements.every((element) => isJsonObject(element) && Object.hasOwn(element, 'message'))) return [];
  const texts = [...fieldsOf(bytes, 'message', level)];
  return texts.length === elements.length ? texts : [];
}

/**
 * Gives the text of an element's message by its index. The bytes are looked through when the first is asked for: most batches are converted, not relayed.
 *
 * @param level of the fields of an element: 1 where the bytes are elements alone, 2 in a list of them
 */
export function messageTexts(
  bytes: Buffer,
  level: number,
  elements: readonly unknown[],
): (index: number) => MessageText {
  let texts: readonly Buffer[] | undefined;
  return (index) => () => {
    texts ??= findTexts(bytes, level, elements);
    return texts[index]?.toString();
  };
}
