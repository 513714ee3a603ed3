// A request body whose ids can be renewed in place: making a new one for each request would cost the load generator more than the server takes.

import { ID_MARK } from './messages.js';
import { DESTINATION_MARK } from './rudder-elements.js';

/** The first id of a process: other generators of the same run start elsewhere. */
let nextId = 100_000_000_000 + (Date.now() % 800_000) * 1_000_000;

function offsetsOf(text: string, mark: string, start: number): number[] {
  const offsets: number[] = [];
  for (let at = text.indexOf(mark); at !== -1; at = text.indexOf(mark, at + mark.length)) offsets.push(start + at);
  return offsets;
}

/** A body. It belongs to one connection, which has one request under way. */
export class FreshBody {
  readonly bytes: Buffer;
  readonly #ids: readonly (readonly number[])[];
  readonly #destinations: readonly number[];

  /**
   * @param before text in front of the events
   * @param events JSON texts, ASCII
   * @param after text behind them
   */
  constructor(before: string, events: readonly string[], after: string) {
    let start = before.length;
    this.#ids = events.map((event) => {
      const offsets = offsetsOf(event, ID_MARK, start);
      start += event.length + 1;
      return offsets;
    });
    const text = `${before}${events.join(',')}${after}`;
    this.#destinations = offsetsOf(text, DESTINATION_MARK, 0);
    this.bytes = Buffer.from(text, 'latin1');
  }

  /** Gives each event new ids. */
  renewIds(): void {
    for (const offsets of this.#ids) {
      const digits = String(nextId);
      nextId += 1;
      for (const offset of offsets) this.bytes.write(digits, offset, 'latin1');
    }
  }

  /** Addresses it to another destination. @param number below a million */
  address(number: number): void {
    const digits = String(number).padStart(DESTINATION_MARK.length, '0');
    for (const offset of this.#destinations) this.bytes.write(digits, offset, 'latin1');
  }
}
