// Pages by the fragment of the address: `#/live?direction=inbound`.

import { createStore, useStore } from './store.js';

/** Where the reader is. */
export interface Route {
  /** Id of a page; the empty string for none. */
  readonly page: string;
  readonly query: URLSearchParams;
}

/** Reads a fragment; other fragments than ours have no page. */
export function parseHash(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#/, '').split('?', 2);
  return { page: path.startsWith('/') ? path.slice(1) : '', query: new URLSearchParams(query) };
}

/** The address of a page, for links. Values that are `undefined` or empty are left out. */
export function pageHref(page: string, query: Readonly<Record<string, string | undefined>> = {}): string {
  const given = Object.entries(query).filter((entry): entry is [string, string] => Boolean(entry[1]));
  const text = new URLSearchParams(given).toString();
  return text === '' ? `#/${page}` : `#/${page}?${text}`;
}

const route = createStore<Route>(parseHash(location.hash));
addEventListener('hashchange', () => route.set(parseHash(location.hash)));

/** Where the reader is; the component is rendered again when that changes. */
export const useRoute = (): Route => useStore(route);

/** Goes to a page. */
export function navigate(page: string, query: Readonly<Record<string, string | undefined>> = {}): void {
  location.hash = pageHref(page, query);
}

/** Keeps what a reader chose in the address, so that it can be shared and found again, without a step in the history. */
export function rememberQuery(page: string, query: Readonly<Record<string, string | undefined>>): void {
  history.replaceState(null, '', pageHref(page, query));
  route.set(parseHash(location.hash));
}
