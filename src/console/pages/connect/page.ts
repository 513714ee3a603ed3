// Connects Segment, Statsig and RudderStack: what is asked for, what would be done, and doing it.

import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import type { ConnectAnswer, ConnectWay } from '../../../operate/connect/shapes.js';
import { Field, Heading, Notice, Tabs, type Tied } from '../../components/index.js';
import { useLoad } from '../../load.js';
import type { PageProps } from '../../pages.js';
import { rememberQuery } from '../../router.js';
import { useCanWrite } from '../../session.js';
import { Lately } from './lately.js';
import { OAuthForm } from './oauth.js';
import { RudderstackForm } from './rudderstack.js';
import { SegmentForm } from './segment.js';
import { StatsigForm } from './statsig.js';
import { WAYS } from './words.js';

const FORMS = {
  segment: SegmentForm,
  oauth: OAuthForm,
  statsig: StatsigForm,
  rudderstack: RudderstackForm,
} as const;

const isWay = (text: string | null): text is ConnectWay => text !== null && Object.hasOwn(WAYS, text);

const TABS = Object.entries(WAYS).map(([id, title]) => ({ id, title }));

const LOOK_MS = 5_000;

/** What the id of a document may be. */
const ID = /^[A-Za-z0-9_-]{1,64}$/;

/** The page of connections. */
export function ConnectPage({ query }: PageProps) {
  const asked = query.get('way');
  const way = isWay(asked) ? asked : 'segment';
  const canWrite = useCanWrite();
  const { data, error, reload } = useLoad<ConnectAnswer>('/api/connect', LOOK_MS);
  const [written, setWritten] = useState<string | undefined>(query.get('workspace') ?? undefined);
  const workspace = written ?? data?.workspaces[0] ?? '';
  const Form = FORMS[way];
  return html`<${Heading} title="Connect" />
    <div class="stack connect-stack">
      ${error && data === undefined && html`<${Notice} kind="bad">${error.message}<//>`}
      ${!canWrite && html`<${Notice}>This session may look and change nothing. Who signs in with the value of <code>ADMIN_TOKEN</code> can connect.<//>`}
      <${Field} label="Workspace of the settings" hint="The id of its document. One that is not there is made." error=${workspace !== '' && !ID.test(workspace) ? 'It may hold letters, digits, _ and -, at most 64.' : undefined}>
        ${(tied: Tied) =>
          html`<input ...${tied} class="input connect-workspace" list="connect-workspaces" autocomplete="off" spellcheck=${false} value=${workspace}
              onInput=${(event: InputEvent) => setWritten((event.currentTarget as HTMLInputElement).value)} />
            `}
      <//>
      <datalist id="connect-workspaces">${(data?.workspaces ?? []).map((id) => html`<option key=${id} value=${id} />`)}</datalist>
      <${Tabs} label="What to connect" tabs=${TABS} selected=${way} onSelect=${(next: string) => rememberQuery('connect', { way: next })}>
        <div class="stack connect-stack">
          ${ID.test(workspace) && html`<${Form} key=${way} workspace=${workspace} onOver=${reload} isUnknown=${query.get('consent') === 'unknown'} />`}
        </div>
      <//>
      <${Lately} deeds=${data?.deeds ?? []} />
    </div>`;
}
