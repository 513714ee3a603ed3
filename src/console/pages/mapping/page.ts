// What the settings make of events, and how to change them: every edit shows its effect before it is saved.

import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import { Button, Empty, Heading, Loading, Notice, Select, Tabs } from '../../components/index.js';
import type { PageProps } from '../../pages.js';
import { rememberQuery } from '../../router.js';
import { useCanWrite } from '../../session.js';
import { DocumentTab } from './document-tab.js';
import type { TabProps } from './form-parts.js';
import { HistoryDrawer } from './history-drawer.js';
import { PreviewPane, Remarks } from './preview-pane.js';
import { EnvironmentsTab, FiltersTab, IdentifiersTab, NamesTab, OutboundTab } from './tabs.js';
import { type Desk, useDesk } from './use-desk.js';

const TABS = [
  { id: 'identifiers', title: 'Identifiers', view: IdentifiersTab },
  { id: 'names', title: 'Event names', view: NamesTab },
  { id: 'filters', title: 'Filters', view: FiltersTab },
  { id: 'environments', title: 'Environments', view: EnvironmentsTab },
  { id: 'outbound', title: 'Outbound', view: OutboundTab },
  { id: 'document', title: 'Document', view: DocumentTab },
] as const;

function State({ desk }: { readonly desk: Desk }) {
  const state = desk.answer?.state;
  if (state === undefined) return null;
  return html`${state.lastError !== undefined && html`<${Notice} kind="bad" title="The newest settings are not in force"><span class="mapping-lines">${state.lastError}</span><//>`}
    ${state.missing.length > 0 && html`<${Notice} kind="warn" title="The last settings stay in force for some seconds">In case this comes back: ${state.missing.join(', ')}.<//>`}
    <${Remarks} kind="warn" title="Not shown" remarks=${state.unreadable} />
    ${desk.answer?.problem !== undefined && html`<${Notice} kind="warn" title="These settings cannot be changed here">${desk.answer.problem}.<//>`}
    ${state.kind === 'none' && html`<${Notice} title="There is no settings file yet">Saving makes <code>${desk.answer?.document?.file}</code>, with what you set here.<//>`}`;
}

function Editor({
  desk,
  tab,
  onTab,
}: {
  readonly desk: Desk;
  readonly tab: string;
  readonly onTab: (id: string) => void;
}) {
  const canWrite = useCanWrite();
  const chosen = TABS.find(({ id }) => id === tab) ?? TABS[0];
  const isText = chosen.id === 'document';
  const props: TabProps = { desk, disabled: !isText && desk.text !== undefined };
  return html`<div class="mapping-desk">
    <section class="mapping-form card" aria-label="Settings">
      <${Tabs} label="Settings" tabs=${TABS} selected=${chosen.id} onSelect=${onTab}>
        ${!isText && desk.text !== undefined && html`<${Notice} title="You are editing the text of the file">Save or discard that first.<//>`}
        <${chosen.view} key=${chosen.id} ...${props} />
      <//>
      <p class="field-hint mapping-elsewhere">
        What a RudderStack destination sets in its own configuration is stronger than this file, and is changed in RudderStack.
      </p>
    </section>
    <${PreviewPane} desk=${desk} canWrite=${canWrite} />
  </div>`;
}

/** Mapping and filters. */
export function MappingPage({ query }: PageProps) {
  const workspace = query.get('workspace') ?? undefined;
  const tab = query.get('tab') ?? 'identifiers';
  const canWrite = useCanWrite();
  const [showsHistory, setShowsHistory] = useState(false);
  const desk = useDesk(workspace);
  const { answer, error } = desk;
  const document = answer?.document;
  const workspaces = answer?.state.workspaces ?? [];
  const chosen = workspace ?? document?.workspace;
  const go = (next: { readonly workspace?: string | undefined; readonly tab?: string }) =>
    rememberQuery('mapping', { workspace, tab, ...next });

  return html`<${Heading} title="Mapping and filters">
      ${
        workspaces.length > 1 &&
        html`<${Select} label="Workspace" hideLabel=${true} value=${chosen ?? ''} choices=${workspaces.map(({ id, inForce }) => ({ value: id, text: inForce ? id : `${id} (not in force)` }))} onChange=${(id: string) => go({ workspace: id })} />`
      }
      ${chosen !== undefined && html`<${Button} onClick=${() => setShowsHistory(true)}>History<//>`}
    <//>
    <div class="stack">
      ${error && html`<${Notice} kind="bad" title="The settings cannot be read" action=${html`<${Button} onClick=${desk.reload}>Try again<//>`}>${error.message}<//>`}
      ${answer === undefined && !error && html`<${Loading} />`}
      <${State} desk=${desk} />
      ${document && html`<${Editor} desk=${desk} tab=${tab} onTab=${(id: string) => go({ tab: id })} />`}
      ${answer !== undefined && document === undefined && answer.problem === undefined && html`<${Empty} title="No settings" />`}
    </div>
    ${showsHistory && chosen !== undefined && html`<${HistoryDrawer} workspace=${chosen} canWrite=${canWrite} onUndone=${desk.reload} onClose=${() => setShowsHistory(false)} />`}`;
}
