// Tries calls of the Tracking API.

import { PluginError } from '../../base/errors.js';
import { decideInbound } from '../../ingest/inbound-line.js';
import { isJsonObject, type JsonObject } from '../../model/segment-event.js';
import { integerDefault } from '../../settings/declared-default.js';
import { describeInvalid } from '../result-words.js';
import { toWriteKey } from '../tracking-api/authenticate.js';
import { EVENT_BYTES_SETTING } from '../tracking-api/limits.js';
import { sortCall } from '../tracking-api/receive.js';
import { type Call, SINGLE_TYPES, unpackBatch, unpackSingle } from '../tracking-api/unpack.js';
import type { RouteType, Tester, TesterDeps } from './source-tester.js';
import { refused, type Tried, tried } from './tried.js';

/** What the server takes unless its operator says otherwise. */
const MAX_EVENT_BYTES = integerDefault(EVENT_BYTES_SETTING);

/** Stands for the key of a call that names none. No key has a space. */
const NO_KEY = 'no key';

/** Stands for the key of a call that was kept, as in the live log: that the process took it is known. */
const KEPT_KEY = '[redacted]';

const NO_TYPE = `A single event without a type has that of its route (/v1/track, /v1/page, …): \`--type\` of \`transform\` says which (${SINGLE_TYPES.join(', ')}).`;

function typeOf({ type }: JsonObject): string {
  return typeof type === 'string' ? type : '';
}

/** A list is no call: then each of its items is one. A single event is tried at the route of its own type, or of the one that is named for those without. */
function unpackCalls(body: unknown, routeType: RouteType | undefined): readonly Call[] {
  if (Array.isArray(body)) return body.flatMap((each) => unpackCalls(each, routeType));
  if (!isJsonObject(body)) return [unpackBatch(body)];
  if (Array.isArray(body.batch)) return [routeType === undefined ? unpackBatch(body) : unpackSingle(body, routeType)];
  return [unpackSingle(body, typeOf(body) || (routeType ?? ''))];
}

/** Tries calls as the Tracking API would take them. Nothing is sent. */
export function createTrackingApiTester({ store, compiler, chosen, routeType, show, now, note }: TesterDeps): Tester {
  const findByWriteKey = (key: string) => {
    const found = store.findByWriteKey(key);
    if (found !== undefined) return found;
    return key === NO_KEY || key === KEPT_KEY ? chosen() : undefined;
  };

  function* tryCall(call: Call): Iterable<Tried> {
    const receivedAt = now();
    const writeKey = toWriteKey(call.writeKey) ?? NO_KEY;
    const { groups, from } = sortCall(call, { writeKey, address: undefined }, { findByWriteKey }, MAX_EVENT_BYTES);
    const results = call.events.map((): Tried => refused(new PluginError('SENDER_UNKNOWN')));
    for (const [document, sent] of groups) {
      const workspace = compiler.compile(document);
      for (const { index, event } of sent)
        results[index] = tried({
          workspaceId: document.id,
          decide: (trace) => decideInbound(event, workspace, from, receivedAt, trace),
          word: describeInvalid,
          show,
        });
    }
    yield* results;
  }

  return {
    *tryBody(body) {
      const calls = unpackCalls(body, routeType);
      for (const call of calls) {
        if (call.events.some((event) => isJsonObject(event) && event.type === '')) note(NO_TYPE);
        try {
          yield* tryCall(call);
        } catch (error) {
          // Of several calls each is refused by itself.
          if (!(error instanceof PluginError) || calls.length === 1) throw error;
          yield refused(error);
        }
      }
    },
  };
}
