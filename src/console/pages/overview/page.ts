// What flows, how much, and what needs attention.

import { html } from 'htm/preact';
import { useRef } from 'preact/hooks';
import type { OverviewAnswer } from '../../../operate/overview/shapes.js';
import { withQuery } from '../../api.js';
import { Button, Heading, Loading, Notice, Select, Tabs, Time } from '../../components/index.js';
import { useLoad } from '../../load.js';
import type { PageProps } from '../../pages.js';
import { rememberQuery } from '../../router.js';
import { AttentionList } from './attention-list.js';
import { Discards } from './discards.js';
import { History } from './history.js';
import { Lanes } from './lanes.js';
import { groupRows, Pipeline, type Span } from './pipeline.js';
import { States } from './states.js';
import { workspaceWords } from './words.js';

const EVERY_MS = 5_000;

const SPANS = [
  { id: 'hour', title: 'Last hour, by the minute' },
  { id: 'days', title: 'Last 14 days, by the hour' },
];

/** Keeps what was shown while another choice is loaded. */
function useLast<Value>(value: Value | undefined): Value | undefined {
  const last = useRef<Value | undefined>(undefined);
  if (value !== undefined) last.current = value;
  return last.current;
}

/** Name of the choice of all. */
const ALL = 'all workspaces';

/** What flows, how much, and what needs attention. */
export function OverviewPage({ query }: PageProps) {
  const span: Span = query.get('span') === 'days' ? 'days' : 'hour';
  const of = query.get('of') ?? '';
  const [workspace = '', direction = ''] = of.split('/');
  const path = of === '' ? '/api/overview' : withQuery('/api/overview', { direction });
  const asked = of === '' ? path : `${path}&workspace=${encodeURIComponent(workspace)}`;
  const { data, error, at, reload } = useLoad<OverviewAnswer>(asked, EVERY_MS);
  const overview = useLast(data);
  const remember = (next: { readonly span?: string; readonly of?: string }) =>
    rememberQuery('overview', { span, of, ...next });
  const fault = error && html`<${Notice} kind="bad" title="The overview cannot be loaded">${error.message}<//>`;
  if (overview === undefined) return html`<${Heading} title="Overview" />${fault ?? html`<${Loading} />`}`;
  const groups = groupRows(overview.pipeline);
  const nameOf = (group: { readonly workspace: string; readonly direction: string }) =>
    `${workspaceWords(group.workspace)}, ${group.direction}`;
  const choices = [{ value: '', text: ALL }, ...groups.map((group) => ({ value: group.key, text: nameOf(group) }))];
  const { history } = overview;
  return html`<${Heading} title="Overview">
      ${at !== undefined && html`<span class="muted">as of <${Time} at=${at} /></span>`}
      <${Button} kind="quiet" icon="reload" label="Load again" onClick=${reload} />
    <//>
    <div class="stack overview">
      ${fault}
      <${AttentionList} items=${overview.attention} />
      <section class="card" aria-labelledby="overview-pipeline">
        <h2 id="overview-pipeline">Events</h2>
        <${Tabs} label="Length of time" tabs=${SPANS} selected=${span} onSelect=${(id: string) => remember({ span: id })}>
          <div class="stack">
            <${Pipeline} rows=${overview.pipeline} span=${span} />
            <div class="overview-chart">
              <${Select} label="Chart of" choices=${choices} value=${of} onChange=${(value: string) => remember({ of: value })} />
              <${History}
                series=${span === 'hour' ? history.minutes : history.hours}
                name=${`Events of ${of === '' ? ALL : nameOf({ workspace, direction })}`}
              />
              ${
                history.file === undefined &&
                html`<p class="muted">The history is kept in memory: there is no directory beside the outbox yet.</p>`
              }
            </div>
          </div>
        <//>
      </section>
      <section class="stack" aria-labelledby="overview-lanes">
        <h2 id="overview-lanes">Lanes</h2>
        <${Lanes} ...${overview} />
      </section>
      <section class="stack" aria-labelledby="overview-discards">
        <h2 id="overview-discards">Why events did not go on</h2>
        <${Discards} discards=${overview.discards} />
      </section>
      <${States} overview=${overview} />
    </div>`;
}
