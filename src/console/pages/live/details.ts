// What is known of one entry: the event as received, what was decided and by which rule, the requests, the answers.

import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import type { LiveAttempt, LiveDecision, LiveDetails, LiveEntry, LiveRequest } from '../../../operate/live/shapes.js';
import { withQuery } from '../../api.js';
import {
  Badge,
  Button,
  CopyButton,
  Drawer,
  Empty,
  JsonView,
  Loading,
  Notice,
  Prose,
  type Tab,
  Table,
  Tabs,
  Time,
} from '../../components/index.js';
import { useLoad } from '../../load.js';
import { navigate } from '../../router.js';
import { useCanWrite } from '../../session.js';
import { ReplayDialog } from '../tester/send-dialog.js';
import { saveFile } from './save-file.js';
import { DIRECTIONS, messageWithoutCode, outcomeOf, sourceOf, subjectOf, whyOf } from './words.js';

const fact = (name: string, value: unknown) =>
  value === undefined || value === '' ? null : html`<dt>${name}</dt><dd>${value}</dd>`;

function Facts({ entry }: { readonly entry: LiveEntry }) {
  // What was refused has a view of its own for that.
  const needsReason = !['received', 'refused'].includes(entry.outcome);
  return html`<dl class="facts">
    ${fact('Time', html`<${Time} at=${entry.at} />`)} ${needsReason && fact('Why', whyOf(entry))} ${fact('Code', entry.code)}
    ${fact('Workspace', entry.workspace)} ${fact('Source', sourceOf(entry))}
    ${fact('Direction', entry.direction === 'none' ? undefined : DIRECTIONS[entry.direction])}
    ${fact('Type', entry.type)} ${fact('User', entry.user)} ${fact('Message id', entry.messageId)}
    ${fact('Target', entry.target)} ${fact('Stands for', entry.count && `${entry.count} events`)}
  </dl>`;
}

const RESULTS = {
  converted: { text: 'Converted', tone: 'good' },
  filtered: { text: 'Filtered', tone: 'plain' },
  invalid: { text: 'Invalid', tone: 'bad' },
  refused: { text: 'Refused', tone: 'bad' },
} as const;

function Decisions({ details: { now, settingsChanged } }: { readonly details: LiveDetails }) {
  if (now === undefined) return html`<${Empty} title="No event, no decisions" />`;
  const { text, tone } = RESULTS[now.result];
  return html`<div class="stack">
    ${
      settingsChanged &&
      html`<${Notice} kind="warn" title="The settings have changed since.">
        This is what the settings of now make of the event; it may differ from what happened then.
      <//>`
    }
    <p><${Badge} tone=${tone}>${text}<//> ${now.why}</p>
    <${Table}
      caption="Decisions, in their order"
      rows=${now.decisions.map((decision, at) => ({ ...decision, at }))}
      rowKey=${({ at }: { at: number }) => String(at)}
      columns=${[
        { id: 'stage', title: 'Stage', cell: ({ stage }: LiveDecision) => stage },
        { id: 'decision', title: 'Decision', wide: true, cell: ({ decision }: LiveDecision) => decision },
        { id: 'why', title: 'Rule behind it', wide: true, cell: ({ why }: LiveDecision) => why },
      ]}
    />
  </div>`;
}

function Requests({ requests }: { readonly requests: readonly LiveRequest[] }) {
  if (requests.length === 0) return html`<${Empty} title="No request">Nothing is sent for this event.<//>`;
  return html`<div class="stack">
    ${requests.map(
      ({ method, url, headers, body }, at) => html`<div class="stack" key=${at}>
        <p class="mono live-address"><strong>${method}</strong> ${url}</p>
        <${JsonView} label="Body" value=${body} />
        <${JsonView} label="Headers, keys masked" value=${headers} />
      </div>`,
    )}
  </div>`;
}

