// Earlier versions of the settings files: what each change did, and undoing it.

import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import type { SettingsHistoryAnswer, SettingsSaved, SettingsVersion } from '../../../operate/settings/shapes.js';
import { post, withQuery } from '../../api.js';
import { DiffView } from '../../components/diff-view.js';
import { Badge, Button, Confirm, Drawer, Empty, Loading, Notice, Table, Time } from '../../components/index.js';
import { useLoad } from '../../load.js';
import { notify, notifyError } from '../../notices.js';

const BY: Readonly<Record<SettingsVersion['by'], string>> = { console: 'Console', undo: 'Undo', outside: 'By hand' };

/** @param onUndone the file has changed */
export function HistoryDrawer({
  workspace,
  canWrite,
  onUndone,
  onClose,
}: {
  readonly workspace: string;
  readonly canWrite: boolean;
  readonly onUndone: () => void;
  readonly onClose: () => void;
}) {
  const [id, setId] = useState<string | undefined>(undefined);
  const [asks, setAsks] = useState(false);
  const [busy, setBusy] = useState(false);
  const { data, error, reload } = useLoad<SettingsHistoryAnswer>(withQuery('/api/settings/history', { workspace, id }));
  const version = data?.versions.find((each) => each.id === id);
  const details = data?.details?.id === id ? data?.details : undefined;

  const undo = async () => {
    if (details === undefined) return;
    setBusy(true);
    try {
      const saved = await post<SettingsSaved>('/api/settings/undo', { id: details.id, version: details.version });
      notify(
        saved.inForce ? 'good' : 'warn',
        saved.inForce
          ? `${saved.file} holds its earlier version again, in force as generation ${saved.generation}.`
          : `${saved.file} holds its earlier version again. ${saved.note ?? ''}`,
      );
      setId(undefined);
      onUndone();
      reload();
    } catch (fault) {
      notifyError(fault);
      reload();
    } finally {
      setAsks(false);
      setBusy(false);
    }
  };

  const columns = [
    { id: 'at', title: 'Time', cell: ({ at }: SettingsVersion) => html`<${Time} at=${at} />` },
    {
      id: 'by',
      title: 'Changed by',
      cell: ({ by, isCurrent }: SettingsVersion) =>
        html`${BY[by]} ${isCurrent && html`<${Badge} tone="good">in the file now<//>`}`,
    },
    {
      id: 'file',
      title: 'File',
      wide: true,
      cell: ({ file, workspaces }: SettingsVersion) =>
        html`${file} <span class="muted">${workspaces.length === 0 ? 'comments or form only' : workspaces.join(', ')}</span>`,
    },
  ];
  const why = !canWrite
    ? 'You have signed in to look.'
    : version?.canUndo === false
      ? 'There was no file before.'
      : details?.undo === ''
        ? 'The file is as it was before this change.'
        : undefined;
  return html`<${Drawer}
      title="History"
      onClose=${onClose}
      actions=${version && html`<${Button} kind="primary" disabledBecause=${why} onClick=${() => setAsks(true)}>Put back what was before …<//>`}
    >
      ${error && html`<${Notice} kind="bad" title="The history cannot be read">${error.message}<//>`}
      ${data === undefined && !error && html`<${Loading} />`}
      ${data?.versions.length === 0 && html`<${Empty} title="No changes yet">Each edit that is saved here is kept, and edits by hand of files that were opened here.<//>`}
      ${
        data !== undefined &&
        data.versions.length > 0 &&
        html`<${Table} caption="Changes, newest first" columns=${columns} rows=${data.versions} rowKey=${(each: SettingsVersion) => each.id} opened=${id} onOpen=${(each: SettingsVersion) => setId(each.id === id ? undefined : each.id)} />`
      }
      ${details && html`<h3>What it changed</h3><${DiffView} diff=${details.diff} label="What it changed" />`}
    <//>
    ${
      asks &&
      details &&
      html`<${Confirm} title="Put back what was before?" deed="Put back" busy=${busy} onConfirm=${() => void undo()} onClose=${() => setAsks(false)}>
        <p>The whole file gets its earlier text. Whatever was changed in it since goes, too, for each workspace in it. It is checked first, and can be undone itself.</p>
        <${DiffView} diff=${details.undo} label="What this changes in the file" />
      <//>`
    }`;
}
