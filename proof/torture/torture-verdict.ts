// Judges a run of the torture by its ledgers: what was lost, came twice, came out of order, or died without being poison.

import { isCutOff, isTaken } from './torture-deeds.js';
import type { PushedEvent } from './torture-events.js';
import { type Disturbance, excusesFor, type Trouble } from './torture-excuses.js';
import type { LedgerEntry } from './torture-stand-in.js';

/** What a run left behind. */
export interface Evidence {
  /** Events whose push was answered 2xx, once for each place that they go to. */
  readonly accepted: readonly PushedEvent[];
  readonly ledger: readonly LedgerEntry[];
  readonly deadLetters: readonly { readonly id: string; readonly reason: string }[];
  /** What was done to the processes and the database. */
  readonly disturbances: readonly Disturbance[];
}

/** What became of the events. Lists name the events, for people. */
export interface Verdict {
  readonly delivered: number;
  readonly lost: readonly string[];
  /** Repetitions whose first answer was cut off. */
  readonly repeatedAfterCut: number;
  /** Repetitions whose first answer came, but may not have been written down: how many for each trouble. */
  readonly repeatedAfter: ReadonlyMap<Trouble, number>;
  /** Longest time from such a request to the trouble. */
  readonly longestUnwrittenMs: number;
  readonly unexplained: readonly string[];
  readonly reordered: readonly string[];
  readonly deadLetters: number;
  /** Healthy events among the dead letters, poison that is missing there, and events that are in both places. */
  readonly wrongDeadLetters: readonly string[];
  /** Groups of events of which one is to arrive. */
  readonly windows: number;
  /** Of these, where an event became a dead letter, so that another one was to arrive. */
  readonly windowsGivenBack: number;
  /** Of these, where none or more than one arrived. */
  readonly wrongWindows: readonly string[];
}

/**
 * An exposure that its window kept back the first time, and no longer when the push was sent again, comes behind those of the push that were stored the
 * first time.
 */
function mayComeLate({ once, wasRepeated = false }: PushedEvent): boolean {
  return once !== undefined && wasRepeated;
}

function findReordered(taken: readonly LedgerEntry[], events: ReadonlyMap<string, PushedEvent>): readonly string[] {
  const highest = new Map<string, number>();
  const seen = new Set<string>();
  const reordered: string[] = [];
  for (const id of taken.flatMap(({ ids }) => ids)) {
    const event = events.get(id);
    if (event === undefined || seen.has(id) || mayComeLate(event)) continue;
    seen.add(id);
    const before = highest.get(event.user) ?? 0;
    if (event.number < before) reordered.push(`${id} came after number ${before}`);
    highest.set(event.user, Math.max(before, event.number));
  }
  return reordered;
}

/** A poison event of a group may have been kept back by the one before it. */
function isWrongEnd({ poison, once }: PushedEvent, reason: string | undefined): boolean {
  return reason !== poison && (once === undefined || reason !== undefined);
}

function findWrongDeadLetters(
  accepted: readonly PushedEvent[],
  deadLetters: Evidence['deadLetters'],
  delivered: ReadonlySet<string>,
): readonly string[] {
  const dead = new Map(deadLetters.map(({ id, reason }) => [id, reason]));
  const wrong = accepted
    .filter((event) => isWrongEnd(event, dead.get(event.id)))
    .map(({ id, poison }) => `${id} is ${dead.get(id) ?? 'no dead letter'} instead of ${poison ?? 'delivered'}`);
  const twice = deadLetters.length === dead.size ? [] : ['an event is a dead letter twice'];
  const both = [...dead.keys()].filter((id) => delivered.has(id)).map((id) => `${id} is delivered and a dead letter`);
  return [...wrong, ...twice, ...both];
}

function judgeWindows(
  accepted: readonly PushedEvent[],
  delivered: ReadonlySet<string>,
  dead: ReadonlySet<string>,
): Pick<Verdict, 'windows' | 'windowsGivenBack' | 'wrongWindows'> {
  const groups = new Map<string, PushedEvent[]>();
  for (const event of accepted) {
    if (event.once === undefined) continue;
    const group = groups.get(event.once);
    if (group === undefined) groups.set(event.once, [event]);
    else group.push(event);
  }
  const arrived = [...groups].map(([name, group]) => ({
    name,
    ids: group.map(({ id }) => id).filter((id) => delivered.has(id)),
  }));
  return {
    windows: groups.size,
    windowsGivenBack: [...groups.values()].filter((group) => group.some(({ id }) => dead.has(id))).length,
    wrongWindows: arrived
      .filter(({ ids }) => ids.length !== 1)
      .map(({ name, ids }) => `${name}: ${ids.join(' and ') || 'none'} arrived`),
  };
}

/** Judges a run that has drained. Pure. */
export function judgeRun({ accepted, ledger, deadLetters, disturbances }: Evidence): Verdict {
  const events = new Map(accepted.map((event) => [event.id, event]));
  const excuseFor = excusesFor(ledger, disturbances);
  const taken = ledger.filter(isTaken);
  const lastTaken = new Map<string, LedgerEntry>();
  const unexplained: string[] = [];
  let repeatedAfterCut = 0;
  const repeatedAfter = new Map<Trouble, number>();
  let longestUnwrittenMs = 0;
  for (const entry of taken) {
    for (const id of entry.ids) {
      const before = lastTaken.get(id);
      lastTaken.set(id, entry);
      if (before === undefined) continue;
      const excuse = excuseFor(before, entry);
      if (isCutOff(before)) repeatedAfterCut += 1;
      else if (excuse !== undefined) {
        repeatedAfter.set(excuse.trouble, (repeatedAfter.get(excuse.trouble) ?? 0) + 1);
        longestUnwrittenMs = Math.max(longestUnwrittenMs, excuse.unwrittenMs);
      } else
        unexplained.push(
          `${id}, taken at ${before.at} (${before.deed}) from ${before.session} and again at ${entry.at} from ${entry.session}`,
        );
    }
  }
  const delivered = new Set(lastTaken.keys());
  const dead = new Set(deadLetters.map(({ id }) => id));
  return {
    delivered: delivered.size,
    lost: accepted
      .filter(({ id, once }) => once === undefined && !delivered.has(id) && !dead.has(id))
      .map(({ id }) => id),
    repeatedAfterCut,
    repeatedAfter,
    longestUnwrittenMs,
    unexplained,
    reordered: findReordered(taken, events),
    deadLetters: deadLetters.length,
    wrongDeadLetters: findWrongDeadLetters(accepted, deadLetters, delivered),
    ...judgeWindows(accepted, delivered, dead),
  };
}
