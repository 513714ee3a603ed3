// Where there is nothing (yet): says why, and what to do.

import { html } from 'htm/preact';
import type { ComponentChildren } from 'preact';

/** @param title what is not there */
export function Empty({ title, children }: { readonly title: string; readonly children?: ComponentChildren }) {
  return html`<div class="empty"><p class="empty-title">${title}</p>${children && html`<div>${children}</div>`}</div>`;
}

/** While data is on its way for the first time. */
export function Loading({ what = 'Loading' }: { readonly what?: string }) {
  return html`<div class="empty" role="status"><span class="spinner" aria-hidden="true"></span>${what} …</div>`;
}
