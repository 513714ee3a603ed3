// Finds what identifies an outbound event.

import { hash } from 'node:crypto';
import { toJsonText } from '../../base/json.js';
import type { Trace } from '../../base/trace.js';
import { tellsApart } from '../doubtful-id.js';
import { toText } from '../scalars.js';
import type { EventParts } from './event-parts.js';

const MADE_LENGTH = 32;

/**
 * The event's `timeUUID`, which Statsig repeats when it repeats a webhook; config changes come without one, and get an id made of their content.
 * Private attributes are no part of it: with all else known, they could be guessed from it. `undefined` for an event that is nested too deep.
 */
export function findEventId({ event, user }: EventParts, trace?: Trace): string | undefined {
  const own = toText(event.timeUUID);
  if (own !== undefined && tellsApart(own)) {
    trace?.add('event-id', own, 'timeUUID');
    trace?.origin(['messageId'], 'timeUUID, the workspace and the target', [['timeUUID']]);
    return own;
  }
  const { eventName, timestamp, userID, unitID, value, metadata } = event;
  const text = toJsonText([eventName, timestamp, userID, unitID, user ?? event.user, value, metadata]);
  if (text === undefined) return undefined;
  const made = hash('sha256', text, 'hex').slice(0, MADE_LENGTH);
  trace?.add('event-id', made, 'made of the content: no timeUUID');
  trace?.origin(['messageId'], 'made of the content, the workspace and the target: no timeUUID');
  return made;
}
