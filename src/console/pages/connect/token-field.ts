// A field for a token: hidden, offered to no password manager, and empty again when the page is left.

import { html } from 'htm/preact';
import type { ComponentChildren } from 'preact';
import { TextField } from '../../components/index.js';

/** @param refused whether the other side did not take it */
export function TokenField({
  label,
  value,
  onInput,
  hint,
  refused = false,
}: {
  readonly label: string;
  readonly value: string;
  readonly onInput: (value: string) => void;
  readonly hint: ComponentChildren;
  readonly refused?: boolean;
}) {
  return html`<${TextField}
    label=${label}
    type="password"
    autocomplete="off"
    mono
    value=${value}
    onInput=${(text: string) => onInput(text.trim())}
    hint=${hint}
    error=${refused ? 'It was not taken.' : undefined}
  />`;
}
