// What the edit would do, always in view: to the last events, to a pasted one, and to the file.

import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import type {
  EventComparison,
  EventOutcome,
  EventSource,
  EventVerdict,
  SettingsPreview,
  SettingsRemark,
} from '../../../operate/settings/shapes.js';
import { DiffView } from '../../components/diff-view.js';
import { Badge, Button, Count, Empty, Notice, Select, Table, TextArea, type Tone } from '../../components/index.js';
import type { Desk } from './use-desk.js';

const VERDICTS: Readonly<Record<EventVerdict, { readonly text: string; readonly tone: Tone }>> = {
  changed: { text: 'Changed', tone: 'accent' },
  newly_sent: { text: 'Newly sent', tone: 'good' },
  newly_filtered: { text: 'Newly filtered', tone: 'warn' },
  newly_invalid: { text: 'Newly invalid', tone: 'bad' },
  unchanged: { text: 'Unchanged', tone: 'plain' },
};

const SOURCES: readonly { readonly value: EventSource; readonly text: string }[] = [
  { value: 'segment', text: 'Segment' },
  { value: 'tracking-api', text: 'Tracking API' },
  { value: 'rudderstack', text: 'RudderStack' },
  { value: 'statsig', text: 'Statsig' },
];

const outcome = ({ result, why }: EventOutcome) => (why === undefined ? result : `${result}: ${why}`);

/** Where a fault stands, as editors write it. */
export const placeOf = ({ file, line, column, path }: SettingsRemark) =>
  `${file}${line === undefined ? '' : `:${line}:${column ?? 1}`}${path === '' ? '' : ` ${path}`}`;

/** Faults or warnings. */
export function Remarks({
  kind,
  title,
  remarks,
}: {
  readonly kind: 'bad' | 'warn';
  readonly title: string;
  readonly remarks: readonly SettingsRemark[];
}) {
  if (remarks.length === 0) return null;
  return html`<${Notice} kind=${kind} title=${title}>
    <ul class="mapping-remarks">
      ${remarks.map((remark, index) => html`<li key=${index}><code>${placeOf(remark)}</code>: ${remark.message}</li>`)}
    </ul>
  <//>`;
}

function Fields({ event }: { readonly event: EventComparison }) {
  if (event.before.result !== 'converted' || event.after.result !== 'converted')
    return html`<dl class="facts">
      <dt>Now</dt>
      <dd>${outcome(event.before)}</dd>
      <dt>After</dt>
      <dd>${outcome(event.after)}</dd>
    </dl>`;
  if (event.fields.length === 0) return html`<p class="muted">Its requests stay the same.</p>`;
  return html`<dl class="facts mapping-fields">
    ${event.fields.map(
      ({ path, before, after }) =>
        html`<dt key=${`${path} name`}><code>${path}</code></dt>
          <dd key=${path}>
            ${before !== undefined && html`<del>${before}</del> `}${after !== undefined && html`<ins>${after}</ins>`}
          </dd>`,
    )}
  </dl>`;
}

function Events({ events, caption }: { readonly events: readonly EventComparison[]; readonly caption: string }) {
  const [opened, setOpened] = useState<string | undefined>(undefined);
  const keyed = events.map((event, index) => ({ event, key: `${index} ${event.id ?? ''}` }));
  const columns = [
    {
      id: 'name',
      title: 'Event',
      wide: true,
      cell: ({ event }: (typeof keyed)[number]) => event.name ?? html`<span class="muted">no name</span>`,
    },
    {
      id: 'verdict',
      title: 'Effect',
      cell: ({ event }: (typeof keyed)[number]) =>
        html`<${Badge} tone=${VERDICTS[event.verdict].tone}>${VERDICTS[event.verdict].text}<//>`,
    },
  ];
  const shown = keyed.find(({ key }) => key === opened)?.event;
  return html`<${Table} caption=${caption} columns=${columns} rows=${keyed} rowKey=${({ key }: (typeof keyed)[number]) => key} opened=${opened} onOpen=${({ key }: (typeof keyed)[number]) => setOpened(key === opened ? undefined : key)} />
    ${shown && html`<section class="card" aria-label="What changes in the event"><${Fields} event=${shown} /></section>`}`;
}

