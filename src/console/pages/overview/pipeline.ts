// How far events came, as numbers for each workspace, direction and target.

import { html } from 'htm/preact';
import type { PipelineRow, Stage } from '../../../operate/overview/shapes.js';
import { type Column, Count, Empty, Table } from '../../components/index.js';
import { STAGE_WORDS, targetWords, workspaceWords } from './words.js';

/** Which length of time. */
export type Span = 'hour' | 'days';

/** Ingest counts these, deliveries the others. */
const INGEST: readonly Stage[] = ['received', 'failed_on_ingest', 'filtered', 'converted'];
const DELIVERY: readonly Stage[] = ['delivered', 'pending_retry', 'failed_delivery'];
const BAD: ReadonlySet<Stage> = new Set(['failed_on_ingest', 'pending_retry', 'failed_delivery']);

/** The ingest of one direction of a workspace, and its targets. */
interface Group {
  readonly key: string;
  readonly workspace: string;
  readonly direction: string;
  readonly ingest: PipelineRow | undefined;
  readonly targets: readonly PipelineRow[];
}

/** Rows put together by workspace and direction. */
export function groupRows(rows: readonly PipelineRow[]): readonly Group[] {
  const keys = [...new Set(rows.map(({ workspace, direction }) => `${workspace}/${direction}`))];
  return keys.map((key) => {
    const own = rows.filter(({ workspace, direction }) => `${workspace}/${direction}` === key);
    const [workspace = '', direction = ''] = key.split('/');
    return {
      key,
      workspace,
      direction,
      ingest: own.find(({ target }) => target === ''),
      targets: own.filter(({ target }) => target !== ''),
    };
  });
}

interface Line {
  readonly key: string;
  readonly group: Group;
  readonly target: string;
  readonly ingest: PipelineRow | undefined;
  readonly delivery: PipelineRow | undefined;
}

/** One line for each target; the first of a group has what was ingested, which is for all of them. */
function linesOf(groups: readonly Group[]): readonly Line[] {
  return groups.flatMap((group) => {
    const targets: readonly (PipelineRow | undefined)[] = group.targets.length === 0 ? [undefined] : group.targets;
    return targets.map((delivery, at) => ({
      key: `${group.key}/${delivery?.target ?? ''}`,
      group,
      target: delivery?.target ?? '',
      ingest: at === 0 ? group.ingest : undefined,
      // Those of rudder-server's own requests have no target of ours.
      delivery: delivery ?? group.ingest,
    }));
  });
}

function countCell(row: PipelineRow | undefined, span: Span, stage: Stage) {
  if (row === undefined) return '';
  const value = (span === 'hour' ? row.lastHour : row.last14Days)[stage];
  const isBad = value > 0 && BAD.has(stage);
  return html`<span class=${isBad ? 'overview-bad' : value === 0 ? 'muted' : ''}><${Count} value=${value} short /></span>`;
}

/** The table. */
export function Pipeline({ rows, span }: { readonly rows: readonly PipelineRow[]; readonly span: Span }) {
  const lines = linesOf(groupRows(rows));
  if (lines.length === 0)
    return html`<${Empty} title="No event has come yet">
      Send one from <a href="#/tester">the tester</a>, or from your source: what becomes of it is counted here.
    <//>`;
  const stage = (of: 'ingest' | 'delivery') => (each: Stage) => ({
    id: each,
    title: STAGE_WORDS[each],
    numeric: true,
    cell: (line: Line) => countCell(line[of], span, each),
  });
  const columns: readonly Column<Line>[] = [
    {
      id: 'workspace',
      title: 'Workspace',
      cell: ({ group, ingest }) => (ingest ? workspaceWords(group.workspace) : ''),
    },
    { id: 'direction', title: 'Direction', cell: ({ group, ingest }) => (ingest ? group.direction : '') },
    ...INGEST.map(stage('ingest')),
    { id: 'target', title: 'Target', cell: ({ target }) => targetWords(target) },
    ...DELIVERY.map(stage('delivery')),
  ];
  return html`<${Table}
      caption=${`Events by workspace, direction and target, last ${span === 'hour' ? 'hour' : '14 days'}`}
      columns=${columns}
      rows=${lines}
      rowKey=${({ key }: Line) => key}
    />
    <p class="muted">Pending retry counts tries: one event may be tried several times.</p>`;
}
