// What lies over the page: a dialog in the middle, or a drawer at the side. The browser's own `<dialog>` keeps the focus inside, ends on Escape, and gives the focus back.

import { html } from 'htm/preact';
import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import { Button } from './button.js';

/** What lies over the page. */
export interface OverlayProps {
  readonly title: string;
  readonly onClose: () => void;
  readonly children?: ComponentChildren;
  /** Buttons at its end. */
  readonly actions?: ComponentChildren;
  /** Beside the title. */
  readonly beside?: ComponentChildren;
}

function Overlay({ kind, title, onClose, children, actions, beside }: OverlayProps & { readonly kind: string }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  const id = useId();
  useEffect(() => {
    const shown = dialog.current;
    const before = document.activeElement;
    if (shown !== null && !shown.open) shown.showModal();
    if (shown?.querySelector('[autofocus]') === null) heading.current?.focus();
    return () => {
      shown?.close();
      if (before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true });
    };
  }, []);
  // A click on the dialog itself is one beside what it shows.
  const onClick = (event: MouseEvent) => event.target === dialog.current && onClose();
  const onCancel = (event: Event) => {
    event.preventDefault();
    onClose();
  };
  return html`<dialog ref=${dialog} class=${`overlay ${kind}`} aria-labelledby=${id} onClick=${onClick} onCancel=${onCancel}>
    <div class="overlay-box">
      <header class="overlay-head">
        <h2 id=${id} ref=${heading} tabindex="-1">${title}</h2>
        ${beside}
        <${Button} kind="quiet" icon="close" label="Close" onClick=${onClose} />
      </header>
      <div class="overlay-body" tabindex="0" role="group" aria-labelledby=${id}>${children}</div>
      ${actions && html`<footer class="overlay-foot">${actions}</footer>`}
    </div>
  </dialog>`;
}

/** A dialog in the middle. It is open while it is rendered. */
export const Dialog = (props: OverlayProps) => Overlay({ ...props, kind: 'dialog' });

/** A drawer at the side, for the details of a row. It is open while it is rendered. */
export const Drawer = (props: OverlayProps) => Overlay({ ...props, kind: 'drawer' });

/** Asks before a deed. @param deed words of the button */
export function Confirm({
  title,
  deed,
  danger = false,
  busy = false,
  onConfirm,
  onClose,
  children,
}: {
  readonly title: string;
  readonly deed: string;
  readonly danger?: boolean;
  readonly busy?: boolean;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
  readonly children?: ComponentChildren;
}) {
  const actions = html`<${Button} onClick=${onClose}>Cancel<//>
    <${Button} kind=${danger ? 'danger' : 'primary'} busy=${busy} onClick=${onConfirm}>${deed}<//>`;
  return html`<${Dialog} title=${title} onClose=${onClose} actions=${actions}>${children}<//>`;
}
