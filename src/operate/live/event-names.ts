// Names of events seen lately and how many there were, estimated from those that were looked at.

import { growingCache } from '../../base/growing-cache.js';
import type { EpochMs } from '../../base/time.js';
import type { LiveName, LiveProtocol } from './shapes.js';

/** Workspaces, and names of each, that are remembered. */
const MAX_WORKSPACES = 1_000;
const MAX_NAMES = 500;

interface Name {
  readonly protocol: LiveProtocol;
  /** Of the events that were looked at. */
  looked: number;
  lastAt: EpochMs;
}

interface Seen {
  readonly since: EpochMs;
  events: number;
  looked: number;
  readonly names: Map<string, Name>;
}

/** What was seen of a workspace's names. */
export interface SeenNames {
  readonly since: EpochMs;
  readonly estimated: boolean;
  /** Most first. */
  readonly names: readonly LiveName[];
}

/** Counts names by workspace. */
export class EventNames {
  readonly #now: () => EpochMs;
  readonly #seen = growingCache<Seen>(MAX_WORKSPACES);
  #lastId: string | undefined;
  #last: Seen | undefined;

  constructor(now: () => EpochMs) {
    this.#now = now;
  }

  #of(workspaceId: string): Seen {
    if (this.#last !== undefined && workspaceId === this.#lastId) return this.#last;
    const seen = this.#seen.get(workspaceId) ?? { since: this.#now(), events: 0, looked: 0, names: new Map() };
    this.#seen.set(workspaceId, seen);
    this.#lastId = workspaceId;
    this.#last = seen;
    return seen;
  }

  /** Some events came, of which some are looked at. */
  saw(workspaceId: string, events: number, looked: number): void {
    const seen = this.#of(workspaceId);
    seen.events += events;
    seen.looked += looked;
  }

  /** One of those that are looked at. */
  count(workspaceId: string, protocol: LiveProtocol, name: string | undefined): void {
    if (name === undefined) return;
    const { names } = this.#of(workspaceId);
    const known = names.get(name);
    if (known !== undefined) {
      known.looked += 1;
      known.lastAt = this.#now();
      return;
    }
    if (names.size >= MAX_NAMES) names.delete(rarest(names));
    names.set(name, { protocol, looked: 1, lastAt: this.#now() });
  }

  of(workspaceId: string): SeenNames | undefined {
    const seen = this.#seen.get(workspaceId);
    if (seen === undefined) return undefined;
    const each = seen.events / Math.max(1, seen.looked);
    const names = [...seen.names].map(
      ([name, { looked, lastAt, protocol }]): LiveName => ({
        name,
        events: Math.round(looked * each),
        lastAt,
        protocol,
      }),
    );
    return {
      since: seen.since,
      estimated: seen.looked < seen.events,
      names: names.toSorted((a, b) => b.events - a.events || b.lastAt - a.lastAt),
    };
  }
}

function rarest(names: ReadonlyMap<string, Name>): string {
  let found = '';
  let least = Number.POSITIVE_INFINITY;
  for (const [name, { looked }] of names) {
    if (looked === 1) return name;
    if (looked >= least) continue;
    least = looked;
    found = name;
  }
  return found;
}
