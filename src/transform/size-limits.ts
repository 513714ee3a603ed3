// How long ids, names and whole events may be. What is longer is refused with its place: a cut id joins to nothing, and what no target takes is not stored.

import type { Invalid } from '../model/conversion.js';

/** Characters of an id. Statsig documents 64, its SDKs warn at 128, and the longest ids that are in use, e-mail addresses and tokens, have some hundred. */
export const MAX_ID_LENGTH = 1_024;

/** Characters of an event's name before it is cut: pages are named by their addresses, too. */
export const MAX_NAME_LENGTH = 4_096;

/** Segment's HTTP API. */
const MAX_MESSAGE_ID_LENGTH = 100;

/** Bytes of JSON of an event that a CDP takes (Segment's HTTP API: 32 KB; RudderStack's gateway takes no less), and of one of Statsig's beside its metadata. */
export const MAX_EVENT_BYTES = 32 * 1024;

/** The longest JSON of one character: `\u0000`. */
const CHARACTER_BYTES = 6;

const MAX_BYTES_PER_CHARACTER = 3;

function tooLong(code: Invalid['code'], path: string, length: number): Invalid {
  return { kind: 'invalid', code, path, detail: `${length} characters` };
}

/**
 * Why a value cannot be an id, or `undefined`: also for what is no text and so no id of this length.
 *
 * @param path of the value, from the top of what the sender sent
 */
export function findLongId(value: unknown, path: string): Invalid | undefined {
  return typeof value === 'string' && value.length > MAX_ID_LENGTH
    ? tooLong('ID_TOO_LONG', path, value.length)
    : undefined;
}

/** The same for an event's name. */
export function findLongName(name: string | undefined, path: string): Invalid | undefined {
  return name !== undefined && name.length > MAX_NAME_LENGTH
    ? tooLong('EVENT_NAME_TOO_LONG', path, name.length)
    : undefined;
}

/** The same for the `messageId` of an event that is stored, by which its repetitions are recognised. */
export function findLongMessageId(messageId: unknown, path: string): Invalid | undefined {
  return typeof messageId === 'string' && messageId.length > MAX_MESSAGE_ID_LENGTH
    ? tooLong('MESSAGE_ID_TOO_LONG', path, messageId.length)
    : undefined;
}

/** Bytes of JSON that a Statsig event may have whose metadata may have so many characters. */
export function statsigEventLimit(metadataMaxLength: number): number {
  return MAX_EVENT_BYTES + metadataMaxLength * CHARACTER_BYTES;
}

/** Why the JSON text of an event is too large, or `undefined`. */
export function findOversize(text: string, maxBytes: number): Invalid | undefined {
  if (text.length * MAX_BYTES_PER_CHARACTER <= maxBytes) return undefined;
  const bytes = Buffer.byteLength(text);
  return bytes <= maxBytes
    ? undefined
    : {
        kind: 'invalid',
        code: 'EVENT_TOO_LARGE',
        path: '',
        detail: `${bytes} bytes as it would be sent, limit ${maxBytes}`,
      };
}
