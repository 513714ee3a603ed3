// Where a session begins: with a token, or with the code of a link.

import { html } from 'htm/preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Button } from './components/button.js';
import { TextField } from './components/field.js';
import { focusHeadings } from './components/heading.js';
import { Notice } from './components/notice.js';
import { messageOf } from './error-message.js';
import { isRefused, signIn } from './session.js';

/** @param because why the reader is here again */
export function SignIn({ because }: { readonly because?: string | undefined }) {
  const [token, setToken] = useState('');
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<string | undefined>(undefined);
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    document.title = 'Sign in – statsig-cdp';
    focusHeadings();
    form.current?.querySelector<HTMLInputElement>('[type=password]')?.focus();
  }, []);
  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault();
    setBusy(true);
    setFault(undefined);
    signIn({ token: token.trim() }).catch((error: unknown) => {
      setBusy(false);
      setFault(isRefused(error) ? 'This is not the token of the process.' : messageOf(error));
    });
  };
  return html`<main class="sign-in" id="main">
    <form class="sign-in-box" ref=${form} onSubmit=${onSubmit}>
      <p class="brand"><img src="./icon.svg" alt="" width="28" height="28" /> statsig-cdp</p>
      <h1>Sign in</h1>
      <input class="out-of-sight" type="text" name="username" value="operator" autocomplete="username" aria-hidden="true" tabindex="-1" readonly />
      ${because && html`<${Notice} kind="warn">${because}<//>`}
      <${TextField}
        label="Token"
        type="password"
        autocomplete="current-password"
        mono
        value=${token}
        onInput=${setToken}
        error=${fault}
        hint=${html`The value of <code>ADMIN_TOKEN</code>, or of <code>ADMIN_READ_TOKEN</code> to look only.`}
      />
      <${Button} kind="primary" type="submit" busy=${busy} disabledBecause=${token.trim() === '' && 'Enter the token first.'}>
        Sign in
      <//>
      <p class="aside">
        On the machine itself you need no token: <code>statsig-cdp console</code> prints a link that signs you in.
      </p>
      <div role="alert" class="out-of-sight">${fault}</div>
    </form>
  </main>`;
}
