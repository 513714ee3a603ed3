// What the settings make of events, and how to change them.

import { html } from 'htm/preact';
import { Empty, Heading } from '../../components/index.js';

/** What the settings make of events, and how to change them. */
export function MappingPage() {
  return html`<${Heading} title="Mapping and filters" /><${Empty} title="Nothing to see here yet" />`;
}
