// What became of events over time: a chart, and the same numbers in a table for those who cannot see it.

import { html } from 'htm/preact';
import { useMemo } from 'preact/hooks';
import type { PipelineSeries, Stage } from '../../../operate/overview/shapes.js';
import { Chart, type Column, Count, formatMoment, type Series, Table, Time } from '../../components/index.js';
import { STAGE_WORDS } from './words.js';

const LINES: readonly (readonly [Stage, Series['tone']])[] = [
  ['received', 'plain'],
  ['delivered', 'good'],
  ['filtered', 'accent'],
  ['pending_retry', 'warn'],
  ['failed_delivery', 'bad'],
];

const sum = (values: readonly number[]) => values.reduce((total, each) => total + each, 0);

interface Step {
  readonly at: number;
  readonly counts: readonly number[];
}

/** Steps in which something was counted, the newest first: most of 336 hours are empty where little comes. */
function stepsOf({ at, counts }: PipelineSeries, stages: readonly Stage[]): readonly Step[] {
  const steps = at.map((from, index) => ({ at: from, counts: stages.map((stage) => counts[stage][index] ?? 0) }));
  return steps.filter((step) => sum(step.counts) > 0).reverse();
}

const ALL = Object.keys(STAGE_WORDS) as Stage[];

/** @param name what it is of; read aloud */
export function History({ series, name }: { readonly series: PipelineSeries; readonly name: string }) {
  const { at, counts, stepMs } = series;
  const step = stepMs === 60_000 ? 'minute' : 'hour';
  const times = useMemo(() => at.map((from) => from / 1000), [at]);
  const lines = useMemo(
    () => LINES.map(([stage, tone]) => ({ title: STAGE_WORDS[stage], values: counts[stage], tone })),
    [counts],
  );
  const steps = useMemo(() => stepsOf(series, ALL), [series]);
  const columns: readonly Column<Step>[] = [
    { id: 'at', title: `From`, cell: ({ at: from }) => html`<${Time} at=${from} />` },
    ...ALL.map((stage, index) => ({
      id: stage,
      title: STAGE_WORDS[stage],
      numeric: true,
      cell: ({ counts: row }: Step) => html`<${Count} value=${row[index] ?? 0} />`,
    })),
  ];
  const [first = 0] = at;
  const told = `${sum(counts.received)} events received, ${sum(counts.delivered)} delivered and ${sum(counts.failed_delivery)} given up since ${formatMoment(first)}`;
  return html`<${Chart} label=${`${name} by the ${step}: ${told}. The table below has the numbers.`} times=${times} series=${lines} height=${190} />
    <details class="overview-numbers">
      <summary>The same as a table</summary>
      ${
        steps.length === 0
          ? html`<p class="muted">Nothing was counted.</p>`
          : html`<div class="overview-scroll">
              <${Table} caption=${`${name} by the ${step}`} columns=${columns} rows=${steps} rowKey=${(row: Step) => String(row.at)} />
            </div>`
      }
    </details>`;
}
