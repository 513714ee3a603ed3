// Everything about one entry, worked out when somebody asks.

import { isJsonObject } from '../../model/segment-event.js';
import { maskedFields } from '../tester/masked-fields.js';
import { tellEvent } from '../tester/tell-event.js';
import { TrialError, tryEvents } from '../tester/try-body.js';
import { eventOf, findReceived, sourceOf } from './find-events.js';
import type { KeptEntry } from './kept-entry.js';
import type { Live } from './live.js';
import { requestAgain, toCurl, toFixture } from './send-again.js';
import type { LiveAttempt, LiveDetails, LiveTesterCall } from './shapes.js';

/** Tries of one event that are told. */
const MAX_ATTEMPTS = 50;

const GONE = 'The event is not kept any more: newer ones have taken its place.';
const MASKED = 'Fields that the settings redact, and secrets, are `[redacted]`: with them it may be decided otherwise.';

const NO_CONFIG =
  "The destination's Config is not kept, because it holds keys: what is said of now is by the settings document alone.";

type Now = NonNullable<LiveDetails['now']>;

/** What the line decides now. */
async function decideNow({ store, now }: Live, call: LiveTesterCall): Promise<Now> {
  try {
    const [tried] = tryEvents(call, { store, now }, () => {});
    if (tried === undefined) return { result: 'refused', decisions: [], requests: [] };
    const { result, decisions, requests, reason, detail, rule, code, message } = await tellEvent(tried);
    const why = [code, message, reason, detail, rule].filter((part) => part !== undefined && part !== '').join(': ');
    return { result, ...(why !== '' && { why }), decisions, requests };
  } catch (error) {
    if (!(error instanceof TrialError)) throw error;
    return { result: 'refused', why: `${error.code}: ${error.message}`, decisions: [], requests: [] };
  }
}

/** What the calls are named that an event becomes, where the target names them itself. */
function* messageIdsIn(value: unknown, depth = 0): Generator<string, void> {
  if (depth > 3) return;
  if (Array.isArray(value)) for (const each of value) yield* messageIdsIn(each, depth + 1);
  else if (isJsonObject(value)) {
    if (typeof value.messageId === 'string') yield value.messageId;
    yield* messageIdsIn(value.batch, depth + 1);
  }
}

/** Tries to deliver an event, oldest first. */
function attemptsOf({ log }: Live, workspaceId: string, messageIds: ReadonlySet<string>): readonly LiveAttempt[] {
  const attempts: LiveAttempt[] = [];
  if (messageIds.size === 0) return attempts;
  for (const { entry, extra } of log.newest()) {
    if (entry.stage !== 'delivery' || entry.workspace !== workspaceId) continue;
    if (extra.messageIds?.some((id) => messageIds.has(id)) !== true) continue;
    const { at, outcome, target, status, note } = entry;
    if (outcome !== 'delivered' && outcome !== 'pending_retry' && outcome !== 'failed_delivery') continue;
    attempts.push({
      at,
      outcome,
      ...(target !== undefined && { target }),
      ...(status !== undefined && { status }),
      ...(note !== undefined && { note }),
    });
    if (attempts.length >= MAX_ATTEMPTS) break;
  }
  return attempts.reverse();
}

/** Of a body that the tester takes: an event as the sender wrote it. */
function testerCallOf(kept: KeptEntry, event: unknown): LiveTesterCall | undefined {
  const source = sourceOf(kept);
  if (source === undefined || event === undefined) return undefined;
  const { workspace } = kept.entry;
  return { source, ...(workspace !== undefined && { workspace }), body: event };
}

/** The entry by which its event came in: a delivery holds what was made of it. */
function originOf(live: Live, kept: KeptEntry): KeptEntry | undefined {
  const { stage, workspace, messageId } = kept.entry;
  if (stage === 'request') return undefined;
  if (stage !== 'delivery') return kept;
  return workspace === undefined || messageId === undefined ? undefined : findReceived(live, workspace, messageId);
}

/** What is to be known of the event, or of there being none. */
function noteOf({ entry, extra }: KeptEntry, event: unknown, masked: readonly string[]): string | undefined {
  if (event === undefined) return extra.eventNote ?? (entry.hasEvent ? GONE : undefined);
  const notes = [...(masked.length > 0 ? [MASKED] : []), ...(entry.protocol === 'rudderstack' ? [NO_CONFIG] : [])];
  return notes.length === 0 ? undefined : notes.join(' ');
}

/** @param addressOf the listener that senders outside, or that rudder-server, reach */
export async function detailsOf(
  live: Live,
  kept: KeptEntry,
  addressOf: (isPublic: boolean) => string,
): Promise<LiveDetails> {
  const { entry, extra } = kept;
  const { workspace = '' } = entry;
  const origin = originOf(live, kept);
  const event = origin && eventOf(live, origin);
  const tester = origin && testerCallOf(origin, event);
  const now = tester && (await decideNow(live, tester));
  const again =
    origin && event !== undefined ? requestAgain(origin.entry, event, live.store.findById(workspace)) : undefined;
  const ids = new Set([
    ...(entry.messageId === undefined ? [] : [entry.messageId]),
    ...(extra.messageIds?.length === 1 ? extra.messageIds : []),
    ...(now?.requests ?? []).flatMap(({ body }) => [...messageIdsIn(body)]),
  ]);
  const masked = event === undefined ? [] : maskedFields(event);
  const eventNote = noteOf(kept, event, masked);
  const revision = origin?.extra.revision;
  return {
    entry,
    ...(event !== undefined && { event }),
    ...(eventNote !== undefined && { eventNote }),
    ...(masked.length > 0 && { masked }),
    ...(now !== undefined && { now }),
    settingsChanged: origin !== undefined && revision !== live.revisionOf(workspace),
    attempts: attemptsOf(live, workspace, ids),
    ...(extra.refusal !== undefined && { refusal: extra.refusal }),
    ...(again !== undefined && {
      curl: toCurl(again, addressOf(again.isPublic), masked),
      fixture: toFixture(again, entry, masked),
    }),
    ...(tester !== undefined && { tester }),
  };
}
