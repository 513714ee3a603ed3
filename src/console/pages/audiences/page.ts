// ID lists that are kept in step with audiences: sizes, what waits, what is left of Statsig's limit, the last calls, what is wrong.

import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import type { AudienceListRow, AudiencesAnswer, AudienceWorkspace } from '../../../operate/audiences/shapes.js';
import { Badge, Empty, formatCount, formatDuration, Heading, Loading, Notice, Time } from '../../components/index.js';
import { useLoad } from '../../load.js';
import { ListDrawer } from './list-drawer.js';
import { Lists } from './lists.js';

const LOOK_MS = 3_000;

function Budget({ workspace }: { readonly workspace: AudienceWorkspace }) {
  const { budget, windowMs, maxIdsPerRequest, createMissing } = workspace;
  const pending = workspace.lists.reduce((sum, list) => sum + list.pending, 0);
  return html`<dl class="facts">
    ${budget?.limits.map(
      ({ calls, windowMs: within, left }) =>
        html`<dt key=${within}>Calls left in ${formatDuration(within)}</dt>
          <dd>
            ${formatCount(left)} of ${formatCount(calls)}
            <meter class="audiences-meter" min="0" max=${calls} low=${calls / 4} optimum=${calls} value=${left} aria-label=${`Calls left in ${formatDuration(within)}`}></meter>
          </dd>`,
    )}
    ${budget?.readyAt !== undefined && html`<dt>Next call</dt><dd><${Time} at=${budget.readyAt} as="ago" /></dd>`}
    ${budget && budget.sharedWith.length > 0 && html`<dt>Key shared with</dt><dd>${budget.sharedWith.join(', ')}</dd>`}
    <dt>Changes that wait</dt>
    <dd>
      ${formatCount(pending)}${budget !== undefined && budget.drainMs > 0 && html`, sent in ${formatDuration(budget.drainMs)} at least`}
    </dd>
    <dt>Settings</dt>
    <dd>
      changes wait ${formatDuration(windowMs)} for each other, up to ${formatCount(maxIdsPerRequest)} ids in a request, lists that are missing are ${
        createMissing ? 'made' : 'not made'
      }
    </dd>
  </dl>`;
}

function Workspace({
  workspace,
  opened,
  onOpen,
}: {
  readonly workspace: AudienceWorkspace;
  readonly opened: string | undefined;
  readonly onOpen: (list: AudienceListRow) => void;
}) {
  const { workspaceId, isDryRun, lists, omitted, problem } = workspace;
  return html`<section class="card stack audiences-stack" aria-label=${workspaceId}>
    <h2>${workspaceId} ${isDryRun && html`<${Badge} tone="warn">dry run<//>`}</h2>
    ${
      isDryRun &&
      html`<${Notice} kind="info">
        The workspace has no <code>consoleKey</code>: changes are written to the log and not made. Enter the key in the settings to make them.
      <//>`
    }
    ${problem !== undefined && html`<${Notice} kind="bad">${problem}<//>`}
    <${Budget} workspace=${workspace} />
    ${
      lists.length === 0
        ? html`<${Empty} title="No list yet">The first audience event makes one appear, or a row of <code>audiences.lists</code>.<//>`
        : html`<${Lists} lists=${lists} workspaceId=${workspaceId} opened=${opened} onOpen=${onOpen} />`
    }
    ${omitted > 0 && html`<p class="muted">${formatCount(omitted)} more lists, with less to tell.</p>`}
  </section>`;
}

/** The page of audiences. */
export function AudiencesPage() {
  const { data, error, loading } = useLoad<AudiencesAnswer>('/api/audiences', LOOK_MS);
  const [opened, setOpened] = useState<{ readonly workspaceId: string; readonly listId: string } | undefined>(
    undefined,
  );
  const workspaces = data?.workspaces ?? [];
  const list = workspaces
    .find(({ workspaceId }) => workspaceId === opened?.workspaceId)
    ?.lists.find(({ listId }) => listId === opened?.listId);
  return html`<${Heading} title="Audiences" />
    <div class="stack audiences-stack">
      ${error && html`<${Notice} kind="bad" title="Audiences cannot be read.">${error.message}<//>`}
      ${data === undefined && loading && html`<${Loading} />`}
      ${
        data !== undefined &&
        workspaces.length === 0 &&
        html`<${Empty} title="No workspace takes audiences">
          Enter a <code>consoleKey</code> in the settings of a workspace, and Segment's audiences become ID lists in Statsig.
        <//>`
      }
      ${workspaces.map(
        (workspace) =>
          html`<${Workspace}
            key=${workspace.workspaceId}
            workspace=${workspace}
            opened=${opened?.workspaceId === workspace.workspaceId ? opened.listId : undefined}
            onOpen=${({ listId }: AudienceListRow) => setOpened({ workspaceId: workspace.workspaceId, listId })}
          />`,
      )}
    </div>
    ${
      list !== undefined &&
      opened !== undefined &&
      html`<${ListDrawer} list=${list} workspaceId=${opened.workspaceId} onClose=${() => setOpened(undefined)} />`
    }`;
}
