// Statsig by a Console API key: which keys and ID types fit, and the webhook that its events come by.

import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import { Checkbox, TextField } from '../../components/index.js';
import { Flow } from './flow.js';
import type { WayProps } from './segment.js';
import { TokenField } from './token-field.js';
import { useDeed } from './use-deed.js';

/** The form. */
export function StatsigForm({ workspace, onOver }: WayProps) {
  const used = useDeed('statsig', onOver);
  const [token, setToken] = useState('');
  const [url, setUrl] = useState('');
  const [apiUrl, setApiUrl] = useState('');
  const [signingSecret, setSigningSecret] = useState('');
  const [create, setCreate] = useState(false);
  return html`<${Flow}
    used=${used}
    asked=${{ workspace, url, apiUrl, create }}
    secrets=${{ ...(token !== '' && { token }), ...(signingSecret !== '' && { signingSecret }) }}
    missing=${false}
  >
    <${TokenField}
      label="Console API key"
      value=${token}
      onInput=${setToken}
      refused=${used.deed?.problem?.code === 'token-refused'}
      hint="From Statsig’s console, under Project settings > Keys & environments. It is in memory as long as this page shows it, and is not kept. Leave it empty where the settings have one."
    />
    <${TextField} label="Address of this process" value=${url} onInput=${setUrl} placeholder="https://cdp.example.com" hint="Where Statsig reaches it, from outside, for its event webhook." />
    <${TokenField}
      label="Signing secret of the event webhook"
      value=${signingSecret}
      onInput=${setSigningSecret}
      hint="Leave it empty until Statsig shows it, once the webhook is saved. It is kept in a file beside the settings, readable by their owner alone."
    />
    <${Checkbox} label="Make ID types that the settings name and the project lacks" checked=${create} onChange=${setCreate} />
    <details class="connect-details">
      <summary>More</summary>
      <${TextField} label="Address of the Console API" value=${apiUrl} onInput=${setApiUrl} hint="Leave it empty: Statsig’s." />
    </details>
  <//>`;
}
