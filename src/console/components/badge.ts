// A word in a colour: how something stands. The word says it all, the colour helps.

import { html } from 'htm/preact';
import type { ComponentChildren } from 'preact';
import type { Tone } from './tone.js';

/** @param title what is shown when pointed at */
export function Badge({
  tone = 'plain',
  title,
  children,
}: {
  readonly tone?: Tone;
  readonly title?: string;
  readonly children: ComponentChildren;
}) {
  return html`<span class=${`badge badge-${tone}`} title=${title}>${children}</span>`;
}
