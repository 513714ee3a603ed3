// Narrows a field to an id that a CDP takes for one.

import { toText } from './scalars.js';

/** Anything that is neither a space, nor a control character, nor one that is never seen. */
const VISIBLE = /[^\s\p{Cc}\p{Default_Ignorable_Code_Point}\u2800]/u;

const SPACE = 0x20;
const DELETE = 0x7f;

/** True for a string with anything to see in it. */
export function isVisible(text: string): boolean {
  const first = text.charCodeAt(0);
  // Of nearly all ids the first character shows it, a fifth of the time that the expression takes.
  return (first > SPACE && first < DELETE) || VISIBLE.test(text);
}

/**
 * An id as a string; `undefined` for what is no string or number, and for one of which nothing can be seen: rudder-server's gateway strips those, and refuses the
 * whole batch of an event that then has none.
 */
export function toVisibleId(value: unknown): string | undefined {
  const id = toText(value);
  return id !== undefined && isVisible(id) ? id : undefined;
}
