// What a setting is for: code in it stands between backticks, as in the documentation.

import { html } from 'htm/preact';

/** @param text with code between backticks */
export function Described({ text }: { readonly text: string }) {
  return html`${text.split('`').map((part, index) => (index % 2 === 1 ? html`<code key=${index}>${part}</code>` : part))}`;
}
