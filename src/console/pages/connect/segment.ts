// Segment by its Public API: a token, one of its sources, and the address of this process.

import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import { Button, Checkbox, Select, TextField } from '../../components/index.js';
import { useCanWrite } from '../../session.js';
import { Flow } from './flow.js';
import { TokenField } from './token-field.js';
import { type UsedDeed, useDeed } from './use-deed.js';
import { READ_ONLY } from './words.js';

/** Regions of Segment. */
const REGIONS = [
  { value: 'us', text: 'United States' },
  { value: 'eu', text: 'European Union' },
];

/** What every way has. */
export interface WayProps {
  readonly workspace: string;
  readonly onOver: () => void;
}

/** A source: chosen from those that were found, or written. */
function SourceField({
  used,
  value,
  onInput,
}: {
  readonly used: UsedDeed;
  readonly value: string;
  readonly onInput: (value: string) => void;
}) {
  const found = used.deed?.found;
  const [kept, setKept] = useState(found);
  if (found !== undefined && found !== kept) setKept(found);
  const choices = kept?.choices ?? [];
  if (kept === undefined)
    return html`<${TextField} label="Source" value=${value} onInput=${onInput} hint="Its name or id. Find sources lists them." />`;
  if (choices.length === 0)
    return html`<${TextField} label="Source" value=${value} onInput=${onInput} error="This workspace of Segment’s has no source: make one there first." />`;
  return html`<${Select}
    label="Source"
    value=${value}
    choices=${[{ value: '', text: 'Choose one' }, ...choices]}
    onChange=${onInput}
    hint=${kept.owner === undefined ? undefined : html`Of the workspace <bdi>${kept.owner}</bdi>`}
  />`;
}

/** The form. */
export function SegmentForm({ workspace, onOver }: WayProps) {
  const used = useDeed('segment', onOver);
  const canWrite = useCanWrite();
  const [token, setToken] = useState('');
  const [region, setRegion] = useState('us');
  const [apiUrl, setApiUrl] = useState('');
  const [trackingUrl, setTrackingUrl] = useState('');
  const [secretKey, setSecretKey] = useState('');
  const [outbound, setOutbound] = useState(true);
  const [source, setSource] = useState('');
  const [url, setUrl] = useState('');
  const noToken = token === '' && 'Enter the token first.';
  const missing =
    noToken ||
    (source === '' && 'Choose a source first.') ||
    (url === '' && 'Enter the address of this process first.');
  const look = () => used.begin({ verb: 'look', workspace, token, region, ...(apiUrl !== '' && { apiUrl }) });
  return html`<${Flow}
    used=${used}
    asked=${{ workspace, region, apiUrl, trackingUrl, source, url, secretKey, outbound }}
    secrets=${{ token }}
    missing=${missing}
    before=${html`<${Button} icon="search" busy=${used.isBusy} disabledBecause=${noToken || (!canWrite && READ_ONLY)} onClick=${look}>Find sources<//>`}
  >
    <${TokenField}
      label="Public API token"
      value=${token}
      onInput=${setToken}
      refused=${used.deed?.problem?.code === 'token-refused'}
      hint="From Segment, under Settings > Workspace settings > Access Management > Tokens. It is in memory as long as this page shows it, and is not kept."
    />
    <${Select} label="Region" value=${region} choices=${REGIONS} onChange=${setRegion} />
    <${SourceField} used=${used} value=${source} onInput=${setSource} />
    <${TextField} label="Address of this process" value=${url} onInput=${setUrl} placeholder="https://cdp.example.com" hint="Where Segment reaches it, from outside." />
    <${Checkbox} label="Also send Statsig’s exposures to Segment: makes a source there" checked=${outbound} onChange=${setOutbound} />
    <details class="connect-details">
      <summary>More</summary>
      <${TextField}
        label="Statsig server secret"
        value=${secretKey}
        onInput=${setSecretKey}
        placeholder="env:STATSIG_SERVER_SECRET"
        hint="Where it stands: env:NAME or file:PATH. For settings that name none; the secret itself does not belong here."
      />
      <${TextField} label="Address of the Public API" value=${apiUrl} onInput=${setApiUrl} hint="Leave it empty: the region has one." />
      <${TextField} label="Address of the Tracking API" value=${trackingUrl} onInput=${setTrackingUrl} hint="Leave it empty: the region has one." />
    </details>
  <//>`;
}
