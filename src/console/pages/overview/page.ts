// What flows, how much, and what needs attention.

import { html } from 'htm/preact';
import { Empty, Heading } from '../../components/index.js';

/** What flows, how much, and what needs attention. */
export function OverviewPage() {
  return html`<${Heading} title="Overview" /><${Empty} title="Nothing to see here yet" />`;
}
