// Brings what other workers see into the live log of the first, which operators watch.

import type { EntryExtra } from './kept-entry.js';
import type { LiveLog, LiveRelay } from './live-log.js';
import type { LiveEntry } from './shapes.js';

/** The other workers, as the live log knows them. */
export interface LiveCrew {
  /** Whether operators watch this one. */
  readonly isFirst: boolean;
  /** Gives entries to the first. @param text JSON */
  giveEntries(text: string): void;
  onEntries(listener: (text: string) => void): void;
  /** Tells the others whether all is to be kept. */
  tellWatched(isWatched: boolean): void;
  onWatched(listener: (isWatched: boolean) => void): void;
}

/** What came to a worker, since it told last. */
interface Parcel {
  readonly entries: readonly { readonly entry: LiveEntry; readonly extra: EntryExtra }[];
  /** Entries that it did not keep. */
  readonly good: number;
  readonly bad: number;
}

/** Milliseconds between two parcels. */
const PARCEL_MS = 100;

/** Collects what a worker keeps, which is bounded by the second. */
export class EntryRelay implements LiveRelay {
  readonly #give: (text: string) => void;
  #entries: Parcel['entries'][number][] = [];
  #good = 0;
  #bad = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(give: (text: string) => void) {
    this.#give = give;
  }

  kept(entry: LiveEntry, extra: EntryExtra): void {
    this.#entries.push({ entry, extra });
    this.#soon();
  }

  skipped(isBad: boolean, count: number): void {
    if (isBad) this.#bad += count;
    else this.#good += count;
    this.#soon();
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  #soon(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      const parcel: Parcel = { entries: this.#entries, good: this.#good, bad: this.#bad };
      this.#entries = [];
      this.#good = 0;
      this.#bad = 0;
      this.#give(JSON.stringify(parcel));
    }, PARCEL_MS).unref();
  }
}

/** Takes what others give, in the first; keeps all in another while somebody watches the first. */
export function followWorkers({
  log,
  crew,
  revisionOf,
}: {
  readonly log: LiveLog;
  readonly crew: LiveCrew;
  readonly revisionOf: (workspaceId: string) => number | undefined;
}): void {
  let leave: (() => void) | undefined;
  crew.onWatched((isWatched) => {
    if (isWatched) leave ??= log.watch(() => {});
    else {
      leave?.();
      leave = undefined;
    }
  });
  crew.onEntries((text) => {
    const { entries, good, bad }: Parcel = JSON.parse(text);
    log.skipGood(good);
    log.skipBad(bad);
    for (const {
      entry: { id: _, at, hasEvent: __, ...entry },
      extra,
    } of entries) {
      const isRoom = log.hasRoom(entry.outcome);
      // Each worker counts the revisions of its settings by itself.
      const revision = extra.revision === undefined ? undefined : revisionOf(entry.workspace ?? '');
      if (isRoom) log.add(entry, { ...extra, ...(revision !== undefined && { revision }) }, at);
    }
  });
}
