// Takes the events Statsig pushes to us through the line and onto disk: convert, a copy for each target, then the outbox.

import { PluginError } from '../base/errors.js';
import { toJsonText } from '../base/json.js';
import type { OutboundConverted } from '../model/conversion.js';
import { isJsonObject } from '../model/segment-event.js';
import type { Appended, Outbox, OutboxEvent } from '../outbox/outbox.js';
import { type CompiledOutbound, DRY_RUN_TARGET } from '../transform/compiled-outbound.js';
import { convertOutbound } from '../transform/outbound/index.js';
import { outboundMessageId, withMessageId } from '../transform/outbound/message-id.js';
import { findOversize, MAX_EVENT_BYTES } from '../transform/size-limits.js';
import { personIn } from './forgotten.js';
import type { Ingested } from './inbound.js';

/** Takes outbound events in. */
export interface OutboundIngest {
  /**
   * Converts the events and stores the calls that they become, for each target. When it resolves, what it calls accepted is on disk.
   *
   * @param events as the sender wrote them
   * @returns one result per event, in order: accepted where at least one of its calls is new to at least one target
   * @throws PluginError OUTBOX_FULL, OUTBOX_UNAVAILABLE, TARGETS_MISSING: then nothing of the call is stored and the sender keeps all of it
   */
  accept(outbound: CompiledOutbound, events: readonly unknown[]): Promise<readonly Ingested[]>;
}

/** What is to be stored of an event, or what became of it already. */
type Prepared = { readonly kind: 'stored'; readonly calls: readonly OutboxEvent[] } | Ingested;

/** Statsig's ids stand for no one else's. */
const ORIGIN = 'statsig';

const NO_TARGETS: readonly string[] = [DRY_RUN_TARGET];

function namesOf({ targets }: CompiledOutbound): readonly string[] {
  return targets.length === 0 ? NO_TARGETS : targets.map(({ name }) => name);
}

/** A call's copies are one text but for the messageId in front, so that it is written once. */
function toOutboxEvents(
  { eventId, calls, exposure }: OutboundConverted,
  { workspaceId, exposureWindowMs }: CompiledOutbound,
  targets: readonly string[],
  acceptedAt: number,
): Prepared {
  const stored: OutboxEvent[] = [];
  for (const { format, call } of calls) {
    const text = toJsonText(call);
    if (text === undefined) return { kind: 'invalid', code: 'NESTED_TOO_DEEP', path: '' };
    const oversize = findOversize(text, MAX_EVENT_BYTES);
    if (oversize !== undefined) return oversize;
    for (const target of targets) {
      const messageId = outboundMessageId(eventId, workspaceId, target, format);
      stored.push({
        workspaceId,
        target,
        messageId,
        origin: ORIGIN,
        ...(exposure !== undefined && {
          once: { key: `${exposure.key}:${format}`, value: exposure.value, windowMs: exposureWindowMs },
        }),
        payload: withMessageId(text, messageId),
        person: personIn(call, target) ?? null,
        acceptedAt,
      });
    }
  }
  return { kind: 'stored', calls: stored };
}

function resultOf(appended: readonly Appended[], windowMs: number): Ingested {
  if (appended.includes('accepted')) return { kind: 'accepted' };
  if (appended.includes('duplicate')) return { kind: 'duplicate' };
  return {
    kind: 'filtered',
    reason: 'exposure_repeated',
    detail: `the last one, within ${windowMs} ms, said the same`,
  };
}

/**
 * @param now milliseconds since the epoch, by the clock of deliveries
 * @param wall the same by the system's clock: the time of events that have none
 */
export function createOutboundIngest(
  outbox: Pick<Outbox, 'append'>,
  now: () => number = Date.now,
  wall: () => number = now,
): OutboundIngest {
  async function store(prepared: readonly Prepared[], windowMs: number): Promise<readonly Ingested[]> {
    const toStore = prepared.flatMap((each) => (each.kind === 'stored' ? each.calls : []));
    const appended = toStore.length === 0 ? [] : await outbox.append(toStore);
    let next = 0;
    return prepared.map((each): Ingested => {
      if (each.kind !== 'stored') return each;
      const start = next;
      next += each.calls.length;
      return resultOf(appended.slice(start, next), windowMs);
    });
  }

  return {
    // Leaves the waiting for the disk to `store`, which does not have the events: they can be collected meanwhile.
    async accept(outbound, events) {
      if (outbound.targets.length === 0 && outbound.hasLostTargets) throw new PluginError('TARGETS_MISSING');
      const acceptedAt = now();
      const receivedAt = wall();
      const targets = namesOf(outbound);
      const prepared = events.map((event): Prepared => {
        if (!isJsonObject(event)) return { kind: 'invalid', code: 'ELEMENT_NOT_OBJECT', path: '' };
        const conversion = convertOutbound(event, outbound, receivedAt);
        return conversion.kind === 'converted' ? toOutboxEvents(conversion, outbound, targets, acceptedAt) : conversion;
      });
      return store(prepared, outbound.exposureWindowMs);
    },
  };
}
