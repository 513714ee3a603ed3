// Buttons: what is done on this page. What leads to another page is a link.

import { html } from 'htm/preact';
import type { ComponentChildren } from 'preact';
import { Icon, type IconName } from './icon.js';

/** A button. */
export interface ButtonProps {
  readonly onClick?: ((event: MouseEvent) => void) | undefined;
  /** `primary`: the one deed of the view. `danger`: what cannot be undone. `quiet`: without a frame, in rows and headings. */
  readonly kind?: 'plain' | 'primary' | 'danger' | 'quiet';
  readonly icon?: IconName;
  /** Its name where it shows a sign alone. */
  readonly label?: string;
  /** Why it cannot be used now; shown when pointed at. */
  readonly disabledBecause?: string | false | undefined;
  readonly busy?: boolean;
  /** For a button that stays pressed. */
  readonly pressed?: boolean;
  readonly type?: 'button' | 'submit';
  readonly children?: ComponentChildren;
}

/** A button. While it is busy it takes no click and says so. */
export function Button(props: ButtonProps) {
  const {
    onClick,
    kind = 'plain',
    icon,
    label,
    disabledBecause,
    busy = false,
    pressed,
    type = 'button',
    children,
  } = props;
  return html`<button
    type=${type}
    class=${`button button-${kind} ${children === undefined ? 'button-sign' : ''}`}
    aria-label=${label}
    title=${disabledBecause || label}
    aria-pressed=${pressed === undefined ? undefined : String(pressed)}
    aria-busy=${busy ? 'true' : undefined}
    disabled=${Boolean(disabledBecause) || busy}
    onClick=${onClick}
  >
    ${icon && html`<${Icon} name=${icon} />`}${children !== undefined && html`<span>${children}</span>`}
  </button>`;
}
