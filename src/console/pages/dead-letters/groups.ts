// Dead letters by target, reason and status, with what to do.

import { html } from 'htm/preact';
import type { DeadLetterGroup, DeadLetterGroups } from '../../../operate/dead-letters/shapes.js';
import type { Column } from '../../components/index.js';
import { Badge, Count, formatCount, Notice, Table, Time } from '../../components/index.js';

import { Prose } from '../../components/prose.js';

const COLUMNS: readonly Column<DeadLetterGroup>[] = [
  { id: 'target', title: 'Target', cell: ({ target }) => target },
  { id: 'workspace', title: 'Workspace', cell: ({ workspaceId }) => workspaceId },
  { id: 'reason', title: 'Reason', cell: ({ reason }) => html`<${Badge} tone="bad">${reason}<//>` },
  { id: 'status', title: 'Status', numeric: true, cell: ({ status }) => status ?? '–' },
  {
    id: 'count',
    title: 'Events',
    numeric: true,
    cell: ({ count, isAtLeast }) => html`${isAtLeast && 'at least '}<${Count} value=${count} />`,
  },
  { id: 'newest', title: 'Newest', cell: ({ newest }) => html`<${Time} at=${newest} as="ago" />` },
  {
    id: 'answer',
    title: 'Last answer, and what to do',
    wide: true,
    cell: ({ sample, fix }) => html`${sample.answer}<div class="muted"><${Prose} text=${fix} /></div>`,
  },
];

const keyOf = ({ workspaceId, target, reason, status }: DeadLetterGroup) =>
  JSON.stringify([workspaceId, target, reason, status]);

/** The groups; one that is opened is looked into. */
export function Groups({
  groups,
  onOpen,
}: {
  readonly groups: DeadLetterGroups;
  readonly onOpen: (group: DeadLetterGroup) => void;
}) {
  return html`<${Table}
      caption="Dead letters by target, reason and status"
      columns=${COLUMNS}
      rows=${groups.groups}
      rowKey=${keyOf}
      onOpen=${onOpen}
    />
    ${
      (groups.isPartial || groups.omitted > 0) &&
      html`<${Notice} kind="info">
        There are ${groups.total === undefined ? 'more' : formatCount(groups.total)}; the newest
        ${formatCount(groups.read)} were counted. Open a target to see all of it.
      <//>`
    }`;
}
