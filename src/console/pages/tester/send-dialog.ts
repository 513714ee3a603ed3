// Sends what is written for real, after it was asked, and shows what the targets answer.

import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import type { SendAnswer, SendBody, SentAnswer } from '../../../operate/tester/shapes.js';
import { post } from '../../api.js';
import { Badge, Button, Dialog, JsonView, Notice } from '../../components/index.js';
import { messageOf } from '../../error-message.js';
import { pageHref } from '../../router.js';

const TONES = { delivered: 'good', refused: 'bad', unanswered: 'bad', 'dry run': 'warn' } as const;

const SAYS: Readonly<Record<SentAnswer['outcome'], string>> = {
  delivered: 'The target has taken the event.',
  refused: 'The target did not take the event.',
  unanswered: 'The target did not answer.',
  'dry run': 'Nothing was sent: the workspace has no key for it.',
};

function Answer({ sent }: { readonly sent: SentAnswer }) {
  const { target, workspace, outcome, status, ms, body, message, request } = sent;
  return html`<section class="stack" aria-label=${`Answer of ${target}`}>
    <div class="bar tester-head">
      <h3>${target}</h3>
      <${Badge} tone=${TONES[outcome]}>${outcome}<//>
      ${status !== undefined && html`<span class="mono">${status}</span>`}
      ${ms !== undefined && html`<span class="muted">${ms} ms</span>`}
      <span class="muted">workspace ${workspace}</span>
    </div>
    <p>${outcome === 'refused' || outcome === 'unanswered' ? (message ?? SAYS[outcome]) : SAYS[outcome]}</p>
    ${body !== undefined && body !== '' && html`<${JsonView} label="Answer" value=${body} />`}
    <details><summary>Request</summary><${JsonView} label=${`${request.method} ${request.url}`} value=${request.body} /></details>
  </section>`;
}

function Answers({ sent, kept }: SendAnswer) {
  return html`<div class="stack">
    ${sent.map((each, index) => html`<${Answer} key=${index} sent=${each} />`)}
    ${kept.map(({ event, why }) => html`<${Notice} key=${event} kind="info" title=${`Event ${event + 1} was not sent.`}><p>${why}</p><//>`)}
    <p class="muted">Not kept in the outbox: what was refused is not sent again. See the <a href=${pageHref('live')}>live log</a>.</p>
  </div>`;
}

/** Asks, sends, shows. @param count how many events would be sent */
export function SendDialog({
  body,
  count,
  onClose,
}: {
  readonly body: SendBody;
  readonly count: number;
  readonly onClose: () => void;
}) {
  const [busy, setBusy] = useState(false);
  const [answer, setAnswer] = useState<SendAnswer | undefined>(undefined);
  const [error, setError] = useState<string | undefined>(undefined);
  const send = () => {
    setBusy(true);
    setError(undefined);
    post<SendAnswer>('/api/tester/send', body)
      .then(setAnswer, (fault: unknown) => setError(messageOf(fault)))
      .finally(() => setBusy(false));
  };
  const events = count === 1 ? '1 event' : `${count} events`;
  const actions =
    answer === undefined
      ? html`<${Button} onClick=${onClose}>Cancel<//><${Button} kind="danger" busy=${busy} onClick=${send}>Send ${events}<//>`
      : html`<${Button} onClick=${onClose}>Close<//>`;
  return html`<${Dialog} title="Send for real" onClose=${onClose} actions=${actions}>
    ${error !== undefined && html`<${Notice} kind="bad" title=${error} />`}
    <div aria-live="polite">
      ${
        answer === undefined
          ? html`<p>
              ${events} of this body will be sent to the targets of ${body.workspace ? `workspace ${body.workspace}` : 'its workspace'}, with its real keys and the
              settings in force. It counts there like any other event, and cannot be called back.
            </p>`
          : html`<${Answers} ...${answer} />`
      }
    </div>
  <//>`;
}
