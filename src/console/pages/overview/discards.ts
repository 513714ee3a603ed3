// Why events did not go on.

import { html } from 'htm/preact';
import type { DiscardReason, DiscardSample } from '../../../operate/overview/shapes.js';
import { type Column, Count, Empty, Table, Time } from '../../components/index.js';
import { pageHref } from '../../router.js';
import { isLists, reasonWords, STAGE_WORDS, targetWords, workspaceWords } from './words.js';

const outcomeWords = (outcome: DiscardReason['outcome']) =>
  outcome === 'duplicate' ? 'Repeated' : STAGE_WORDS[outcome];

/** Where samples of it are: dead letters have a page of their own. */
function linkOf({ workspace, target, outcome, reason }: DiscardReason): string {
  if (outcome === 'failed_delivery')
    return pageHref('dead-letters', { workspace, target: isLists(target) ? undefined : target, reason });
  const list = outcome === 'failed_on_ingest' || outcome === 'pending_retry' ? 'errors' : undefined;
  return pageHref('live', {
    list,
    workspace,
    outcome,
    search: outcome === 'failed_on_ingest' ? reason.toUpperCase() : reason,
  });
}

/** One event of it, which the tester shows with each decision. */
function sampleCell({ id, at, event, user, hasEvent }: DiscardSample) {
  const name = event ?? user ?? 'An event without a name';
  return html`${hasEvent ? html`<a href=${pageHref('tester', { entry: id })}>${name}</a>` : name}${' '}
    <span class="muted"><${Time} at=${at} as="ago" /></span>`;
}

const COLUMNS: readonly Column<DiscardReason>[] = [
  { id: 'workspace', title: 'Workspace', cell: ({ workspace }) => workspaceWords(workspace) },
  { id: 'target', title: 'Target', cell: ({ target, direction }) => (target === '' ? direction : targetWords(target)) },
  { id: 'outcome', title: 'Outcome', cell: ({ outcome }) => outcomeWords(outcome) },
  {
    id: 'reason',
    title: 'Reason',
    cell: ({ reason }) => (reason === '' ? 'sent before' : reasonWords(reason)),
  },
  { id: 'count', title: 'Events', numeric: true, cell: ({ count }) => html`<${Count} value=${count} />` },
  {
    id: 'samples',
    title: 'Samples',
    wide: true,
    cell: (row) =>
      html`<ul class="overview-samples">
        ${row.samples.map((sample) => html`<li key=${sample.id}>${sampleCell(sample)}</li>`)}
        <li><a href=${linkOf(row)}>Show all<span class="out-of-sight"> ${outcomeWords(row.outcome)}: ${reasonWords(row.reason)}</span></a></li>
      </ul>`,
  },
];

/** The table, since the start of the process. */
export function Discards({ discards }: { readonly discards: readonly DiscardReason[] }) {
  if (discards.length === 0)
    return html`<${Empty} title="Every event went on">None was filtered, refused or given up since the start.<//>`;
  return html`<${Table}
    caption="Why events did not go on, since the start of the process"
    columns=${COLUMNS}
    rows=${discards}
    rowKey=${(row: DiscardReason) => [row.workspace, row.direction, row.target, row.outcome, row.reason].join('/')}
  />`;
}
