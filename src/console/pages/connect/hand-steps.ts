// What a person has to click, one after another, with what to paste, and a mark for what is done.

import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import type { HandStep } from '../../../connect/step.js';
import { Checkbox, CopyButton } from '../../components/index.js';

/** Marks are the reader's own: nothing asks for them. */
export function HandSteps({ steps }: { readonly steps: readonly HandStep[] }) {
  const [done, setDone] = useState<ReadonlySet<number>>(new Set());
  const mark = (at: number, isDone: boolean) => {
    const next = new Set(done);
    isDone ? next.add(at) : next.delete(at);
    setDone(next);
  };
  return html`<ol class="connect-hand">
    ${steps.map(
      ({ text, paste }, at) =>
        html`<li key=${at}>
          <${Checkbox} label=${text} checked=${done.has(at)} onChange=${(isDone: boolean) => mark(at, isDone)} />
          ${
            paste !== undefined &&
            html`<div class="connect-paste">
              <pre class="mono" tabindex="0" aria-label="What to paste">${paste}</pre>
              <${CopyButton} text=${paste} />
            </div>`
          }
        </li>`,
    )}
  </ol>`;
}
