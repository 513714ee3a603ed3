// What was done here to connect, newest first.

import { html } from 'htm/preact';
import type { ConnectDeed } from '../../../operate/connect/shapes.js';
import { Badge, type Column, Table, Time } from '../../components/index.js';
import { STATES, VERBS, WAYS } from './words.js';

const COLUMNS: readonly Column<ConnectDeed>[] = [
  { id: 'at', title: 'When', cell: ({ beganAt }) => html`<${Time} at=${beganAt} />` },
  { id: 'verb', title: 'Deed', cell: ({ verb, way }) => `${WAYS[way]}: ${VERBS[verb]}` },
  { id: 'workspace', title: 'Workspace', wide: true, cell: ({ workspace }) => html`<bdi>${workspace}</bdi>` },
  {
    id: 'state',
    title: 'State',
    cell: ({ state }) => html`<${Badge} tone=${STATES[state].tone}>${STATES[state].text}<//>`,
  },
  { id: 'problem', title: 'Why', wide: true, cell: ({ problem }) => problem?.message ?? '' },
];

/** Nothing where nothing was done. */
export function Lately({ deeds }: { readonly deeds: readonly ConnectDeed[] }) {
  const told = deeds.filter(({ verb }) => verb === 'apply' || verb === 'undo');
  if (told.length === 0) return null;
  return html`<section class="stack connect-stack" aria-label="Done lately">
    <h2>Done lately</h2>
    <${Table} caption="Connections made and taken away since the start of the process" columns=${COLUMNS} rows=${told} rowKey=${({ id }: ConnectDeed) => id} />
  </section>`;
}
