// What the overview knows of other workers: each tells what it has seen when it is asked.

import type { EpochMs } from '../../base/time.js';
import type { DispatcherStatus } from '../../dispatch/dispatcher-options.js';
import type { EventLabel, Metrics, NotedLabel } from '../metrics.js';
import type { CountedSeries } from '../series-counter.js';
import { AllSeries } from './all-series.js';
import type { RefusedSender } from './refused-senders.js';
import type { RefusedKey } from './target-answers.js';

/** What a worker has seen since its start. */
export interface SeenByWorker {
  readonly startedAt: EpochMs;
  readonly events: readonly CountedSeries<EventLabel>[];
  readonly noted: readonly CountedSeries<NotedLabel>[];
  readonly refusedKeys: readonly RefusedKey[];
  readonly refusedSenders: readonly RefusedSender[];
  /** Absent where it delivers nothing. */
  readonly dispatcher?: DispatcherStatus;
}

/** Asks the others. */
export type AskOthers = () => Promise<readonly { readonly number: number; readonly text: string }[]>;

/** The others, as of the last look. */
export class OtherWorkers {
  readonly #own: Pick<Metrics, 'events' | 'noted'>;
  readonly #ask: AskOthers;
  readonly #events = new AllSeries<EventLabel>();
  readonly #noted = new AllSeries<NotedLabel>();
  #seen: readonly SeenByWorker[] = [];

  constructor(own: Pick<Metrics, 'events' | 'noted'>, ask: AskOthers) {
    this.#own = own;
    this.#ask = ask;
  }

  /** What all have counted, this one too. */
  get metrics(): Pick<Metrics, 'events' | 'noted'> {
    return { events: this.#events.series, noted: this.#noted.series };
  }

  get seen(): readonly SeenByWorker[] {
    return this.#seen;
  }

  async look(): Promise<void> {
    const answers = await this.#ask();
    this.#events.add('own', this.#own.events);
    this.#noted.add('own', this.#own.noted);
    this.#seen = answers.map(({ number, text }) => {
      const seen: SeenByWorker = JSON.parse(text);
      const who = `${number} ${seen.startedAt}`;
      this.#events.add(who, seen.events);
      this.#noted.add(who, seen.noted);
      return seen;
    });
  }
}

/** One of each name, made of all of that name. */
function byName<T>(all: readonly T[], nameOf: (each: T) => string, join: (known: T, each: T) => T): readonly T[] {
  const found = new Map<string, T>();
  for (const each of all) {
    const name = nameOf(each);
    const known = found.get(name);
    found.set(name, known === undefined ? each : join(known, each));
  }
  return [...found.values()];
}

/** Where one is refused, and another is not asked, it is refused. */
export function joinRefusedKeys(all: readonly RefusedKey[]): readonly RefusedKey[] {
  return byName(
    all,
    ({ workspaceId, target, isRudderstacks }) => `${workspaceId} ${target} ${isRudderstacks}`,
    (a, b) => ({ ...(a.at < b.at ? b : a), events: a.events + b.events }),
  );
}

/** The newest first. */
export function joinRefusedSenders(all: readonly RefusedSender[]): readonly RefusedSender[] {
  const rows = byName(
    all,
    ({ route, code, workspace, sentIs }) => [route, code, workspace, ...sentIs].join(' '),
    (a, b) => ({ ...(a.lastAt < b.lastAt ? b : a), count: a.count + b.count }),
  );
  return [...rows].sort((a, b) => b.lastAt - a.lastAt);
}

/** A lane is one worker's at a time; a host that does not answer one is told. */
export function joinDispatchers(own: DispatcherStatus, others: readonly DispatcherStatus[]): DispatcherStatus {
  const all = [own, ...others];
  return {
    running: own.running,
    inFlight: all.reduce((sum, { inFlight }) => sum + inFlight, 0),
    hosts: byName(
      all.flatMap(({ hosts }) => hosts),
      ({ host }) => host,
      (known) => known,
    ),
    lanes: byName(
      all.flatMap(({ lanes }) => lanes),
      ({ lane }) => lane,
      (known, each) => (known.circuit === 'closed' && known.inFlight === 0 ? each : known),
    ),
  };
}
