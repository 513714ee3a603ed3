// Segment by OAuth: a person allows it on Segment's page, and no token comes to this one.

import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import { Button, Checkbox, CopyButton, Notice, TextField } from '../../components/index.js';
import { useCanWrite } from '../../session.js';
import { Arrival } from './arrival.js';
import { DeedView } from './deed-view.js';
import type { WayProps } from './segment.js';
import { TokenField } from './token-field.js';
import { type UsedDeed, useDeed } from './use-deed.js';
import { READ_ONLY } from './words.js';

/** Where Segment sends a person back to: this process, however the reader reaches it. */
const redirectUri = () => new URL('../connect/oauth/callback', location.href).href;

function Consent({ used }: { readonly used: UsedDeed }) {
  const { deed } = used;
  if (deed?.consentUrl === undefined) return null;
  // Only an address of the web is one to go to.
  const isWeb = /^https?:\/\//i.test(deed.consentUrl);
  return html`<${Notice} kind="warn" title="Somebody has to allow it." action=${isWeb && html`<a class="button button-primary connect-link" href=${deed.consentUrl} target="_blank" rel="noopener noreferrer">Open Segment’s page</a>`}>
    It opens in another tab. This page goes on by itself, within ten minutes.
  <//>`;
}

/** The form. @param isUnknown whether somebody came back whom nothing waits for */
export function OAuthForm({ workspace, onOver, isUnknown }: WayProps & { readonly isUnknown: boolean }) {
  const used = useDeed('oauth', onOver);
  const canWrite = useCanWrite();
  const [clientId, setClientId] = useState('');
  const [clientSecret, setClientSecret] = useState('');
  const [scope, setScope] = useState('destination/webhooks');
  const [source, setSource] = useState('');
  const [install, setInstall] = useState('');
  const [url, setUrl] = useState('');
  const [authorizeUrl, setAuthorizeUrl] = useState('');
  const [tokenUrl, setTokenUrl] = useState('');
  const [configUrl, setConfigUrl] = useState('');
  const [pkce, setPkce] = useState(true);
  const { deed } = used;
  const missing =
    (clientId === '' && 'Enter the client id first.') ||
    (clientSecret === '' && 'Enter the client secret first.') ||
    (url === '' && 'Enter the address of this process first.');
  const because = missing || (!canWrite && READ_ONLY);
  const notToGo = !canWrite && READ_ONLY;
  const own = redirectUri();
  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault();
    if (because) return;
    used.begin({
      ...{ workspace, clientId, clientSecret, redirectUri: own, scope, url, pkce },
      ...(source !== '' && { source }),
      ...(install !== '' && { install }),
      ...(authorizeUrl !== '' && { authorizeUrl }),
      ...(tokenUrl !== '' && { tokenUrl }),
      ...(configUrl !== '' && { configUrl }),
    });
  };
  const isReady = deed?.state === 'ready';
  const isPlanned = isReady && deed.verb === 'plan';
  const isUndoPlanned = isReady && deed.verb === 'planUndo';
  const hasToDo = used.plans.apply?.some(({ state }) => state === 'to-do') === true;
  const hasToUndo = (used.plans.undo ?? []).length > 0;
  return html`<${Notice}>
      Works only for owners of an app that was made before Segment closed registration. Everybody else connects Segment by a token.
    <//>
    ${
      isUnknown &&
      html`<${Notice} kind="warn" title="Nothing waits for this answer.">
        It was used already, took more than ten minutes, or was begun in another process. Begin again.
      <//>`
    }
    <form class="stack connect-stack" autocomplete="off" onSubmit=${onSubmit}>
      <div class="connect-fields">
        <${TextField} label="Client id" value=${clientId} onInput=${setClientId} mono />
        <${TokenField} label="Client secret" value=${clientSecret} onInput=${setClientSecret} hint="It is in memory as long as this page shows it, and is not kept." />
        <${TextField} label="Scope" value=${scope} onInput=${setScope} mono hint="destination/SLUG, as the app was made with." />
        <${TextField} label="Address of this process" value=${url} onInput=${setUrl} placeholder="https://cdp.example.com" hint="Where Segment reaches it, from outside." />
        <details class="connect-details">
          <summary>More</summary>
          <${TextField} label="Source" value=${source} onInput=${setSource} hint="Where more than one is allowed: which." />
          <${TextField} label="Install" value=${install} onInput=${setInstall} mono hint="installs/NUMBER, where it was allowed before and is not known here." />
          <${Checkbox} label="Bind the code to this process (PKCE)" checked=${pkce} onChange=${setPkce} />
          <${TextField} label="Address to authorize" value=${authorizeUrl} onInput=${setAuthorizeUrl} hint="Leave it empty: Segment’s." />
          <${TextField} label="Address for tokens" value=${tokenUrl} onInput=${setTokenUrl} hint="Leave it empty: Segment’s." />
          <${TextField} label="Address of the Config API" value=${configUrl} onInput=${setConfigUrl} hint="Leave it empty: Segment’s." />
        </details>
      </div>
      <p class="muted">The app has to name this redirect: <code class="connect-address">${own}</code> <${CopyButton} kind="quiet" text=${own} /></p>
      <div class="bar">
        <${Button} type="submit" kind=${isReady ? 'plain' : 'primary'} busy=${used.isBusy} disabledBecause=${because || (isReady && 'It is allowed: connect, or stop it.')}>Ask for consent<//>
        ${isUndoPlanned && html`<${Button} disabledBecause=${notToGo} onClick=${() => used.go('plan')}>Show the plan<//>`}
        ${isPlanned && hasToDo && html`<${Button} kind="primary" icon="check" disabledBecause=${notToGo} onClick=${() => used.go('apply')}>Connect<//>`}
        ${isPlanned && html`<${Button} disabledBecause=${notToGo} onClick=${() => used.go('planUndo')}>Undo …<//>`}
        ${isUndoPlanned && hasToUndo && html`<${Button} kind="danger" icon="close" disabledBecause=${notToGo} onClick=${() => used.go('undo')}>Take it away<//>`}
        ${missing && canWrite && !isReady && html`<span class="muted">${missing}</span>`}
      </div>
    </form>
    <${Consent} used=${used} />
    <${DeedView} used=${used} canStop=${canWrite} />
    ${deed?.verb === 'apply' && deed.state === 'done' && html`<${Arrival} workspace=${deed.workspace} since=${deed.beganAt} />`}`;
}
