// How lanes stand: one target of one workspace each.

import { html } from 'htm/preact';
import type { LaneOverview, StatusAnswer } from '../../../operate/overview/shapes.js';
import { Badge, type Column, Count, Empty, Table, Time } from '../../components/index.js';
import { pageHref } from '../../router.js';
import { targetWords } from './words.js';

const TONES = { closed: 'good', open: 'bad', 'half-open': 'warn' } as const;

function deadLetters({ workspace, target, deadLetters: count }: LaneOverview) {
  if (count === 0) return html`<${Count} value=${0} />`;
  return html`<a href=${pageHref('dead-letters', { workspace, target })}><${Count} value=${count} /></a>`;
}

const COLUMNS: readonly Column<LaneOverview>[] = [
  { id: 'workspace', title: 'Workspace', cell: ({ workspace }) => workspace },
  { id: 'target', title: 'Target', cell: ({ target }) => targetWords(target) },
  { id: 'circuit', title: 'Circuit', cell: ({ circuit }) => html`<${Badge} tone=${TONES[circuit]}>${circuit}<//>` },
  {
    id: 'next',
    title: 'Next try',
    cell: ({ nextTryAt }) => (nextTryAt === undefined ? '' : html`<${Time} at=${nextTryAt} as="ago" />`),
  },
  { id: 'waiting', title: 'Waiting', numeric: true, cell: ({ waiting }) => html`<${Count} value=${waiting} />` },
  {
    id: 'oldest',
    title: 'Oldest',
    cell: ({ oldestAcceptedAt }) =>
      oldestAcceptedAt === undefined ? '' : html`<${Time} at=${oldestAcceptedAt} as="ago" />`,
  },
  { id: 'dead', title: 'Dead letters', numeric: true, cell: deadLetters },
  { id: 'problem', title: 'Last answer', wide: true, cell: ({ problem }) => problem ?? '' },
];

/** The table. */
export function Lanes({ lanes, laneCount }: Pick<StatusAnswer, 'lanes' | 'laneCount'>) {
  if (lanes.length === 0)
    return html`<${Empty} title="No lane yet">Each target of a workspace gets one with its first event.<//>`;
  return html`<${Table} caption="Lanes: one target of one workspace each" columns=${COLUMNS} rows=${lanes} rowKey=${({ workspace, target }: LaneOverview) => `${workspace}/${target}`} />
    ${laneCount > lanes.length && html`<p class="muted">The ${lanes.length} worst of ${laneCount}.</p>`}`;
}