function Attempts({ attempts }: { readonly attempts: readonly LiveAttempt[] }) {
  if (attempts.length === 0)
    return html`<${Empty} title="No attempt seen">It may be waiting, or have gone out while no one watched: then a sample is kept.<//>`;
  return html`<${Table}
    caption="Attempts to deliver it"
    rows=${attempts.map((attempt, at) => ({ ...attempt, number: at + 1 }))}
    rowKey=${({ number }: { number: number }) => String(number)}
    columns=${[
      { id: 'at', title: 'Time', cell: ({ at }: LiveAttempt) => html`<${Time} at=${at} as="clock" />` },
      {
        id: 'outcome',
        title: 'Outcome',
        cell: (attempt: LiveAttempt) => html`<${Badge} tone=${outcomeOf(attempt).tone}>${outcomeOf(attempt).text}<//>`,
      },
      { id: 'status', title: 'HTTP', numeric: true, cell: ({ status }: LiveAttempt) => status ?? '' },
      { id: 'target', title: 'Target', cell: ({ target }: LiveAttempt) => target },
      { id: 'note', title: 'Answer', wide: true, cell: ({ note }: LiveAttempt) => note },
    ]}
  />`;
}

function Received({ details: { event, eventNote } }: { readonly details: LiveDetails }) {
  return html`<div class="stack">
    ${eventNote && html`<${Notice}>${eventNote}<//>`}
    ${event !== undefined && html`<${JsonView} label="As it was received" value=${event} />`}
  </div>`;
}

/** A value of a refusal in one line: names, numbers, or some of them. */
function inLine(value: unknown): string {
  if (Array.isArray(value)) return value.map(inLine).join(', ') || 'nothing';
  if (typeof value !== 'object' || value === null) return String(value);
  return Object.entries(value)
    .map(([name, each]) => `${name}: ${inLine(each)}`)
    .join(', ');
}

function Refusal({ details: { entry, refusal = {} } }: { readonly details: LiveDetails }) {
  return html`<div class="stack">
    <${Notice} kind="bad" title=${`The sender was answered ${entry.status}.`}><${Prose} text=${messageWithoutCode(entry) ?? ''} /><//>
    <section class="card">
      <h2>What is configured, and what was sent</h2>
      <dl class="facts">${Object.entries(refusal).map(([name, value]) => fact(name, inLine(value)))}</dl>
    </section>
  </div>`;
}

function viewsOf({ event, eventNote, now, attempts, refusal }: LiveDetails): readonly Tab[] {
  return [
    ...(refusal === undefined ? [] : [{ id: 'refusal', title: 'Refusal' }]),
    ...(now === undefined ? [] : [{ id: 'decisions', title: 'Decisions' }]),
    ...(event === undefined && eventNote === undefined ? [] : [{ id: 'received', title: 'As received' }]),
    ...(now === undefined ? [] : [{ id: 'requests', title: 'Requests', count: now.requests.length }]),
    ...(event === undefined && attempts.length === 0
      ? []
      : [{ id: 'attempts', title: 'Attempts', count: attempts.length }]),
  ];
}

function Views({ details }: { readonly details: LiveDetails }) {
  const views = viewsOf(details);
  const [chosen, choose] = useState<string | undefined>(undefined);
  const selected = views.find(({ id }) => id === chosen)?.id ?? views[0]?.id;
  if (selected === undefined)
    return details.entry.note === undefined ? null : html`<${Notice}>${details.entry.note}<//>`;
  return html`<${Tabs} label="Views of the entry" tabs=${views} selected=${selected} onSelect=${choose}>
    ${selected === 'refusal' && html`<${Refusal} details=${details} />`}
    ${selected === 'decisions' && html`<${Decisions} details=${details} />`}
    ${selected === 'received' && html`<${Received} details=${details} />`}
    ${selected === 'requests' && html`<${Requests} requests=${details.now?.requests ?? []} />`}
    ${selected === 'attempts' && html`<${Attempts} attempts=${details.attempts} />`}
  <//>`;
}

const hasActions = ({ curl, tester, fixture }: LiveDetails) =>
  [curl, tester, fixture].some((each) => each !== undefined);

function Actions({ details }: { readonly details: LiveDetails }) {
  const { entry, curl, tester, fixture } = details;
  const canWrite = useCanWrite();
  const [asking, setAsking] = useState(false);
  return html`${curl && html`<${CopyButton} label="Copy as curl" text=${curl} />`}
    ${fixture !== undefined && html`<${Button} icon="download" onClick=${() => saveFile(`${entry.id}.json`, fixture)}>Save as fixture<//>`}
    ${
      tester &&
      html`<${Button} icon="tester" onClick=${() => navigate('tester', { entry: entry.id })}>Send to the tester<//>
        <${Button}
          icon="reload"
          disabledBecause=${!canWrite && 'This session may only look.'}
          onClick=${() => setAsking(true)}
        >
          Replay
        <//>`
    }
    ${asking && tester && html`<${ReplayDialog} body=${tester} onClose=${() => setAsking(false)} />`}`;
}

/** The drawer of an entry. @param onStep goes to the newer (-1) or older (1) one */
export function DetailsDrawer({
  entry,
  onClose,
  onStep,
}: {
  readonly entry: LiveEntry;
  readonly onClose: () => void;
  readonly onStep: (step: number) => void;
}) {
  const { data, error } = useLoad<LiveDetails>(withQuery('/api/live/entry', { id: entry.id }));
  const details = data?.entry.id === entry.id ? data : undefined;
  const { text, tone } = outcomeOf(entry);
  const beside = html`<${Badge} tone=${tone}>${text}<//>
    <${Button} kind="quiet" icon="previous" label="Newer entry" onClick=${() => onStep(-1)} />
    <${Button} kind="quiet" icon="next" label="Older entry" onClick=${() => onStep(1)} />`;
  return html`<${Drawer}
    title=${subjectOf(entry)}
    beside=${beside}
    onClose=${onClose}
    actions=${details && hasActions(details) && html`<${Actions} details=${details} />`}
  >
    <${Facts} entry=${entry} />
    ${error && html`<${Notice} kind="warn">${error.message}<//>`}
    ${details === undefined ? !error && html`<${Loading} />` : html`<${Views} key=${entry.id} details=${details} />`}
  <//>`;
}
