// One dead letter: what was made of the event, the last answer, what a redelivery would send now, and the event as its sender wrote it where that is known.

import { html } from 'htm/preact';
import { useEffect, useState } from 'preact/hooks';
import type { DeadLetterLine, DeadLetterPreview, ShownRequest } from '../../../operate/dead-letters/shapes.js';
import { Badge, Button, Drawer, JsonView, Loading, Notice, Tabs, Time } from '../../components/index.js';
import { Prose } from '../../components/prose.js';
import { messageOf } from '../../error-message.js';
import { pageHref } from '../../router.js';
import { loadPreview } from './api.js';
import { NowView } from './now-view.js';

const TABS = [
  { id: 'payload', title: 'What is stored' },
  { id: 'redelivery', title: 'What a redelivery sends' },
  { id: 'original', title: 'Original' },
];

function Facts({ letter }: { readonly letter: DeadLetterLine }) {
  const { workspaceId, target, reason, status, attempts, acceptedAt, diedAt, messageId, user, answer } = letter;
  return html`<dl class="facts">
    <dt>Target</dt>
    <dd>${target} of ${workspaceId}</dd>
    <dt>Given up</dt>
    <dd><${Time} at=${diedAt} /> <${Badge} tone="bad">${reason}<//>${status !== undefined && ` ${status}`}</dd>
    <dt>Accepted</dt>
    <dd><${Time} at=${acceptedAt} />, ${attempts} ${attempts === 1 ? 'try' : 'tries'}</dd>
    ${user !== undefined && html`<dt>User</dt><dd class="mono">${user}</dd>`}
    ${messageId !== undefined && html`<dt>Message id</dt><dd class="mono">${messageId}</dd>`}
    <dt>Last answer</dt>
    <dd class="mono">${answer === '' ? 'none' : answer}</dd>
  </dl>`;
}

function Request({ request }: { readonly request: ShownRequest }) {
  return html`<p class="mono letters-line">${request.method} ${request.url}</p>
    <${JsonView} label="Headers" value=${request.headers} />
    <${JsonView} label="Body" value=${request.body} />`;
}

function Redelivery({ redelivery }: Pick<DeadLetterPreview, 'redelivery'>) {
  if (redelivery.kind === 'waits') return html`<${Notice} kind="warn" title="It would wait.">${redelivery.why}<//>`;
  if (redelivery.kind === 'fails')
    return html`<${Notice} kind="bad" title="It would be given up again, before anything is sent.">${redelivery.why}<//>`;
  return html`<p class="muted">
      A redelivery sends what is stored, with the key and the address of the settings as they are now. A change of the mapping does not change it.
    </p>
    ${redelivery.requests.map((request) => html`<${Request} request=${request} />`)}`;
}

function Original({ preview }: { readonly preview: DeadLetterPreview }) {
  const { original, letter } = preview;
  const tester = html`<a href=${pageHref('tester', { letter: letter.key })}>Open it in the tester</a>`;
  if (!original.known) return html`<${Notice} kind="info" title="The original is not known.">${original.why}<//>`;
  return html`<p class="muted">
      As ${original.source} sent it, <${Time} at=${original.at} />. ${tester} to see what edited settings make of it, or to send it.
    </p>
    <${NowView} letter=${letter} original=${original} />
    <${JsonView} label="Event as received" value=${original.event} />`;
}

/** The drawer of a dead letter. */
export function LetterDrawer({
  letter,
  canWrite,
  onRedeliver,
  onDrop,
  onClose,
}: {
  readonly letter: DeadLetterLine;
  readonly canWrite: boolean;
  readonly onRedeliver: () => void;
  readonly onDrop: () => void;
  readonly onClose: () => void;
}) {
  const [tab, setTab] = useState('payload');
  const [preview, setPreview] = useState<DeadLetterPreview | string | undefined>(undefined);
  useEffect(() => {
    const own = new AbortController();
    loadPreview(letter.key, own.signal).then(setPreview, (error: unknown) => {
      if (!own.signal.aborted) setPreview(messageOf(error));
    });
    return () => own.abort();
  }, [letter.key]);
  const actions =
    canWrite &&
    html`<a class="button letters-link" href=${pageHref('mapping', { workspace: letter.workspaceId })}>Edit settings</a>
      <${Button} kind="danger" icon="close" onClick=${onDrop}>Drop …<//>
      <${Button} kind="primary" icon="reload" onClick=${onRedeliver}>Redeliver<//>`;
  const loaded = typeof preview === 'object' ? preview : undefined;
  return html`<${Drawer} title=${letter.event ?? 'Dead letter'} onClose=${onClose} actions=${actions}>
    <div class="stack letters-stack">
      ${typeof preview === 'string' && html`<${Notice} kind="bad">${preview}<//>`}
      ${loaded && html`<${Notice} kind="info" title="What to do"><${Prose} text=${loaded.fix} /><//>`}
      <${Facts} letter=${letter} />
      <${Tabs} label="Views of the dead letter" tabs=${TABS} selected=${tab} onSelect=${setTab}>
        ${tab === 'payload' && html`<${JsonView} label="What was made of the event" value=${letter.payload} />`}
        ${tab !== 'payload' && preview === undefined && html`<${Loading} />`}
        ${tab === 'redelivery' && loaded && html`<${Redelivery} redelivery=${loaded.redelivery} />`}
        ${tab === 'original' && loaded && html`<${Original} preview=${loaded} />`}
      <//>
    </div>
  <//>`;
}
