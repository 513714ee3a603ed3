// Light, dark, or as the system says.

import { createStore, useStore } from './store.js';

/** What the reader chose. */
export type Theme = 'system' | 'light' | 'dark';

const PLACE = 'statsig-cdp.theme';
const isTheme = (value: unknown): value is Theme => value === 'system' || value === 'light' || value === 'dark';

/** Storage may be forbidden. */
function kept(): Theme {
  try {
    const value = localStorage.getItem(PLACE);
    return isTheme(value) ? value : 'system';
  } catch {
    return 'system';
  }
}

const theme = createStore<Theme>(kept());
const show = () => document.documentElement.setAttribute('data-theme', theme.get());
show();
theme.subscribe(show);

/** What the reader chose; the component is rendered again when it changes. */
export const useTheme = (): Theme => useStore(theme);

/** Chooses, and keeps the choice in this browser. */
export function setTheme(value: Theme): void {
  theme.set(value);
  try {
    localStorage.setItem(PLACE, value);
  } catch {
    // It holds until the page is closed.
  }
}

/** Calls back when the colours change, by choice or by the system. @returns what ends it */
export function onColours(act: () => void): () => void {
  const dark = matchMedia('(prefers-color-scheme: dark)');
  dark.addEventListener('change', act);
  const end = theme.subscribe(act);
  return () => {
    dark.removeEventListener('change', act);
    end();
  };
}
