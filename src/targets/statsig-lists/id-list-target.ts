// What a lane of changes of an ID list delivers to.

import type { NamedMutex } from '../../base/mutex.js';
import { hostOf } from '../../call/host-of.js';
import type { DeliveryTarget, Part, Sent } from '../../dispatch/delivery-target.js';
import type { DryRunRequest } from '../../dispatch/dispatcher-options.js';
import type { MembershipChange } from '../../model/conversion.js';
import type { CompiledAudiences } from '../../transform/compiled-audiences.js';
import type { Console } from './console-api.js';
import { dryRunsOf } from './dry-run-list.js';
import type { SharedByLists } from './known-list.js';
import { readChange } from './list-changes.js';
import { deliverChanges } from './list-delivery.js';

/** What targets are made with. */
export interface IdListTargetOptions extends SharedByLists {
  /** `undefined` without a key: a dry run. */
  readonly consoleOf: (audiences: CompiledAudiences) => Console | undefined;
  /** Changes of a list are made one after another, by whatever lane. */
  readonly oneAtATime: NamedMutex;
  readonly record: (request: DryRunRequest) => void;
}

const REQUESTS_PER_PART = 10;
const MAX_PART_EVENTS = 20_000;
const MAX_PART_BYTES = 5_000_000;

function readPart(part: Part): readonly MembershipChange[] | undefined {
  const changes: MembershipChange[] = [];
  for (const { payload } of part) {
    const change = readChange(payload);
    if (change === undefined) return undefined;
    changes.push(change);
  }
  return changes;
}

/** One list of a workspace. */
export function idListTarget(
  audiences: CompiledAudiences,
  listId: string,
  options: IdListTargetOptions,
): DeliveryTarget {
  const { workspaceId, createMissing, windowMs, maxIdsPerRequest } = audiences;
  const { oneAtATime, now, record } = options;
  const console = options.consoleOf(audiences);

  async function sendNow(part: Part, signal: AbortSignal): Promise<Sent> {
    const changes = readPart(part);
    if (changes === undefined) {
      const message = 'the payload is no change of a list';
      return { kind: 'judged', verdict: { kind: 'failed', status: 400, message, isOurs: true }, retryAfter: undefined };
    }
    if (console === undefined) {
      for (const request of dryRunsOf(audiences, listId, changes, now())) record(request);
      return { kind: 'recorded' };
    }
    const place = { list: { workspaceId, listId }, console, createMissing, maxIdsPerRequest };
    return deliverChanges(options, place, changes, signal);
  }

  return {
    title: `Statsig's ID list ${listId}`,
    // Anyone who lets lists be made does not wait for the circuit of one that was missing.
    identity: JSON.stringify([console?.id, createMissing]),
    maxBatchEvents: Math.min(MAX_PART_EVENTS, REQUESTS_PER_PART * maxIdsPerRequest),
    maxBatchBytes: MAX_PART_BYTES,
    batchIntervalMs: windowMs,
    ...(console !== undefined && {
      host: hostOf(audiences.consoleUrl),
      readyAt: console.readyAt,
      limitName: console.id,
    }),
    send: (part, signal) => oneAtATime.run(JSON.stringify([console?.id, listId]), () => sendNow(part, signal)),
  };
}
