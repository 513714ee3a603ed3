// A message in a page: what is so, what went wrong, what to do.

import { html } from 'htm/preact';
import type { ComponentChildren } from 'preact';
import type { NoticeKind } from '../notices.js';
import { Button } from './button.js';
import { Icon, type IconName } from './icon.js';

const SIGNS: Readonly<Record<NoticeKind, IconName>> = { info: 'info', good: 'check', warn: 'warn', bad: 'warn' };
const WORDS: Readonly<Record<NoticeKind, string>> = { info: 'Note', good: 'Done', warn: 'Warning', bad: 'Error' };

/** @param title one sentence @param action a button or link with what to do */
export function Notice({
  kind = 'info',
  title,
  children,
  action,
  onDismiss,
}: {
  readonly kind?: NoticeKind;
  readonly title?: string;
  readonly children?: ComponentChildren;
  readonly action?: ComponentChildren;
  readonly onDismiss?: () => void;
}) {
  return html`<div class=${`notice notice-${kind}`}>
    <${Icon} name=${SIGNS[kind]} />
    <div class="notice-text">
      <span class="out-of-sight">${WORDS[kind]}: </span>${title && html`<strong>${title}</strong>`} ${children}
    </div>
    ${action}
    ${onDismiss && html`<${Button} kind="quiet" icon="close" label="Dismiss" onClick=${onDismiss} />`}
  </div>`;
}
