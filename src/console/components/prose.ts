// Sentences of the process: what stands between backticks in them is code.

import { html } from 'htm/preact';

/** @param text as `Correct \`secretKey\` in the settings.` */
export function Prose({ text }: { readonly text: string }) {
  return html`${text.split('`').map((part, at) => (at % 2 === 1 ? html`<code key=${at}>${part}</code>` : part))}`;
}
