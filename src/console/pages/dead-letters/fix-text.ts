// A sentence of the process, with what stands between back ticks as code.

import { html } from 'htm/preact';

/** @param text as `Correct \`secretKey\` in the settings.` */
export function FixText({ text }: { readonly text: string }) {
  return html`${text.split('`').map((part, at) => (at % 2 === 1 ? html`<code>${part}</code>` : part))}`;
}
