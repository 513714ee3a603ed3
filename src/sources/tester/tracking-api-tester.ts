// Tries calls of the Tracking API.

import { PluginError } from '../../base/errors.js';
import { decideInbound } from '../../ingest/inbound-line.js';
import { isJsonObject } from '../../model/segment-event.js';
import { integerDefault } from '../../settings/declared-default.js';
import { describeInvalid } from '../result-words.js';
import { toWriteKey } from '../tracking-api/authenticate.js';
import { EVENT_BYTES_SETTING } from '../tracking-api/limits.js';
import { sortCall } from '../tracking-api/receive.js';
import { type Call, unpackBatch, unpackSingle } from '../tracking-api/unpack.js';
import type { Tester, TesterDeps } from './source-tester.js';
import { refused, type Tried, tried } from './tried.js';

/** What the server takes unless its operator says otherwise. */
const MAX_EVENT_BYTES = integerDefault(EVENT_BYTES_SETTING);

/** Stands for the key of a call that names none. No key has a space. */
const NO_KEY = 'no key';

/** A list is no call: then each of its items is one. The type of a single event, which its route says, is its own. */
function unpackCalls(body: unknown): readonly Call[] {
  if (Array.isArray(body)) return body.flatMap(unpackCalls);
  if (!isJsonObject(body) || Array.isArray(body.batch)) return [unpackBatch(body)];
  return [unpackSingle(body, typeof body.type === 'string' ? body.type : '')];
}

/** Tries calls as the Tracking API would take them. Nothing is sent. */
export function createTrackingApiTester({ store, compiler, chosen, isNamed, show, now, note }: TesterDeps): Tester {
  const findByWriteKey = (key: string) => {
    const found = store.findByWriteKey(key);
    if (found !== undefined) return found;
    if (key === NO_KEY) return chosen();
    if (!isNamed && store.documents.length !== 1) return undefined;
    note('A write key is in none of the settings: there the server answers SENDER_UNKNOWN.');
    return chosen();
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
      for (const call of unpackCalls(body)) yield* tryCall(call);
    },
  };
}
