// The console: a sign-in, or the pages.

import { html } from 'htm/preact';
import { Loading } from './components/empty.js';
import { useSession } from './session.js';
import { Shell } from './shell.js';
import { SignIn } from './sign-in.js';

/** The whole of the page. */
export function App() {
  const session = useSession();
  if (session.is === 'unknown') return html`<${Loading} />`;
  if (session.is === 'out') return html`<${SignIn} because=${session.because} />`;
  return html`<${Shell} role=${session.role} />`;
}
