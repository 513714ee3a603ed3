// Says where the fields of a call come from that no step decides: what is copied, what has a new name, and what is the same in every call.

import type { FieldPath, Trace } from '../../base/trace.js';
import type { CallFormat } from '../../model/track-call.js';
import { toText } from '../scalars.js';
import type { EventParts } from './event-parts.js';
import { placeOfUnit } from './identity.js';

const OURS = 'the same in every call';

function originsOfAll(trace: Trace): void {
  for (const field of [['type'], ['context', 'library'], ['context', 'integration'], ['integrations']])
    trace.origin(field, OURS);
}

/** Of the calls of an exposure or a custom event. */
export function originsOfCall(parts: EventParts, format: CallFormat, trace: Trace, experiment = ''): void {
  const say = (to: FieldPath, ...from: FieldPath) => trace.origin(to, from.join('.'), [from], format);
  originsOfAll(trace);
  say(['email'], 'user', 'email');
  say(['context', 'traits', 'email'], 'user', 'email');
  for (const field of ['user', 'value', 'metadata']) say(['context', field], field);
  say(['context', 'stableID'], ...placeOfUnit(parts, 'stableID'));
  if (format === 'statsig') {
    say(['event'], 'eventName');
    for (const field of ['value', 'metadata']) say(['properties', field], field);
    return;
  }
  trace.origin(['event'], 'experimentViewed', [], format);
  const named = toText(parts.metadata?.experimentGroupName) === undefined ? 'ruleID' : 'experimentGroupName';
  for (const field of ['experiment_id', 'experiment_name']) say(['properties', field], 'metadata', experiment);
  say(['properties', 'variation_id'], 'metadata', 'ruleID');
  say(['properties', 'variation_name'], 'metadata', named);
}

/** Of the call of a config change. */
export function originsOfChange({ user, metadata }: EventParts, trace: Trace): void {
  const say = (to: FieldPath, ...from: FieldPath) => trace.origin(to, from.join('.'), [from]);
  originsOfAll(trace);
  say(['event'], 'eventName');
  say(['properties', 'author'], 'user', toText(user?.name) === undefined ? 'email' : 'name');
  say(['properties', 'configName'], 'metadata', 'name');
  say(['properties', 'configType'], 'metadata', 'type');
  const environment = toText(metadata?.environment) === undefined ? 'environments' : 'environment';
  say(['properties', 'environment'], 'metadata', environment);
  for (const field of ['description', 'action', 'projectName', 'tags']) say(['properties', field], 'metadata', field);
}
