// What would become of one event: its fields side by side with where they come from, its requests, and each decision.

import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import type { TesterDecision, TesterEvent, TesterOutput } from '../../../operate/tester/shapes.js';
import { Badge, JsonView, Notice, Table, Tabs } from '../../components/index.js';
import { pageHref } from '../../router.js';
import { FieldView } from './field-view.js';

const TONES = { converted: 'good', filtered: 'warn', invalid: 'bad' } as const;

/** How the outputs are called on the page. */
const NAMES: Readonly<Record<string, string>> = {
  event: 'Statsig event',
  statsig: 'Call in the schema of Statsig',
  'experiment-viewed': 'Call “Experiment Viewed”',
  deletion: 'Deletion',
  'change of an ID list': 'Change of an ID list',
  'changes of the ID list': 'Changes of the ID list',
};

/** A field that the reader is at: of the event, or of one of the things that it becomes. */
interface Pointed {
  readonly at: 'input' | number;
  readonly pointer: string;
}

const shown = (pointer: string) => pointer.slice(1).replaceAll('/', '.').replaceAll('~1', '/').replaceAll('~0', '~');

const NONE: ReadonlySet<string> = new Set();

const isWithin = (pointer: string, other: string) =>
  pointer === other || pointer.startsWith(`${other}/`) || other.startsWith(`${pointer}/`);

/** Fields of an output that are made of a field of the event. */
const madeOf = ({ origins }: TesterOutput, pointer: string) =>
  Object.entries(origins).flatMap(([to, { from }]) => (from.some((each) => isWithin(each, pointer)) ? [to] : []));

function litInput(outputs: readonly TesterOutput[], pointed: Pointed | undefined): ReadonlySet<string> {
  if (pointed === undefined) return NONE;
  if (pointed.at === 'input') return new Set([pointed.pointer]);
  return new Set(outputs[pointed.at]?.origins[pointed.pointer]?.from);
}

function litOutput(outputs: readonly TesterOutput[], index: number, pointed: Pointed | undefined): ReadonlySet<string> {
  const output = outputs[index];
  if (pointed === undefined || output === undefined) return NONE;
  if (pointed.at === index) return new Set([pointed.pointer]);
  return pointed.at === 'input' ? new Set(madeOf(output, pointed.pointer)) : NONE;
}

/** In words where a field comes from, or what is made of it. */
function describe(outputs: readonly TesterOutput[], pointed: Pointed | undefined): string {
  if (pointed === undefined) return 'Point at a field to see where it comes from, or what becomes of it.';
  const name = shown(pointed.pointer);
  if (pointed.at === 'input') {
    const made = outputs.flatMap((output) => madeOf(output, pointed.pointer).map(shown));
    return made.length === 0 ? `${name}: nothing is made of it.` : `${name} becomes ${[...new Set(made)].join(', ')}.`;
  }
  const origin = outputs[pointed.at]?.origins[pointed.pointer];
  if (origin === undefined) return `${name}`;
  if (origin.from.length === 0) return `${name}: ${origin.why}.`;
  const from = origin.from.map(shown).join(', ');
  return from === origin.why ? `${name} comes from ${from}.` : `${name} comes from ${from}, by ${origin.why}.`;
}

function Fields({ input, outputs }: { readonly input: unknown; readonly outputs: readonly TesterOutput[] }) {
  const [pointed, setPointed] = useState<Pointed | undefined>(undefined);
  const at = (where: Pointed['at']) => (pointer: string | undefined) =>
    setPointed(pointer === undefined ? undefined : { at: where, pointer });
  return html`<p class="tester-origin" role="status">${describe(outputs, pointed)}</p>
    <div class="tester-panes">
      <section class="tester-pane">
        <h3>Event as it is read</h3>
        <${FieldView} label="Event as it is read" value=${input} lit=${litInput(outputs, pointed)} onPoint=${at('input')} />
      </section>
      ${outputs.map((output, index) => {
        const title = NAMES[output.name] ?? output.name;
        return html`<section class="tester-pane" key=${output.name}>
          <h3>${title}</h3>
          <${FieldView} label=${title} value=${output.body} lit=${litOutput(outputs, index, pointed)} onPoint=${at(index)} />
        </section>`;
      })}
    </div>`;
}

const COLUMNS = [
  { id: 'stage', title: 'Step', cell: ({ stage }: TesterDecision) => stage },
  { id: 'decision', title: 'Decision', cell: ({ decision }: TesterDecision) => decision, wide: true },
  { id: 'why', title: 'Because of', cell: ({ why }: TesterDecision) => why, wide: true },
];

function Verdict({ event }: { readonly event: TesterEvent }) {
  const { result, workspace, reason, detail, rule, message, fix, needs, notes } = event;
  const mapping = html`<a href=${pageHref('mapping', { workspace })}>Open in mapping</a>`;
  return html`${
    result === 'filtered' &&
    html`<${Notice} kind="warn" title=${`It is filtered: ${reason}`} action=${mapping}>
      <p>${detail}${rule !== undefined && html`: by <code>${rule}</code>`}</p>
    <//>`
  }
  ${
    result === 'invalid' &&
    html`<${Notice} kind="bad" title=${message?.replace(fix ?? '\u0000', '').trim()}>
      <p>${fix}</p>
    <//>`
  }
  ${needs !== undefined && html`<${Notice} kind="info" title=${`The sender has to show ${needs}.`} />`}
  ${notes.map(({ note, message: text }) => html`<${Notice} key=${note} kind="warn" title=${text} action=${mapping} />`)}`;
}

/** One event. @param number its place in the body, from 1 */
export function EventResult({ event, number }: { readonly event: TesterEvent; readonly number: number }) {
  const [tab, setTab] = useState('fields');
  const { result, workspace, outputs, requests, decisions, input } = event;
  const tabs = [
    { id: 'fields', title: 'Fields' },
    { id: 'requests', title: 'Requests', count: requests.length },
    { id: 'decisions', title: 'Decisions', count: decisions.length },
  ];
  return html`<section class="card stack" aria-label=${`Event ${number}`}>
    <div class="bar tester-head">
      <h2>Event ${number}</h2>
      <${Badge} tone=${TONES[result]}>${result}<//>
      ${workspace && html`<span class="muted">workspace ${workspace}</span>`}
      ${workspace && html`<a href=${pageHref('mapping', { workspace })}>Open in mapping</a>`}
    </div>
    <${Verdict} event=${event} />
    <${Tabs} label=${`Event ${number}`} tabs=${tabs} selected=${tab} onSelect=${setTab}>
      ${tab === 'fields' && html`<${Fields} input=${input ?? null} outputs=${outputs} />`}
      ${
        tab === 'requests' &&
        (requests.length === 0
          ? html`<p class="muted">No request is made.</p>`
          : requests.map(
              ({ method, url, headers, body }, index) =>
                html`<div class="stack" key=${index}>
                  <p class="mono">${method} ${url}</p>
                  <${JsonView} label="Headers" value=${headers} />
                  <${JsonView} label="Body" value=${body} />
                </div>`,
            ))
      }
      ${
        tab === 'decisions' &&
        html`<${Table} caption="Decisions" columns=${COLUMNS} rows=${decisions} rowKey=${(row: TesterDecision) => `${decisions.indexOf(row)}`} />`
      }
    <//>
  </section>`;
}
