// Counts over time: by the minute for an hour, by the hour for 14 days. Bounded, whatever the clock does and however many workspaces there are.

import { parseJson } from '../../base/json.js';
import type { EpochMs } from '../../base/time.js';
import { addCounts, type Counts, type Differences, noCounts, type RowKey, STAGES, stageCounts } from './pipeline.js';
import type { OverviewQuery, PipelineRow, PipelineSeries, Stage } from './shapes.js';

/** What is kept of a length of time, and how much of it is shown. A few more are kept than are shown: those of a clock that was wrong for a while stand among them. */
interface Step {
  readonly name: 'minute' | 'hour';
  readonly ms: number;
  readonly shown: number;
  readonly kept: number;
}

const MINUTE: Step = { name: 'minute', ms: 60_000, shown: 60, kept: 75 };
const HOUR: Step = { name: 'hour', ms: 3_600_000, shown: 336, kept: 360 };

/** Rows that are told apart; those of other workspaces are added up in one for each direction. 200 rows that have something in each step take 10 MB. */
export const MAX_ROWS = 200;

/** The workspace of the row in which others are added up. */
export const OTHERS = '*';

interface Bucket {
  readonly at: EpochMs;
  readonly rows: Map<RowKey, Counts>;
  /** As it is written; absent since it was changed. */
  text?: string;
}

function partsOf(key: RowKey): Pick<PipelineRow, 'workspace' | 'direction' | 'target'> {
  const [workspace = '', direction = '', target = ''] = key.split('/');
  return { workspace, direction: direction === 'outbound' ? 'outbound' : 'inbound', target };
}

function isChosen(key: RowKey, choice: OverviewQuery): boolean {
  const parts = partsOf(key);
  return (['workspace', 'direction', 'target'] as const).every(
    (name) => choice[name] === undefined || choice[name] === parts[name],
  );
}

/** The last steps of one length, in the order in which they were first counted in: that is no order of time where the clock was set. */
class Steps {
  readonly step: Step;
  readonly buckets: Bucket[] = [];

  constructor(step: Step) {
    this.step = step;
  }

  /** @returns the buckets that had to go */
  add(at: EpochMs, differences: Differences): readonly Bucket[] {
    const from = Math.floor(at / this.step.ms) * this.step.ms;
    const bucket = this.#bucketAt(from);
    delete bucket.text;
    for (const [key, counts] of differences) {
      let row = bucket.rows.get(key);
      if (row === undefined) {
        row = noCounts();
        bucket.rows.set(key, row);
      }
      addCounts(row, counts);
    }
    return this.buckets.splice(0, Math.max(0, this.buckets.length - this.step.kept));
  }

  #bucketAt(from: EpochMs): Bucket {
    // The newest is the one, mostly.
    let bucket = this.buckets.findLast(({ at }) => at === from);
    if (bucket === undefined) {
      bucket = { at: from, rows: new Map() };
      this.buckets.push(bucket);
    }
    return bucket;
  }

  /** The steps that are shown at this time. */
  #shown(now: EpochMs): { readonly first: EpochMs; readonly last: EpochMs } {
    const last = Math.floor(now / this.step.ms) * this.step.ms;
    return { first: last - (this.step.shown - 1) * this.step.ms, last };
  }

  /** Sums by row of what is shown. */
  sums(now: EpochMs): ReadonlyMap<RowKey, Counts> {
    const { first, last } = this.#shown(now);
    const sums = new Map<RowKey, Counts>();
    for (const { at, rows } of this.buckets) {
      if (at < first || at > last) continue;
      for (const [key, counts] of rows) {
        const sum = sums.get(key) ?? noCounts();
        sums.set(key, sum);
        addCounts(sum, counts);
      }
    }
    return sums;
  }

  series(now: EpochMs, choice: OverviewQuery): PipelineSeries {
    const { ms, shown } = this.step;
    const { first } = this.#shown(now);
    const steps = Array.from({ length: shown }, () => noCounts());
    for (const { at, rows } of this.buckets) {
      const sum = steps[(at - first) / ms];
      if (sum === undefined) continue;
      for (const [key, counts] of rows) if (isChosen(key, choice)) addCounts(sum, counts);
    }
    const counts = Object.fromEntries(STAGES.map((stage, index) => [stage, steps.map((sum) => sum[index] ?? 0)]));
    return {
      stepMs: ms,
      at: steps.map((_sum, index) => first + index * ms),
      counts: counts as Record<Stage, number[]>,
    };
  }
}

