// What the process tells the thread of a deed: kept until it is wanted, because an answer may come before the question is over.

import type { MessagePort } from 'node:worker_threads';
import type { ToThread } from './messages.js';

type Kind = ToThread['is'];
type Message<Of extends Kind> = Extract<ToThread, { readonly is: Of }>;

/** Messages of a port by their kinds; there is one of each at a time. */
export class Inbox {
  readonly #come = new Map<Kind, ToThread>();
  readonly #wanted = new Map<Kind, (message: ToThread) => void>();

  constructor(port: MessagePort) {
    port.on('message', (message: ToThread) => {
      const take = this.#wanted.get(message.is);
      this.#wanted.delete(message.is);
      if (take === undefined) this.#come.set(message.is, message);
      else take(message);
    });
  }

  /** The one of a kind that has come, or comes next. */
  async take<Of extends Kind>(kind: Of): Promise<Message<Of>> {
    const come = this.#come.get(kind);
    this.#come.delete(kind);
    return (come ?? (await new Promise<ToThread>((resolve) => this.#wanted.set(kind, resolve)))) as Message<Of>;
  }
}
