// Reads server-sent events (WHATWG, HTML, Server-sent events), as far as the live log writes them.

/** One message of a stream. */
export interface StreamMessage {
  /** Name of the event; empty for a message that only says where the stream is. */
  readonly event: string;
  readonly data: string;
  /** Of the last message that had one. */
  readonly id: string | undefined;
}

/** Takes the text of a stream apart, in whatever pieces it comes. */
export class EventStreamReader {
  #rest = '';
  #id: string | undefined;

  /** @returns the messages that are whole now */
  read(piece: string): readonly StreamMessage[] {
    const blocks = (this.#rest + piece).split('\n\n');
    this.#rest = blocks.pop() ?? '';
    return blocks.map((block) => this.#toMessage(block));
  }

  #toMessage(block: string): StreamMessage {
    let event = '';
    const data: string[] = [];
    for (const line of block.split('\n')) {
      const colon = line.indexOf(':');
      const field = colon === -1 ? line : line.slice(0, colon);
      const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '');
      if (field === 'event') event = value;
      else if (field === 'data') data.push(value);
      else if (field === 'id') this.#id = value;
    }
    return { event, data: data.join('\n'), id: this.#id };
  }
}
