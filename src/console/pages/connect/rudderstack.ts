// RudderStack by an export of its control plane, which names destinations and sources.

import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import { Field, TextField, type Tied } from '../../components/index.js';
import { notifyError } from '../../notices.js';
import { Flow } from './flow.js';
import type { WayProps } from './segment.js';
import { useDeed } from './use-deed.js';

/** The form. The file has keys in it: it is read in the browser, and sent for the deed alone. */
export function RudderstackForm({ workspace, onOver }: WayProps) {
  const used = useDeed('rudderstack', onOver);
  const [config, setConfig] = useState('');
  const [dataPlaneUrl, setDataPlaneUrl] = useState('');
  const [url, setUrl] = useState('');
  const onFile = (event: Event) => {
    const [file] = (event.currentTarget as HTMLInputElement).files ?? [];
    if (file === undefined) setConfig('');
    else file.text().then(setConfig, notifyError);
  };
  return html`<${Flow}
    used=${used}
    asked=${{ workspace, dataPlaneUrl, url }}
    secrets=${{ config }}
    missing=${config === '' && 'Choose the export first.'}
  >
    <${Field} label="Export of the control plane" hint="workspaceConfig.json. The keys in it are in memory as long as this page has it, and are not kept.">
      ${(tied: Tied) => html`<input ...${tied} class="input" type="file" accept=".json,application/json" onChange=${onFile} />`}
    <//>
    <${TextField} label="Address of the data plane" value=${dataPlaneUrl} onInput=${setDataPlaneUrl} placeholder="http://rudder-server:8080" hint="To send one event through. Leave it empty to send none." />
    <${TextField} label="Address of this process" value=${url} onInput=${setUrl} placeholder="http://statsig-cdp:9090" hint="Where rudder-server reaches it." />
  <//>`;
}
