// What arrives of the workspace since it was connected, from the live log.

import { html } from 'htm/preact';
import type { LiveList } from '../../../operate/live/shapes.js';
import { withQuery } from '../../api.js';
import { Badge, Notice, Time } from '../../components/index.js';
import { useLoad } from '../../load.js';
import { pageHref } from '../../router.js';
import { outcomeOf, sourceOf, subjectOf } from '../live/words.js';

const LOOK_MS = 1_500;
const SHOWN = 5;

/** @param since ms since 1970, by the clock of the process: what came before is not of it */
export function Arrival({ workspace, since }: { readonly workspace: string; readonly since: number }) {
  const { data } = useLoad<LiveList>(withQuery('/api/live', { workspace, limit: 20 }), LOOK_MS);
  if (data?.state === 'off')
    return html`<${Notice}>The live log is off (<code>LIVE_LOG</code>), so that this page cannot say what arrives.<//>`;
  const entries = (data?.entries ?? []).filter(({ at }) => at >= since);
  const arrived = entries.filter(({ outcome }) => outcome !== 'refused');
  const log = html`<a class="button connect-link" href=${pageHref('live', { workspace })}>Live log</a>`;
  if (arrived.length === 0 && entries.length > 0)
    return html`<${Notice} kind="warn" title="A sender was refused." action=${log}>
      Why is said in the live log. While new settings come into force that is right: connecting asks with the new secrets itself.
    <//>`;
  if (arrived.length === 0)
    return html`<${Notice} title="Nothing has arrived yet." action=${log}>It is shown here as soon as it does.<//>`;
  return html`<div role="status">
    <${Notice} kind="good" title="Events arrive." action=${log}>
      <ul class="connect-arrived">
        ${arrived.slice(-SHOWN).map((entry) => {
          const { text, tone } = outcomeOf(entry);
          return html`<li key=${entry.id}>
            <${Time} at=${entry.at} as="clock" /> <${Badge} tone=${tone}>${text}<//> <bdi>${subjectOf(entry)}</bdi>${' '}
            <span class="muted">${sourceOf(entry)}</span>
          </li>`;
        })}
      </ul>
    <//>
  </div>`;
}
