// Tells who changed a gate, an experiment or a config, and what they did.

import type { Trace } from '../../base/trace.js';
import type { JsonObject } from '../../model/segment-event.js';
import { toText } from '../scalars.js';
import { toVisibleId } from '../visible-id.js';
import type { EventParts } from './event-parts.js';
import { setField } from './track-call.js';

/** Who made the change, as the call's `userId`; `undefined` where no one is named. Statsig names a person by any of the four fields. */
export function findChanger({ event, user }: EventParts, trace?: Trace): string | undefined {
  const userId =
    toVisibleId(user?.userID) ?? toVisibleId(event.userID) ?? toVisibleId(user?.email) ?? toVisibleId(user?.name);
  if (userId !== undefined) trace?.add('identity', `userId = ${userId}`, 'user of the config change');
  return userId;
}

/** The properties of a config change (Statsig's documentation, Segment integration, config changes; the last four are ours). */
export function changeProperties({ user, metadata }: EventParts): JsonObject {
  const properties: Record<string, unknown> = {};
  setField(properties, 'author', toText(user?.name) ?? toText(user?.email));
  setField(properties, 'configName', metadata?.name);
  setField(properties, 'description', metadata?.description);
  setField(properties, 'environment', toText(metadata?.environment) ?? metadata?.environments);
  setField(properties, 'configType', metadata?.type);
  setField(properties, 'action', metadata?.action);
  setField(properties, 'projectName', metadata?.projectName);
  setField(properties, 'tags', metadata?.tags);
  return properties;
}
