// Messages above the page: what was done, and what went wrong. Also read aloud.

import { messageOf } from './error-message.js';
import { createStore, type Store } from './store.js';

/** How serious it is. */
export type NoticeKind = 'info' | 'good' | 'warn' | 'bad';

/** A message. */
export interface Message {
  readonly id: number;
  readonly kind: NoticeKind;
  readonly text: string;
}

const AT_MOST = 4;
const GOOD_FOR_MS = 6_000;

/** Those that are shown, oldest first. */
export const messages: Store<readonly Message[]> = createStore<readonly Message[]>([]);
let lastId = 0;

/** Takes a message away. */
export function dismiss(id: number): void {
  messages.set(messages.get().filter((message) => message.id !== id));
}

/** Shows a message. Good news goes away by itself, the rest is dismissed by the reader. */
export function notify(kind: NoticeKind, text: string): void {
  lastId += 1;
  const id = lastId;
  const others = messages.get().filter((message) => message.text !== text);
  messages.set([...others, { id, kind, text }].slice(-AT_MOST));
  if (kind === 'good' || kind === 'info') setTimeout(() => dismiss(id), GOOD_FOR_MS);
}

/** Shows what went wrong. A call that the page itself ended is no fault. */
export function notifyError(error: unknown): void {
  if (error instanceof DOMException && error.name === 'AbortError') return;
  notify('bad', messageOf(error));
}
