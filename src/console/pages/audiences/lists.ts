// The ID lists of one workspace.

import { html } from 'htm/preact';
import type { AudienceListRow } from '../../../operate/audiences/shapes.js';
import { Badge, type Column, Count, formatCount, Table, Time } from '../../components/index.js';

/** How a list stands, in a word. */
export function StateOf({ list }: { readonly list: AudienceListRow }) {
  const { problem, circuit = 'closed', pending } = list;
  if (circuit !== 'closed') return html`<${Badge} tone="bad" title=${problem ?? ''}>stopped<//>`;
  if (problem !== undefined) return html`<${Badge} tone="warn" title=${problem}>in trouble<//>`;
  return pending > 0 ? html`<${Badge}>waiting<//>` : html`<${Badge} tone="good">in step<//>`;
}

const COLUMNS: readonly Column<AudienceListRow>[] = [
  { id: 'list', title: 'List', cell: ({ listId }) => listId },
  { id: 'audience', title: 'Audience', cell: ({ audience }) => audience ?? '–' },
  { id: 'state', title: 'State', cell: (list) => html`<${StateOf} list=${list} />` },
  { id: 'size', title: 'Ids', numeric: true, cell: ({ size }) => (size === undefined ? '–' : formatCount(size)) },
  { id: 'pending', title: 'Waiting', numeric: true, cell: ({ pending }) => html`<${Count} value=${pending} />` },
  {
    id: 'dead',
    title: 'Dead letters',
    numeric: true,
    cell: ({ deadLetters }) => html`<${Count} value=${deadLetters} />`,
  },
  {
    id: 'last',
    title: 'Last call',
    wide: true,
    cell: ({ calls: [last] }) =>
      last === undefined
        ? '–'
        : html`${last.what}${last.ids > 0 && ` ${formatCount(last.ids)} ${last.ids === 1 ? 'id' : 'ids'}`}, <${Time} at=${last.at} as="ago" />`,
  },
];

/** A table of lists. */
export function Lists({
  lists,
  workspaceId,
  opened,
  onOpen,
}: {
  readonly lists: readonly AudienceListRow[];
  readonly workspaceId: string;
  readonly opened: string | undefined;
  readonly onOpen: (list: AudienceListRow) => void;
}) {
  return html`<${Table}
    caption=${`ID lists of ${workspaceId}`}
    columns=${COLUMNS}
    rows=${lists}
    rowKey=${({ listId }: AudienceListRow) => listId}
    opened=${opened}
    onOpen=${onOpen}
  />`;
}
