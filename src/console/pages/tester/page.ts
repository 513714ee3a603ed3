// Tries an event before it is sent: what becomes of it, which field comes from where, and what its target says.

import { html } from 'htm/preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { Sample, SamplesAnswer, TesterAnswer, TesterBody, TesterSource } from '../../../operate/tester/shapes.js';
import { Button, Empty, Heading, Loading, Notice, Select, TextArea } from '../../components/index.js';
import { messageOf } from '../../error-message.js';
import { parseJson } from '../../json.js';
import { useLoad } from '../../load.js';
import type { PageProps } from '../../pages.js';
import { useCanWrite } from '../../session.js';
import { EventResult } from './event-result.js';
import { handedOver, isSource } from './hand-over.js';
import { MaskedNotice, SendDialog } from './send-dialog.js';
import { type Trial, useTrial } from './use-trial.js';

const SOURCES: readonly { readonly value: TesterSource; readonly text: string }[] = [
  { value: 'segment', text: 'Segment webhook' },
  { value: 'tracking-api', text: 'SDK (Tracking API)' },
  { value: 'rudderstack', text: 'RudderStack' },
  { value: 'statsig', text: 'Statsig event webhook' },
];

const OWN = 'own';

const written = (body: unknown) => (typeof body === 'string' ? body : JSON.stringify(body, null, 2));

/** What stands in the form. */
interface Form {
  readonly source: TesterSource;
  /** Empty: the body says it, or there is one alone. */
  readonly workspace: string;
  readonly text: string;
  /** JSON of settings to try; empty for those in force. */
  readonly settings: string;
}

function sampleOf(samples: readonly Sample[], { source, text }: Form): string {
  return samples.find((sample) => sample.source === source && written(sample.body) === text)?.name ?? OWN;
}

type AskedOrFault = { readonly asked?: TesterBody; readonly settingsFault?: string };

function askedBy({ source, workspace, text, settings }: Form): AskedOrFault {
  if (text.trim() === '') return {};
  const asked: TesterBody = { source, body: text, ...(workspace !== '' && { workspace }) };
  if (settings.trim() === '') return { asked };
  const changes = parseJson(settings);
  if (typeof changes !== 'object' || changes === null || Array.isArray(changes))
    return { settingsFault: 'This is no JSON object of settings.' };
  return { asked: { ...asked, settings: changes as Readonly<Record<string, unknown>> } };
}

function summaryOf({ events, more }: TesterAnswer): string {
  const counts = ['converted', 'filtered', 'invalid'].flatMap((result) => {
    const count = events.filter((event) => event.result === result).length;
    return count === 0 ? [] : [`${count} ${result}`];
  });
  const beyond = more === 0 ? '' : `, and ${more} or more that are not shown`;
  return `${events.length} ${events.length === 1 ? 'event' : 'events'}: ${counts.join(', ')}${beyond}`;
}

