// Reads bodies of routes that serve other destinations and sources as well: whose a body is stands in it.
//
// What is passed on escapes the settings here. So a limit must not decide it: a body of ours that has too many values, or comes while others have taken the
// memory, gets the answer of that limit. What is another's is passed on also then; its bytes are looked through, which takes no memory.

import { type ErrorCode, PluginError } from '../../base/errors.js';
import { usePart } from '../../http/body.js';
import { fieldsOf } from '../../http/json-fields.js';
import type { ReadBody } from '../../http/request-reader.js';

/** What no one can read names no destination: it is the upstream's to judge. */
const UNREADABLE: ReadonlySet<ErrorCode> = new Set([
  'BODY_EMPTY',
  'BODY_NOT_JSON',
  'ENCODING_UNSUPPORTED',
  'ENCODING_BROKEN',
]);

/** The field that says whose a body, or an element of it, is. */
export interface OwnerField {
  readonly name: string;
  /** 1 for a field of the body itself, 2 for one of its elements. */
  readonly level: 1 | 2;
  /** @param value of the field; of any type */
  readonly isOurs: (value: unknown) => boolean;
}

/** @throws PluginError when a field cannot be read */
async function namesUs(body: ReadBody, { name, level, isOurs }: OwnerField): Promise<boolean> {
  for (const text of fieldsOf(await body.bytes(), name, level)) if (usePart(text, body.heap, isOurs)) return true;
  return false;
}

/**
 * What `read` gives.
 *
 * @param read the body, by its `json` or `parse`
 * @returns `undefined` where it cannot be read and nothing of it is ours: the upstream's
 * @throws PluginError of the limit for which it cannot be read, where some of it is ours or no one can tell
 */
export async function readUnlessOthers<T>(
  body: ReadBody,
  owner: OwnerField,
  read: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof PluginError)) throw error;
    if (UNREADABLE.has(error.code)) return undefined;
    const isOurs = await namesUs(body, owner).catch(() => true);
    if (isOurs) throw error;
    return undefined;
  }
}
