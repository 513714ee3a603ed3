// What a lane of changes of an ID list delivers to.

import type { NamedMutex } from '../../base/mutex.js';
import { hostOf } from '../../call/http-request.js';
import type { Part } from '../../dispatch/delivery-target.js';
import type { MembershipChange } from '../../model/conversion.js';
import { listTarget } from '../../outbox/lane-id.js';
import type { CompiledAudiences } from '../../transform/compiled-audiences.js';
import { type DryRunOptions, dryRun } from '../dry-run.js';
import { type Stated, type StatedTarget, unsendable } from '../stated-target.js';
import type { ConsoleClient } from './console-client.js';
import type { SharedByLists } from './known-list.js';
import type { ListCalls } from './list-calls.js';
import { readChange } from './list-changes.js';
import { deliverChanges } from './list-delivery.js';
import { listRequests } from './request.js';

/** What targets are made with. */
export interface IdListTargetOptions extends SharedByLists, DryRunOptions {
  /** `undefined` without a key: a dry run. */
  readonly consoleOf: (audiences: CompiledAudiences) => ConsoleClient | undefined;
  readonly calls: ListCalls;
  /** Changes of a list are made one after another, by whatever lane. */
  readonly oneAtATime: NamedMutex;
}

const REQUESTS_PER_PART = 10;
const MAX_PART_EVENTS = 20_000;
const MAX_PART_BYTES = 5_000_000;

const UNREADABLE = unsendable('the payload is no change of a list');

function readPart(part: Part): readonly MembershipChange[] | undefined {
  const changes: MembershipChange[] = [];
  for (const { payload } of part) {
    const change = readChange(payload);
    if (change === undefined) return undefined;
    changes.push(change);
  }
  return changes;
}

/** Equal for lanes that change the same list. @param id of the console key and its URL */
export function nameInConsole(id: string, listId: string): string {
  return JSON.stringify([id, listId]);
}

/** One list of a workspace. */
export function idListTarget(audiences: CompiledAudiences, listId: string, options: IdListTargetOptions): StatedTarget {
  const { workspaceId, createMissing, windowMs, maxIdsPerRequest } = audiences;
  const { oneAtATime, calls, now } = options;
  const consoleClient = options.consoleOf(audiences);

  const shape = {
    title: `Statsig's ID list ${listId}`,
    // Anyone who lets lists be made does not wait for the circuit of one that was missing.
    identity: JSON.stringify([consoleClient?.id, createMissing]),
    maxBatchEvents: Math.min(MAX_PART_EVENTS, REQUESTS_PER_PART * maxIdsPerRequest),
    maxBatchBytes: MAX_PART_BYTES,
    batchIntervalMs: windowMs,
    requests(part: Part): Stated {
      const changes = readPart(part);
      return changes === undefined ? UNREADABLE : listRequests(audiences, listId, changes, now());
    },
  };
  if (consoleClient === undefined) return dryRun(shape, { workspaceId, target: listTarget(listId) }, options);

  const list = { workspaceId, listId };
  const place = { list, consoleClient: calls.watch(list, consoleClient), createMissing, maxIdsPerRequest };
  return {
    ...shape,
    host: hostOf(audiences.consoleUrl),
    readyAt: consoleClient.readyAt,
    limitName: consoleClient.id,
    send(part, signal) {
      const changes = readPart(part);
      if (changes === undefined) return Promise.resolve(UNREADABLE);
      const name = nameInConsole(consoleClient.id, listId);
      return oneAtATime.run(name, () => deliverChanges(options, place, changes, signal));
    },
  };
}