function Results({ trial }: { readonly trial: Trial }) {
  const { answer, error, current } = trial;
  if (error !== undefined) return html`<${Notice} kind="bad" title=${error} />`;
  if (answer === undefined) return html`<${Loading} />`;
  const { problem, faults, events, remarks, settings, masked } = answer;
  return html`<div class=${`stack ${current ? '' : 'tester-stale'}`}>
    ${problem && html`<${Notice} kind="bad" title=${problem.message.replace(problem.fix ?? '\u0000', '').trim()}><p>${problem.fix}</p><//>`}
    ${masked && html`<${MaskedNotice} masked=${masked} />`}
    ${faults.map(({ path, message }) => html`<${Notice} key=${path} kind="bad" title=${`${path}: ${message}`} />`)}
    ${settings === 'edited' && faults.length === 0 && html`<${Notice} kind="info" title="Tried with edited settings. They are not saved." />`}
    ${remarks.map((remark) => html`<${Notice} key=${remark} kind="info" title=${remark} />`)}
    ${events.map((event, index) => html`<${EventResult} key=${index} event=${event} number=${index + 1} />`)}
  </div>`;
}

function FormFields({
  form,
  change,
  loaded,
  settingsFault,
}: {
  readonly form: Form;
  readonly change: (part: Partial<Form>) => void;
  readonly loaded: SamplesAnswer;
  readonly settingsFault: string | undefined;
}) {
  const samples = loaded.samples.filter(({ source }) => source === form.source);
  const take = (source: TesterSource, name?: string) => {
    const sample = loaded.samples.find((each) => each.source === source && (name === undefined || each.name === name));
    change({ source, ...(sample && { text: written(sample.body) }) });
  };
  const chosen = sampleOf(loaded.samples, form);
  const workspaces = [
    { value: '', text: loaded.workspaces.length === 1 ? `${loaded.workspaces[0]}` : 'None chosen: as the body says' },
    ...(loaded.workspaces.length === 1 ? [] : loaded.workspaces.map((id) => ({ value: id, text: id }))),
  ];
  return html`<section class="card stack" aria-label="What is tried">
    <div class="tester-choices">
      <${Select} label="Source" value=${form.source} choices=${SOURCES} onChange=${(value: string) => isSource(value) && take(value)} />
      <${Select} label="Workspace" value=${form.workspace} choices=${workspaces} onChange=${(workspace: string) => change({ workspace })} />
      <${Select}
        label="Sample"
        value=${chosen}
        choices=${[
          ...samples.map(({ name, title }) => ({ value: name, text: title })),
          ...(chosen === OWN ? [{ value: OWN, text: 'Your own' }] : []),
        ]}
        onChange=${(name: string) => take(form.source, name)}
      />
    </div>
    <${TextArea}
      label="Body"
      hint="A body of a request as its source sends it, one event, or one JSON value per line."
      value=${form.text}
      rows=${18}
      onInput=${(text: string) => change({ text })}
    />
    <details>
      <summary>Try other settings</summary>
      <${TextArea}
        label="Settings to try instead"
        hint=${'JSON, such as {"identifierMappings":[{"from":"anonymousId","to":"stableID"}]}. The others stay as they are. To save them, go to Mapping and filters.'}
        error=${settingsFault}
        value=${form.settings}
        rows=${5}
        onInput=${(settings: string) => change({ settings })}
      />
    </details>
  </section>`;
}

/** The form, filled with what was handed over, or with the first sample. */
function useForm(query: URLSearchParams, loaded: SamplesAnswer | undefined) {
  const [form, setForm] = useState<Form | undefined>(undefined);
  const [note, setNote] = useState<{ readonly kind: 'info' | 'warn'; readonly text: string } | undefined>(undefined);
  useEffect(() => {
    if (loaded === undefined) return;
    const [first] = loaded.samples;
    const usual: Form = {
      source: first?.source ?? 'segment',
      workspace: '',
      text: written(first?.body ?? {}),
      settings: '',
    };
    handedOver(query).then(
      (given) => {
        if (given === undefined) return setForm((before) => before ?? usual);
        const known = given.workspace !== undefined && loaded.workspaces.length > 1 ? given.workspace : '';
        setForm({ source: given.source, workspace: known, text: written(given.body), settings: '' });
        setNote({
          kind: 'info',
          text: `This event comes from ${given.from}. Fields that were masked there are masked here, too: they are tried, and not sent.`,
        });
      },
      (error: unknown) => {
        setForm((before) => before ?? usual);
        setNote({ kind: 'warn', text: messageOf(error) });
      },
    );
  }, [loaded, query]);
  const change = (part: Partial<Form>) => setForm((before) => before && { ...before, ...part });
  return { form, change, note };
}

function whyNotSent(canWrite: boolean, trial: Trial, form: Form): string | undefined {
  if (!canWrite) return 'Your token may read, and not send.';
  if (form.settings.trim() !== '')
    return 'It is sent with the settings in force: clear the ones to try, or save them first.';
  const masked = trial.answer?.masked;
  if (masked !== undefined) return `Masked fields would be sent as [redacted]: ${masked.join(', ')}.`;
  const converted = trial.answer?.events.filter(({ result }) => result === 'converted').length ?? 0;
  return converted === 0 ? 'No event of it would be sent.' : undefined;
}

function Tester({
  form,
  change,
  loaded,
}: {
  readonly form: Form;
  readonly change: (part: Partial<Form>) => void;
  readonly loaded: SamplesAnswer;
}) {
  const [sending, setSending] = useState(false);
  const canWrite = useCanWrite();
  const { asked, settingsFault } = useMemo(() => askedBy(form), [form]);
  const trial = useTrial(asked);
  const why = whyNotSent(canWrite, trial, form);
  return html`<${Heading} title="Tester">
      <span class="muted" role="status">${trial.answer && trial.current ? summaryOf(trial.answer) : ''}</span>
      <${Button} kind="primary" disabledBecause=${why} onClick=${() => setSending(true)}>Send for real…<//>
    <//>
    <div class="tester-page">
      <${FormFields} form=${form} change=${change} loaded=${loaded} settingsFault=${settingsFault} />
      <div class="stack">
        ${asked === undefined ? html`<${Empty} title="Paste an event, or choose a sample" />` : html`<${Results} trial=${trial} />`}
      </div>
    </div>
    ${
      sending &&
      asked !== undefined &&
      html`<${SendDialog} body=${asked} trial=${trial} onClose=${() => setSending(false)} />`
    }`;
}

/** Tries an event before it is sent. */
export function TesterPage({ query }: PageProps) {
  const { data, error } = useLoad<SamplesAnswer>('/api/samples');
  const { form, change, note } = useForm(query, data);
  if (data === undefined || form === undefined)
    return html`<${Heading} title="Tester" />${
      error === undefined ? html`<${Loading} />` : html`<${Notice} kind="bad" title=${error.message} />`
    }`;
  return html`<${Tester} form=${form} change=${change} loaded=${data} />
    ${note && html`<div class="tester-note"><${Notice} kind=${note.kind} title=${note.text} /></div>`}`;
}
