// Looks at the counters now and then, and keeps what they say beside the outbox.

import { Mutex } from '../../base/mutex.js';
import type { EpochMs } from '../../base/time.js';
import type { EventLabel } from '../metrics.js';
import type { CountedSeries } from '../series-counter.js';
import { History } from './history.js';
import type { HistoryFile } from './history-file.js';
import { createDifferences } from './pipeline.js';
import type { OverviewQuery, PipelineHistory, PipelineRow } from './shapes.js';

/** Milliseconds between two looks at the counters: what is counted in between belongs to the minute of the second look. */
const LOOK_MS = 10_000;

/** Milliseconds between two writes: a kill loses no more of the history. */
const WRITE_MS = 60_000;

/** What the history is made of. */
export interface HistoryOptions {
  readonly events: readonly CountedSeries<EventLabel>[];
  readonly file: HistoryFile;
  /** The time as the system has it. */
  readonly wall: () => EpochMs;
  /** Milliseconds that no one sets. */
  readonly uptime: () => number;
  /** Brings the counters up to date before each look. Default: they are. */
  readonly refresh?: (() => Promise<void>) | undefined;
  /** Told at each look. */
  readonly onLook: () => void;
}

/** The history of the process. */
export interface KeptHistory {
  /** Reads what an earlier run has left, and begins to look. Does not throw. */
  start(): void;
  /** Looks at once. Resolves when what an earlier run has left is known, too. */
  look(): Promise<void>;
  rows(): readonly PipelineRow[];
  series(choice: OverviewQuery): PipelineHistory;
  /** Looks a last time, and writes. */
  close(): Promise<void>;
}

/** Nothing is read or written before `start`. */
export function keepHistory({ events, file, wall, uptime, refresh, onLook }: HistoryOptions): KeptHistory {
  const history = new History();
  const differences = createDifferences(events);
  let timer: NodeJS.Timeout | undefined;
  let loaded: Promise<boolean> | undefined;
  let isChanged = false;
  let writtenAt = Number.NEGATIVE_INFINITY;
  const oneAtATime = new Mutex();
  let isKept = false;

  function count(): void {
    const found = differences();
    if (found.size === 0) return;
    history.add(wall(), found);
    isChanged = true;
  }

  /** The directory may have been made since. */
  async function write(): Promise<void> {
    isKept = await file.isThere();
    if (!isKept || !isChanged) return;
    isChanged = false;
    writtenAt = uptime();
    await file.save(history.lines());
  }

  async function look(): Promise<void> {
    await loaded;
    await refresh?.();
    count();
    onLook();
    if (loaded !== undefined && uptime() - writtenAt >= WRITE_MS) await oneAtATime.run(write);
  }

  async function load(): Promise<boolean> {
    await file.load((line) => history.restore(line));
    isKept = await file.isThere();
    return isKept;
  }

  return {
    start() {
      loaded ??= load();
      timer ??= setInterval(() => void look(), LOOK_MS).unref();
    },
    look,
    rows: () => history.rows(wall()),
    series: (choice) => ({
      ...history.series(wall(), choice),
      ...(isKept && { file: file.path }),
      ...(file.problem !== undefined && { problem: file.problem }),
    }),
    async close() {
      clearInterval(timer);
      if (loaded === undefined) return;
      await loaded;
      count();
      await oneAtATime.run(write);
    },
  };
}
