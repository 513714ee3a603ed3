// Tries an event before it is sent.

import { html } from 'htm/preact';
import { Empty, Heading } from '../../components/index.js';

/** Tries an event before it is sent. */
export function TesterPage() {
  return html`<${Heading} title="Tester" /><${Empty} title="Nothing to see here yet" />`;
}
