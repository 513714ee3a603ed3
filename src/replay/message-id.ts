// Gives events that have none a messageId, the same each time that they are replayed from the same file.

import { createHash } from 'node:crypto';
import type { JsonObject } from '../model/segment-event.js';
import { tellsApart } from '../transform/doubtful-id.js';

/**
 * The `messageId` that an event of an archive is to have; `undefined` where its own is one. What a sender wrote twice in one file without an id is two events;
 * a copy of the file has the same.
 *
 * @param text of the event
 * @param place in the contents of its file
 */
export function missingMessageId({ messageId }: JsonObject, text: string, place: string): string | undefined {
  if (typeof messageId === 'number' || (typeof messageId === 'string' && tellsApart(messageId))) return undefined;
  return `replay-${createHash('sha256').update(place).update('\n').update(text).digest('base64url').slice(0, 27)}`;
}

/** JSON text of an object with more fields; of fields that it has, these count. */
export function withFields(text: string, fields: Readonly<Record<string, string>>): string {
  const end = text.lastIndexOf('}');
  const added = JSON.stringify(fields).slice(1);
  return `${text.slice(0, end).trimEnd()}${/^\s*\{\s*$/.test(text.slice(0, end)) ? '' : ','}${added}`;
}
