// Cuts what goes between a client and PostgreSQL into messages.

/** A message. */
export interface Message {
  /** A letter; empty for the ones that begin a session, which have none. */
  readonly type: string;
  readonly body: Buffer;
  /** With type and length. */
  readonly whole: Buffer;
}

const LENGTH = 4;

/** Takes a stream and gives its messages. */
export class MessageCutter {
  #rest: Buffer = Buffer.alloc(0);
  #typed: boolean;

  /** @param typed false for what a client sends: it begins with messages without a type */
  constructor(typed: boolean) {
    this.#typed = typed;
  }

  /** @returns the messages that are whole with this chunk */
  cut(chunk: Buffer): readonly Message[] {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    const messages: Message[] = [];
    for (let message = this.#next(); message !== undefined; message = this.#next()) messages.push(message);
    return messages;
  }

  #next(): Message | undefined {
    const head = this.#typed ? 1 : 0;
    if (this.#rest.length < head + LENGTH) return undefined;
    const end = head + this.#rest.readUInt32BE(head);
    if (this.#rest.length < end) return undefined;
    const whole = this.#rest.subarray(0, end);
    this.#rest = this.#rest.subarray(end);
    const body = whole.subarray(head + LENGTH);
    // Behind the one with the version of the protocol all have types; before it a client may ask for TLS.
    if (!this.#typed && body.readUInt32BE(0) === PROTOCOL) this.#typed = true;
    return { type: head === 1 ? whole.toString('latin1', 0, 1) : '', body, whole };
  }
}

const PROTOCOL = 3 << 16;

/** @returns the texts at the beginning of a body, each ended by a zero byte */
export function textsOf(body: Buffer, count: number): readonly string[] {
  const texts: string[] = [];
  let from = 0;
  while (texts.length < count) {
    const to = body.indexOf(0, from);
    if (to < 0) break;
    texts.push(body.toString('utf8', from, to));
    from = to + 1;
  }
  return texts;
}
