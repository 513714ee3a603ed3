// What is around every page: the navigation, messages, and who is signed in.

import { html } from 'htm/preact';
import { useEffect, useErrorBoundary, useRef } from 'preact/hooks';
import { Button } from './components/button.js';
import { Icon } from './components/icon.js';
import { Notice } from './components/notice.js';
import { messageOf } from './error-message.js';
import { dismiss, messages } from './notices.js';
import { PAGES, type PageEntry } from './pages.js';
import { pageHref, useRoute } from './router.js';
import { type Role, signOut } from './session.js';
import { useStore } from './store.js';
import { setTheme, type Theme, useTheme } from './theme.js';

const THEMES = { system: ['system', 'light'], light: ['sun', 'dark'], dark: ['moon', 'system'] } as const;
const THEME_WORDS: Readonly<Record<Theme, string>> = {
  system: 'Colours: as the system',
  light: 'Colours: light',
  dark: 'Colours: dark',
};

function ThemeSwitch() {
  const theme = useTheme();
  const [icon, next] = THEMES[theme];
  return html`<${Button} kind="quiet" icon=${icon} label=${THEME_WORDS[theme]} onClick=${() => setTheme(next)} />`;
}

function Messages() {
  const shown = useStore(messages);
  return html`<div class="messages" role="region" aria-label="Messages" aria-live="polite">
    ${shown.map(
      ({ id, kind, text }) => html`<${Notice} key=${id} kind=${kind} onDismiss=${() => dismiss(id)}>${text}<//>`,
    )}
  </div>`;
}

function Navigation({ page }: { readonly page: string }) {
  const list = useRef<HTMLUListElement>(null);
  // On a narrow window the list is scrolled sideways.
  useEffect(() => {
    const current = list.current?.querySelector<HTMLElement>('[aria-current]');
    const room = list.current;
    if (current && room) room.scrollLeft = current.offsetLeft - (room.clientWidth - current.offsetWidth) / 2;
  }, [page]);
  return html`<nav class="nav" aria-label="Pages">
    <ul ref=${list}>
      ${PAGES.map(
        ({ id, title }) =>
          html`<li key=${id}>
            <a href=${pageHref(id)} aria-current=${id === page ? 'page' : undefined}><${Icon} name=${id} /><span>${title}</span></a>
          </li>`,
      )}
    </ul>
  </nav>`;
}

/** A page whose fault leaves the others usable. */
function Guarded({ View, query }: Pick<PageEntry, 'View'> & { readonly query: URLSearchParams }) {
  const [fault, reset] = useErrorBoundary((error: unknown) => console.error(error));
  if (fault === undefined) return html`<${View} query=${query} />`;
  return html`<${Notice} kind="bad" title="This page has a fault." action=${html`<${Button} icon="reload" onClick=${reset}>Try again<//>`}>
    ${messageOf(fault)}
  <//>`;
}

/** What is around a page, and the page that the address names. */
export function Shell({ role }: { readonly role: Role }) {
  const route = useRoute();
  const main = useRef<HTMLElement>(null);
  const { id, View } = PAGES.find((entry) => entry.id === route.page) ?? PAGES[0];
  const skip = (event: MouseEvent) => {
    // The fragment is the page's: it must stay.
    event.preventDefault();
    main.current?.focus();
  };
  return html`<div class="shell">
    <a class="skip" href="#main" onClick=${skip}>Skip to the page</a>
    <header class="top">
      <a class="brand" href=${pageHref(PAGES[0].id)}><img src="./icon.svg" alt="" width="22" height="22" /> statsig-cdp</a>
      <div class="top-side">
        ${role === 'read' && html`<span class="badge badge-plain" title="This session may look and change nothing.">read only</span>`}
        <${ThemeSwitch} />
        <${Button} kind="quiet" icon="out" label="Sign out" onClick=${() => void signOut()} />
      </div>
    </header>
    <${Navigation} page=${id} />
    <main class="main" id="main" tabindex="-1" ref=${main}>
      <${Messages} />
      <${Guarded} key=${id} View=${View} query=${route.query} />
    </main>
  </div>`;
}
