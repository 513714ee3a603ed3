// What was given up, and how to send it again.

import { html } from 'htm/preact';
import { Empty, Heading } from '../../components/index.js';

/** What was given up, and how to send it again. */
export function DeadLettersPage() {
  return html`<${Heading} title="Dead letters" /><${Empty} title="Nothing to see here yet" />`;
}