function Effect({ answer }: { readonly answer: SettingsPreview }) {
  const { effect } = answer;
  if (effect === undefined) return null;
  const changed = effect.events.filter(({ verdict }) => verdict !== 'unchanged');
  const tried = effect.events.length;
  return html`<section class="stack" aria-label="Effect on the last events">
    <h3>The last <${Count} value=${tried} unit="events" /></h3>
    <p class="mapping-counts">
      ${Object.entries(VERDICTS).map(
        ([verdict, { text, tone }]) =>
          html`<${Badge} key=${verdict} tone=${effect.counts[verdict as EventVerdict] > 0 ? tone : 'plain'}>${effect.counts[verdict as EventVerdict]} ${text.toLowerCase()}<//> `,
      )}
    </p>
    ${tried === 0 && html`<${Empty} title="No events to try it on yet">Send one, or paste one below.<//>`}
    ${changed.length > 0 && html`<${Events} events=${changed} caption="Events that fare otherwise" />`}
  </section>`;
}

function SampleOf({ desk, answer }: { readonly desk: Desk; readonly answer: SettingsPreview | undefined }) {
  const { sample, setSample } = desk;
  return html`<details class="mapping-sample">
    <summary>Try it on an event of your own</summary>
    <div class="stack">
      <${Select} label="Comes from" value=${sample.source} choices=${SOURCES} onChange=${(source: EventSource) => setSample({ ...sample, source })} />
      <${TextArea} label="Event as JSON" rows=${6} value=${sample.text} error=${answer?.effect?.sampleProblem} onInput=${(text: string) => setSample({ ...sample, text })} />
      ${answer?.effect?.sample?.map(
        (event, index) =>
          html`<section key=${index} class="card" aria-label=${`Event ${index + 1}`}>
            <p><${Badge} tone=${VERDICTS[event.verdict].tone}>${VERDICTS[event.verdict].text}<//> ${event.name}</p>
            <${Fields} event=${event} />
          </section>`,
      )}
    </div>
  </details>`;
}

/** Why it cannot be saved now; undefined where it can. */
export function whyNotSaved({ previewed, isChanged }: Desk, canWrite: boolean): string | undefined {
  if (!canWrite) return 'You have signed in to look: only a token that may write changes settings.';
  if (!isChanged) return 'Nothing is changed.';
  if (previewed.is !== 'there') return 'The preview of this edit is not there yet.';
  const { faults, writeProblem, isChange, file } = previewed.answer;
  if (faults.length > 0) return 'The settings would not work with this edit.';
  if (writeProblem !== undefined) return `${file} ${writeProblem}.`;
  return isChange ? undefined : 'The file stays as it is.';
}

function Conflict({ desk }: { readonly desk: Desk }) {
  if (desk.previewed.is !== 'conflict') return null;
  const { message, diff = '', current, yours } = desk.previewed.refusal;
  return html`<${Notice} kind="warn" title="The file was changed meanwhile" action=${html`<${Button} onClick=${desk.takeOver}>Read it again<//>`}>
      ${message} ${desk.text === undefined ? 'Your changes are kept in the form.' : 'Copy your text first: it is replaced.'}
    <//>
    ${diff !== '' && html`<h3>What your edit would do to it now</h3><${DiffView} diff=${diff} label="From the file as it is now to your edit" />`}
    ${
      current !== undefined &&
      html`<details><summary>The file as it is now</summary><pre class="diff" tabindex="0">${current.text}</pre></details>
        ${yours !== undefined && html`<details><summary>Your version</summary><pre class="diff" tabindex="0">${yours}</pre></details>`}`
    }`;
}

function Saved({ desk }: { readonly desk: Desk }) {
  const { saved } = desk;
  if (saved === undefined) return null;
  return saved.inForce
    ? html`<${Notice} kind="good" title=${`In force (generation ${saved.generation})`}>${saved.file} is saved. ${saved.note}<//>`
    : html`<${Notice} kind="warn" title="Saved, not in force yet">${saved.note}<//>`;
}

/** In a few words, where the rest may be out of view. */
function summaryOf({ previewed, isChanged }: Desk): string {
  if (!isChanged) return 'Nothing is changed';
  if (previewed.is !== 'there') return previewed.is === 'waiting' ? 'Working it out …' : 'No preview';
  const { faults, effect } = previewed.answer;
  if (faults.length > 0) return `${faults.length} ${faults.length === 1 ? 'fault' : 'faults'}`;
  const parts = Object.entries(VERDICTS).flatMap(([verdict, { text }]) => {
    const count = effect?.counts[verdict as EventVerdict] ?? 0;
    return verdict === 'unchanged' || count === 0 ? [] : [`${count} ${text.toLowerCase()}`];
  });
  return parts.length === 0 ? 'No event of the last ones changes' : parts.join(', ');
}

/** What the edit would do, and the button that does it. */
export function PreviewPane({ desk, canWrite }: { readonly desk: Desk; readonly canWrite: boolean }) {
  const { previewed, isChanged, isSaving } = desk;
  const answer = previewed.is === 'there' ? previewed.answer : previewed.is === 'waiting' ? previewed.last : undefined;
  const because = whyNotSaved(desk, canWrite);
  const isManual = isChanged && answer?.writeProblem !== undefined;
  return html`<aside class="mapping-preview card stack" aria-label="Preview">
    <div class="bar mapping-deeds">
      <h2>Preview</h2>
      <span class="muted mapping-summary">${summaryOf(desk)}</span>
      <${Button} onClick=${desk.discard} disabledBecause=${!isChanged && 'Nothing is changed.'}>Discard<//>
      <${Button} kind="primary" onClick=${desk.save} busy=${isSaving} disabledBecause=${because}>Save<//>
    </div>
    <p class="muted" role="status">
      ${previewed.is === 'waiting' ? 'Working it out …' : isChanged ? (because ?? 'Checked: it can be saved.') : 'Nothing is changed. What you change shows its effect here before it is saved.'}
    </p>
    <${Saved} desk=${desk} />
    <${Conflict} desk=${desk} />
    ${previewed.is === 'failed' && html`<${Notice} kind="bad" title="No preview">${previewed.because}<//>`}
    ${isManual && html`<${Notice} kind="warn" title="Not writable here"><code>${answer?.file}</code> ${answer?.writeProblem}. Make this edit there:<//>`}
    ${
      answer &&
      isChanged &&
      html`<${Remarks} kind="bad" title="The settings would not work" remarks=${answer.faults} />
        <${Remarks} kind="warn" title="It may not mean this" remarks=${answer.warnings} />
        ${answer.notices.map((text) => html`<${Notice} key=${text} kind="warn">${text}<//>`)}
        ${answer.diff !== '' && html`<section class="stack"><h3>Change of ${answer.file}</h3><${DiffView} diff=${answer.diff} label=${`Change of ${answer.file}`} /></section>`}`
    }
    ${answer && html`<${Effect} answer=${answer} />`}
    <${SampleOf} desk=${desk} answer=${answer} />
  </aside>`;
}
