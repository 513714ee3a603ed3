// Sends what is written for real, after it was asked, and shows what the targets answer.

import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import type { SendAnswer, SendBody, SentAnswer, TesterAnswer } from '../../../operate/tester/shapes.js';
import { post } from '../../api.js';
import { Badge, Button, Dialog, JsonView, Loading, Notice } from '../../components/index.js';
import { messageOf } from '../../error-message.js';
import { pageHref } from '../../router.js';
import { type Trial, useTrial } from './use-trial.js';

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

/** Says which fields are missing. */
export function MaskedNotice({ masked }: { readonly masked: readonly string[] }) {
  return html`<${Notice} kind="warn" title="Fields are masked: it is tried, and not sent.">
    <p>The marks would be sent in place of the values. Write the real values in the tester, or remove the fields: <span class="mono">${masked.join(', ')}</span></p>
  <//>`;
}

/** Events that are sent at once, as the route does. */
const MAX_SENT = 10;

const eventsOf = (count: number) => (count === 1 ? '1 event' : `${count} events`);

/** The events that would be sent. */
const sendable = ({ events }: TesterAnswer) => events.filter(({ result }) => result === 'converted').slice(0, MAX_SENT);

function whyNot({ answer, error, current }: Trial): string | undefined {
  if (error !== undefined) return error;
  if (answer === undefined || !current) return 'It is tried first.';
  if (answer.problem !== undefined) return answer.problem.message;
  if (answer.masked !== undefined) return 'Fields are masked.';
  return sendable(answer).length === 0 ? 'No event of it would be sent.' : undefined;
}

/** What happens when the button is pressed. */
function Plan({ answer, error }: Trial) {
  if (error !== undefined) return html`<${Notice} kind="bad" title=${error} />`;
  if (answer === undefined) return html`<${Loading} />`;
  const { problem, masked } = answer;
  if (problem !== undefined) return html`<${Notice} kind="bad" title=${problem.message} />`;
  if (masked !== undefined) return html`<${MaskedNotice} masked=${masked} />`;
  const events = sendable(answer);
  if (events.length === 0) return html`<${Notice} kind="info" title="No event of it would be sent." />`;
  const workspacesOf = (isDry: boolean) => {
    const meant = events.filter(({ dryRun = false }) => dryRun === isDry);
    const names = [...new Set(meant.map(({ workspace = '' }) => workspace))].join(', ');
    return { count: meant.length, names };
  };
  const [real, dry] = [workspacesOf(false), workspacesOf(true)];
  return html`${
    dry.count > 0 &&
    html`<${Notice} kind="info" title=${`Dry run: nothing of ${eventsOf(dry.count)} leaves this process.`}>
      <p>Workspace ${dry.names} has no key or no target for it. You see the request that would be sent.</p>
    <//>`
  }
  ${
    real.count > 0 &&
    html`<p>
        ${eventsOf(real.count)} of this body will be sent to the targets of workspace ${real.names}, with its real keys and the settings in force. It counts there like
        any other event, and cannot be called back.
      </p>
      <p>
        It goes around the outbox: it is not retried, and no duplicate is kept out. A messageId that was sent before is sent again, and may count twice.
      </p>`
  }`;
}

/** Tries an event, asks, sends. */
export function ReplayDialog({ body, onClose }: { readonly body: SendBody; readonly onClose: () => void }) {
  return html`<${SendDialog} body=${body} trial=${useTrial(body)} onClose=${onClose} />`;
}

/** Asks, sends, shows. @param trial what is known of the body */
export function SendDialog({
  body,
  trial,
  onClose,
}: {
  readonly body: SendBody;
  readonly trial: Trial;
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
  const count = trial.answer === undefined ? 1 : sendable(trial.answer).length;
  const actions =
    answer === undefined
      ? html`<${Button} onClick=${onClose}>Cancel<//><${Button} kind="danger" busy=${busy} disabledBecause=${whyNot(trial)} onClick=${send}>Send ${eventsOf(count)}<//>`
      : html`<${Button} onClick=${onClose}>Close<//>`;
  return html`<${Dialog} title="Send for real" onClose=${onClose} actions=${actions}>
    ${error !== undefined && html`<${Notice} kind="bad" title=${error} />`}
    <div aria-live="polite">
      ${answer === undefined ? html`<${Plan} ...${trial} />` : html`<${Answers} ...${answer} />`}
    </div>
  <//>`;
}
