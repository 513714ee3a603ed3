// A unified diff, in colours and with the signs that say the same.

import { html } from 'htm/preact';

const KINDS: Readonly<Record<string, string>> = { '+': 'added', '-': 'removed', '@': 'place' };

/** @param label read aloud */
export function DiffView({ diff, label }: { readonly diff: string; readonly label: string }) {
  const lines = diff
    .trimEnd()
    .split('\n')
    .filter((line) => !/^(?:---|\+\+\+|\\)/.test(line));
  return html`<pre class="diff" tabindex="0" role="region" aria-label=${label}>${lines.map(
    (line, index) => html`<span key=${index} class=${`diff-line ${KINDS[line[0] ?? ''] ?? ''}`}>${line}${'\n'}</span>`,
  )}</pre>`;
}
