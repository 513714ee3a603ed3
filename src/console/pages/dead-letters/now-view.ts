// What the settings of now make of an original: the tester's line, and whether it is what is stored.

import { html } from 'htm/preact';
import { useEffect, useState } from 'preact/hooks';
import type { DeadLetterLine, OriginalEvent } from '../../../operate/dead-letters/shapes.js';
import type { TesterAnswer, TesterEvent } from '../../../operate/tester/shapes.js';
import { post } from '../../api.js';
import { JsonView, Loading, Notice } from '../../components/index.js';
import { messageOf } from '../../error-message.js';

type Known = Extract<OriginalEvent, { readonly known: true }>;

/** What is stored never has its fields in another order than what is made of the same event by the same rules. */
const isSame = (made: unknown, stored: unknown) => JSON.stringify(made) === JSON.stringify(stored);

function Converted({ event, stored }: { readonly event: TesterEvent; readonly stored: unknown }) {
  const bodies = event.outputs.map(({ body }) => body);
  const same = bodies.some((body) => isSame(body, stored));
  return html`<${Notice} kind=${same ? 'info' : 'warn'}>
      ${
        same
          ? 'It is the same as what is stored.'
          : 'It differs from what is stored, and a redelivery sends what is stored. To send it with the mapping of now, send the original from the tester, then drop this one.'
      }
    <//>
    <${JsonView} label="What the settings of now make of it" value=${bodies.length === 1 ? bodies[0] : bodies} />`;
}

function Result({ event, stored }: { readonly event: TesterEvent; readonly stored: unknown }) {
  const { result, reason, detail, rule, code, message, fix } = event;
  if (result === 'converted') return html`<${Converted} event=${event} stored=${stored} />`;
  if (result === 'filtered')
    return html`<${Notice} kind="warn" title="The settings of now do not send it.">
      ${reason}${detail && `: ${detail}`}${rule && ` (${rule})`}
    <//>`;
  return html`<${Notice} kind="bad" title="The settings of now refuse it."><code>${code}</code> ${message} ${fix}<//>`;
}

/** Asks the tester. Sends nothing. */
export function NowView({ letter, original }: { readonly letter: DeadLetterLine; readonly original: Known }) {
  const [answer, setAnswer] = useState<TesterAnswer | string | undefined>(undefined);
  useEffect(() => {
    const own = new AbortController();
    const body = { source: original.source, workspace: letter.workspaceId, body: original.event };
    post<TesterAnswer>('/api/tester', body, own.signal).then(setAnswer, (error: unknown) => {
      if (!own.signal.aborted) setAnswer(messageOf(error));
    });
    return () => own.abort();
  }, [letter.key]);
  if (answer === undefined) return html`<${Loading} />`;
  if (typeof answer === 'string') return html`<${Notice} kind="bad">${answer}<//>`;
  const [event] = answer.events;
  return event === undefined
    ? html`<${Notice} kind="warn">${answer.problem?.message ?? 'Nothing came of it.'}<//>`
    : html`<${Result} event=${event} stored=${letter.payload} />`;
}
