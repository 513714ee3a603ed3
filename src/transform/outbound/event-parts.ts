// The parts of a webhook event that several steps read, narrowed once.

import { isJsonObject, type JsonObject } from '../../model/segment-event.js';
import type { WebhookEvent } from '../../model/webhook-event.js';
import { withoutPrivateAttributes } from './private-attributes.js';

/** An event and its objects; `undefined` for what the event does not have or what is no object. */
export interface EventParts {
  readonly event: WebhookEvent;
  /** Without private attributes: no later step can let one out. */
  readonly user: JsonObject | undefined;
  readonly customIDs: JsonObject | undefined;
  readonly metadata: JsonObject | undefined;
  readonly statsigMetadata: JsonObject | undefined;
}

function toObject(value: unknown): JsonObject | undefined {
  return isJsonObject(value) ? value : undefined;
}

/** Opens an event; `undefined` where its user is nested too deep. */
export function openEvent(event: WebhookEvent): EventParts | undefined {
  let user: JsonObject | undefined;
  if (isJsonObject(event.user)) {
    user = withoutPrivateAttributes(event.user);
    if (user === undefined) return undefined;
  }
  return {
    event,
    user,
    customIDs: toObject(user?.customIDs),
    metadata: toObject(event.metadata),
    statsigMetadata: toObject(event.statsigMetadata),
  };
}
