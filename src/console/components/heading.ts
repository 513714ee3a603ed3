// The heading of a page. It takes the focus when the reader comes to the page, so that a screen reader says where they are.

import { html } from 'htm/preact';
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

/** The first heading has the focus left alone: at the start the reader is at the top of the page. */
let first = true;

/** From now on headings take the focus: what had it is gone. */
export function focusHeadings(): void {
  first = false;
}

/** @param children buttons and state at its right */
export function Heading({ title, children }: { readonly title: string; readonly children?: ComponentChildren }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} – statsig-cdp`;
    if (!first) heading.current?.focus({ preventScroll: true });
    first = false;
    scrollTo(0, 0);
  }, [title]);
  return html`<header class="heading">
    <h1 ref=${heading} tabindex="-1">${title}</h1>
    ${children && html`<div class="heading-side">${children}</div>`}
  </header>`;
}
