// The file as it is written, for those who know it.

import { html } from 'htm/preact';
import { Notice, TextArea } from '../../components/index.js';
import type { TabProps } from './form-parts.js';

/** The whole file, as text. */
export function DocumentTab({ desk, disabled }: TabProps) {
  const document = desk.answer?.document;
  if (document === undefined) return null;
  return html`<div class="stack">
    ${desk.text === undefined && desk.isChanged && html`<${Notice}>The form has changes that are not saved. As soon as you write here, the text below is the edit instead.<//>`}
    <${TextArea}
      label=${document.file}
      rows=${24}
      value=${desk.text ?? (desk.previewed.is === 'there' && desk.isChanged ? desk.previewed.answer.text : document.text)}
      hint=${document.hasKeys ? 'kept:1 stands for a key that the file holds itself. Leave it as it is to keep the key; env:NAME or file:PATH keeps it elsewhere.' : undefined}
      disabled=${disabled}
      onInput=${desk.setText}
    />
    ${document.others.length > 0 && html`<p class="muted">The file also holds: ${document.others.join(', ')}.</p>`}
  </div>`;
}
