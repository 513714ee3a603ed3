// Takes the events Statsig pushes to us through the line and onto disk, a copy for each target.

import { PluginError } from '../base/errors.js';
import type { EpochMs } from '../base/time.js';
import type { Notes } from '../model/notes.js';
import type { Appended, Outbox, OutboxEvent } from '../outbox/outbox.js';
import type { CompiledOutbound } from '../transform/compiled-outbound.js';
import type { Ingested } from './inbound.js';
import type { IngestWatch, TellResults } from './ingest-watch.js';
import { addressCall, decideOutbound, type ReadyCalls, repeatedExposure, targetsOf } from './outbound-line.js';

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
interface Stored {
  readonly kind: 'stored';
  readonly calls: readonly OutboxEvent[];
  readonly notes: Notes | undefined;
}

type Decided = Stored | Ingested;

/** Statsig's ids stand for no one else's. */
const ORIGIN = 'statsig';

function toOutboxEvents(ready: ReadyCalls, targets: readonly string[], acceptedAt: EpochMs): Decided {
  const { outbound, exposure, notes } = ready;
  const { workspaceId, exposureWindowMs } = outbound;
  const stored: OutboxEvent[] = [];
  for (const call of ready.calls) {
    for (const target of targets) {
      const { messageId, payload } = addressCall(ready, call, target);
      stored.push({
        workspaceId,
        target,
        messageId,
        origin: ORIGIN,
        ...(exposure !== undefined && {
          once: { key: `${exposure.key}:${call.format}`, value: exposure.value, windowMs: exposureWindowMs },
        }),
        payload,
        person: call.person ?? null,
        acceptedAt,
      });
    }
  }
  return { kind: 'stored', calls: stored, notes };
}

/** What is left of an event while the disk syncs. */
interface Waiting {
  readonly kind: 'waiting';
  /** Of its calls. */
  readonly count: number;
  readonly notes: Notes | undefined;
}

function resultOf(appended: readonly Appended[], { notes }: Waiting, outbound: CompiledOutbound): Ingested {
  if (appended.includes('accepted')) return notes === undefined ? { kind: 'accepted' } : { kind: 'accepted', notes };
  if (appended.includes('duplicate')) return { kind: 'duplicate' };
  return repeatedExposure(outbound);
}

/**
 * @param now by the clock of deliveries
 * @param wall the same by the system's clock: the time of events that have none
 * @param watch told of each call
 */
export function createOutboundIngest(
  outbox: Pick<Outbox, 'append'>,
  now: () => EpochMs = Date.now,
  wall: () => EpochMs = now,
  watch?: IngestWatch,
): OutboundIngest {
  /** Waits for the disk, and has neither the events nor their calls: both can be collected meanwhile. */
  async function afterStoring(
    storing: Promise<readonly Appended[]> | undefined,
    answers: readonly (Waiting | Ingested)[],
    outbound: CompiledOutbound,
    tell: TellResults | undefined,
  ): Promise<readonly Ingested[]> {
    const appended = (await storing) ?? [];
    let next = 0;
    const results = answers.map((each): Ingested => {
      if (each.kind !== 'waiting') return each;
      const start = next;
      next += each.count;
      return resultOf(appended.slice(start, next), each, outbound);
    });
    tell?.(results);
    return results;
  }

  function store(
    decided: readonly Decided[],
    outbound: CompiledOutbound,
    tell: TellResults | undefined,
  ): Promise<readonly Ingested[]> {
    const toStore = decided.flatMap((each) => (each.kind === 'stored' ? each.calls : []));
    const answers = decided.map((each): Waiting | Ingested =>
      each.kind === 'stored' ? { kind: 'waiting', count: each.calls.length, notes: each.notes } : each,
    );
    return afterStoring(toStore.length === 0 ? undefined : outbox.append(toStore), answers, outbound, tell);
  }

  return {
    // Leaves the waiting for the disk to `store`, which does not have the events: they can be collected meanwhile.
    async accept(outbound, events) {
      if (outbound.targets.length === 0 && outbound.hasLostTargets) throw new PluginError('TARGETS_MISSING');
      const acceptedAt = now();
      const receivedAt = wall();
      const targets = targetsOf(outbound);
      const decided = events.map((event): Decided => {
        const decision = decideOutbound(event, outbound, 'targets', receivedAt);
        return decision.kind === 'ready' ? toOutboxEvents(decision, targets, acceptedAt) : decision;
      });
      const look = watch?.(outbound.workspaceId, decided);
      return store(decided, outbound, look?.({ protocol: 'statsig', eventAt: (index) => events[index] }));
    },
  };
}
