// The Statsig vocabulary on the way out: an event as Statsig's event webhook posts it.

import type { JsonObject } from './segment-event.js';

/** One event as received: nothing about its fields has been checked. Source: Statsig's documentation, Event Webhook. */
export interface WebhookEvent extends JsonObject {
  readonly eventName?: unknown;
  readonly user?: unknown;
  readonly userID?: unknown;
  /** Milliseconds since the epoch, as a number or a string. */
  readonly timestamp?: unknown;
  readonly value?: unknown;
  readonly metadata?: unknown;
  readonly statsigMetadata?: unknown;
  readonly timeUUID?: unknown;
  /** Of an exposure: the name of the unit type, `userID` or `companyID`, not its value. */
  readonly unitID?: unknown;
}
