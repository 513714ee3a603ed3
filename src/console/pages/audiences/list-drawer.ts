// One ID list: what is wrong, and the last calls about it.

import { html } from 'htm/preact';
import type { AudienceCall, AudienceListRow } from '../../../operate/audiences/shapes.js';
import { type Column, Drawer, Empty, formatCount, Notice, Table, Time } from '../../components/index.js';
import { pageHref } from '../../router.js';
import { StateOf } from './lists.js';

/** Beyond it server SDKs see a list only where they are told to. */
const COMFORTABLE = 1_000;

const CALLS: readonly Column<AudienceCall>[] = [
  { id: 'at', title: 'Time', cell: ({ at }) => html`<${Time} at=${at} as="clock" />` },
  { id: 'what', title: 'Call', cell: ({ what }) => what },
  { id: 'ids', title: 'Ids', numeric: true, cell: ({ ids }) => (ids === 0 ? '–' : formatCount(ids)) },
  { id: 'status', title: 'Status', numeric: true, cell: ({ status }) => status ?? 'none' },
  { id: 'answer', title: 'Answer', wide: true, cell: ({ answer }) => answer },
];

/** The drawer of a list. */
export function ListDrawer({
  list,
  workspaceId,
  onClose,
}: {
  readonly list: AudienceListRow;
  readonly workspaceId: string;
  readonly onClose: () => void;
}) {
  const { listId, target, audience, idType, size, pending, oldestAt, deadLetters, pausedUntil, problem, calls } = list;
  return html`<${Drawer} title=${listId} onClose=${onClose} beside=${html`<${StateOf} list=${list} />`}>
    <div class="stack audiences-stack">
      ${
        problem !== undefined &&
        html`<${Notice} kind="bad" title="It gets no changes.">
          ${problem}${pausedUntil !== undefined && html` Next try <${Time} at=${pausedUntil} as="ago" />.`}
        <//>`
      }
      ${
        size !== undefined &&
        size > COMFORTABLE &&
        html`<${Notice} kind="warn">
          It has more than ${formatCount(COMFORTABLE)} ids: server SDKs need <code>enableIDLists</code> to see them, and SDKs that evaluate on the device do not.
        <//>`
      }
      <dl class="facts">
        ${audience !== undefined && html`<dt>Audience</dt><dd>${audience}</dd>`}
        <dt>Id type</dt>
        <dd>${idType ?? 'not known yet'}</dd>
        <dt>Ids on it</dt>
        <dd>${size === undefined ? 'not known before the first change' : formatCount(size)}</dd>
        <dt>Changes that wait</dt>
        <dd>${formatCount(pending)}${oldestAt !== undefined && html`, the oldest since <${Time} at=${oldestAt} as="ago" />`}</dd>
        <dt>Dead letters</dt>
        <dd>
          ${formatCount(deadLetters)}
          ${deadLetters > 0 && html` <a href=${pageHref('dead-letters', { workspace: workspaceId, target })}>Show them</a>`}
        </dd>
      </dl>
      <h3>Last calls</h3>
      ${
        calls.length === 0
          ? html`<${Empty} title="No call since the start" />`
          : html`<${Table}
              caption="Last calls about this list, newest first"
              columns=${CALLS}
              rows=${calls}
              rowKey=${({ at, what, ids }: AudienceCall) => `${at} ${what} ${ids}`}
            />`
      }
    </div>
  <//>`;
}
