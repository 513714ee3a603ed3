// RudderStack by an export of its control plane, which names destinations and sources.

import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import { Checkbox, Field, TextField, type Tied } from '../../components/index.js';
import { notifyError } from '../../notices.js';
import { Flow } from './flow.js';
import type { WayProps } from './segment.js';
import { useDeed } from './use-deed.js';

/** The form. The file has keys in it: it is read in the browser, and sent for the deed alone. */
export function RudderstackForm({ workspace, onOver }: WayProps) {
  const used = useDeed('rudderstack', onOver);
  const [config, setConfig] = useState('');
  const [dataPlaneUrl, setDataPlaneUrl] = useState('');
  // The page is served at the port that rudder-server asks.
  const [url, setUrl] = useState(location.origin);
  const [transformerUrl, setTransformerUrl] = useState('');
  const [byWorkspace, setByWorkspace] = useState(false);
  const [keepKeys, setKeepKeys] = useState(false);
  const onFile = (event: Event) => {
    const [file] = (event.currentTarget as HTMLInputElement).files ?? [];
    if (file === undefined) setConfig('');
    else file.text().then(setConfig, notifyError);
  };
  const noUrl = url === '' && 'Enter the address of this process first.';
  return html`<${Flow}
    used=${used}
    asked=${{ workspace, dataPlaneUrl, url, transformerUrl, byWorkspace, keepKeys }}
    secrets=${config === '' ? {} : { config }}
    missing=${(config === '' && 'Choose the export first.') || noUrl}
    missingToUndo=${noUrl}
  >
    <${Field} label="Export of the control plane" hint="workspaceConfig.json. The keys in it are in memory as long as this page has it, and are not kept.">
      ${(tied: Tied) => html`<input ...${tied} class="input" type="file" accept=".json,application/json" onChange=${onFile} />`}
    <//>
    <${TextField} label="Address of this process" value=${url} onInput=${setUrl} placeholder="http://statsig-cdp:9090" hint="Where rudder-server reaches it: PORT." />
    <${TextField} label="Address of the data plane" value=${dataPlaneUrl} onInput=${setDataPlaneUrl} placeholder="http://rudder-server:8080" hint="To send one event through. Leave it empty to send none." />
    <${Checkbox} label="Claim workspaces of RudderStack whole, with destinations that are made later" checked=${byWorkspace} onChange=${setByWorkspace} />
    <${Checkbox} label="Keep the keys of the destinations in files, so that other senders can use them" checked=${keepKeys} onChange=${setKeepKeys} />
    <details class="connect-details">
      <summary>More</summary>
      <${TextField} label="Address of the stock transformer" value=${transformerUrl} onInput=${setTransformerUrl} hint="Leave it empty: UPSTREAM_TRANSFORMER_URL." />
    </details>
  <//>`;
}
