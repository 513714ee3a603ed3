// JSON to look at: indented, coloured, to be copied.

import { html } from 'htm/preact';
import { useMemo, useState } from 'preact/hooks';
import { Button } from './button.js';
import { CopyButton } from './copy-button.js';
import { formatBytes } from './format.js';
import { jsonTokens } from './json-tokens.js';

/** More is shown when it is asked for: a body of megabytes would hold the page. */
const SHOWN_AT_FIRST = 20_000;

/** @param value JSON value; a string is shown as it is, for what is no JSON @param label what it is */
export function JsonView({ value, label }: { readonly value: unknown; readonly label: string }) {
  const [all, setAll] = useState(false);
  const text = useMemo(() => (typeof value === 'string' ? value : (JSON.stringify(value, null, 2) ?? '')), [value]);
  const shown = all ? text : text.slice(0, SHOWN_AT_FIRST);
  const tokens = useMemo(() => jsonTokens(shown), [shown]);
  return html`<figure class="json">
    <figcaption>
      <span>${label}</span>
      <${CopyButton} kind="quiet" text=${text} />
    </figcaption>
    <pre tabindex="0" aria-label=${label}><code>${tokens.map(({ kind, text: part }) =>
      kind === 'plain' ? part : html`<span class=${`json-${kind}`}>${part}</span>`,
    )}</code></pre>
    ${
      shown.length < text.length &&
      html`<${Button} kind="quiet" onClick=${() => setAll(true)}>Show all ${formatBytes(text.length)}<//>`
    }
  </figure>`;
}