function toText({ name }: Step, bucket: Bucket): string {
  bucket.text ??= JSON.stringify([name, bucket.at, [...bucket.rows].map(([key, counts]) => [key, ...counts])]);
  return bucket.text;
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

function readRow(row: unknown): readonly [RowKey, Counts] | undefined {
  if (!Array.isArray(row)) return undefined;
  const [key, ...counts] = row;
  const isRow = typeof key === 'string' && key.split('/').length === 3 && counts.length === STAGES.length;
  return isRow && counts.every(isCount) ? [key as RowKey, counts] : undefined;
}

/** What became of events, over time. */
export class History {
  readonly #minutes = new Steps(MINUTE);
  readonly #hours = new Steps(HOUR);
  /** Rows that stand in any step. */
  readonly #rows = new Set<RowKey>();

  /** @param at by the system's clock, which may have been set */
  add(at: EpochMs, differences: Differences): void {
    const admitted = this.#admit(differences);
    for (const steps of [this.#minutes, this.#hours]) for (const { rows } of steps.add(at, admitted)) this.#leave(rows);
  }

  /** The same with rows that there is room for: those of others are added up. */
  #admit(differences: Differences): Differences {
    const admitted = new Map<RowKey, Counts>();
    for (const [key, counts] of differences) {
      const own = this.#rows.has(key) || this.#rows.size < MAX_ROWS;
      const named: RowKey = own ? key : `${OTHERS}/${partsOf(key).direction}/`;
      this.#rows.add(named);
      const known = admitted.get(named);
      if (known === undefined) admitted.set(named, [...counts]);
      else addCounts(known, counts);
    }
    return admitted;
  }

  /** Rows that stand in no bucket any more make room for others. */
  #leave(gone: ReadonlyMap<RowKey, Counts>): void {
    for (const key of gone.keys()) {
      const stands = [this.#minutes, this.#hours].some(({ buckets }) => buckets.some(({ rows }) => rows.has(key)));
      if (!stands) this.#rows.delete(key);
    }
  }

  /** All rows with something in the last 14 days. */
  rows(now: EpochMs): readonly PipelineRow[] {
    const lastHour = this.#minutes.sums(now);
    const last14Days = this.#hours.sums(now);
    const keys = new Set([...last14Days.keys(), ...lastHour.keys()]);
    return [...keys].sort().map((key) => ({
      ...partsOf(key),
      lastHour: stageCounts(lastHour.get(key) ?? []),
      last14Days: stageCounts(last14Days.get(key) ?? []),
    }));
  }

  series(now: EpochMs, choice: OverviewQuery): { readonly minutes: PipelineSeries; readonly hours: PipelineSeries } {
    return { minutes: this.#minutes.series(now, choice), hours: this.#hours.series(now, choice) };
  }

  /** A line for each step that is kept. One that did not change since is not put together anew. */
  lines(): readonly string[] {
    return [this.#minutes, this.#hours].flatMap(({ step, buckets }) => buckets.map((bucket) => toText(step, bucket)));
  }

  /** Takes back what `lines` gave. @returns false for a line that it did not give */
  restore(line: string): boolean {
    const read = parseJson(line);
    if (!Array.isArray(read) || read.length !== 3) return false;
    const [name, at, rows] = read;
    const steps = [this.#minutes, this.#hours].find(({ step }) => step.name === name);
    if (steps === undefined || !Number.isSafeInteger(at) || !Array.isArray(rows)) return false;
    const found = rows.map(readRow);
    if (!found.every((row) => row !== undefined)) return false;
    for (const { rows: gone } of steps.add(at, this.#admit(new Map(found)))) this.#leave(gone);
    return true;
  }
}
