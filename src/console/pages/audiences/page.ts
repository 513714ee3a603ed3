// Lists that are kept in step with the CDP.

import { html } from 'htm/preact';
import { Empty, Heading } from '../../components/index.js';

/** Lists that are kept in step with the CDP. */
export function AudiencesPage() {
  return html`<${Heading} title="Audiences" /><${Empty} title="Nothing to see here yet" />`;
}
