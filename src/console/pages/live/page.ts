// Each event as it is received and decided.

import { html } from 'htm/preact';
import { Empty, Heading } from '../../components/index.js';

/** Each event as it is received and decided. */
export function LivePage() {
  return html`<${Heading} title="Live log" /><${Empty} title="Nothing to see here yet" />`;
}
