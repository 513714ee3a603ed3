// A kept connection to a server, with one request under way: as little of HTTP as the load generator needs, so that it takes little of the machine.

import { connect, type Socket } from 'node:net';

/** An answer: its status, or `undefined` where the connection ended without one. */
export type Status = number | undefined;

const HEAD_END = Buffer.from('\r\n\r\n');
const LAST_CHUNK = Buffer.from('0\r\n\r\n');

/** One connection. It connects again after the server has closed it. */
export class KeptConnection {
  readonly #port: number;
  /** Of the first answer; chunked ones as they are on the wire. */
  readonly #firstBody: Buffer[] = [];
  #hasFirst = false;
  #socket: Socket | undefined;
  #done: ((status: Status) => void) | undefined;
  #head: Buffer | undefined;
  #status = 0;
  /** Bytes of the body still to come; `undefined` while its end is told by its last chunk. */
  #missing: number | undefined;

  constructor(port: number) {
    this.#port = port;
  }

  /** Body of the first answer. */
  get firstAnswer(): string {
    return Buffer.concat(this.#firstBody).toString();
  }

  /** Resolves once it is connected. */
  open(): Promise<void> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port: this.#port, host: '127.0.0.1', noDelay: true }, resolve);
      this.#socket = socket;
      socket.once('error', reject);
      socket.on('data', (data) => this.#read(data));
      socket.once('close', () => {
        if (this.#socket === socket) this.#socket = undefined;
        this.#finish(undefined);
      });
    });
  }

  /** Sends a request and waits for the whole answer. @param head with its empty last line */
  async call(head: string, body: Buffer): Promise<Status> {
    if (this.#socket === undefined) {
      const opened = await this.open().then(
        () => true,
        () => false,
      );
      if (!opened) return undefined;
    }
    const socket = this.#socket;
    if (socket === undefined) return undefined;
    return new Promise((resolve) => {
      this.#done = resolve;
      this.#head = Buffer.alloc(0);
      socket.cork();
      socket.write(head, 'latin1');
      socket.write(body);
      socket.uncork();
    });
  }

  close(): void {
    this.#socket?.destroy();
  }

  #finish(status: Status): void {
    const done = this.#done;
    this.#done = undefined;
    this.#hasFirst = true;
    done?.(status);
  }

  #read(data: Buffer): void {
    if (this.#head === undefined) {
      this.#readBody(data);
      return;
    }
    const head = this.#head.length === 0 ? data : Buffer.concat([this.#head, data]);
    const end = head.indexOf(HEAD_END);
    if (end === -1) {
      this.#head = head;
      return;
    }
    const text = head.toString('latin1', 0, end).toLowerCase();
    this.#head = undefined;
    this.#status = Number(text.slice(9, 12));
    const length = /\ncontent-length: *(\d+)/.exec(text)?.[1];
    this.#missing = length === undefined ? undefined : Number(length);
    this.#readBody(head.subarray(end + HEAD_END.length));
  }

  #readBody(part: Buffer): void {
    if (!this.#hasFirst) this.#firstBody.push(part);
    if (this.#missing !== undefined) {
      this.#missing -= part.length;
      if (this.#missing <= 0) this.#finish(this.#status);
      return;
    }
    // JSON text holds no line break of its own, so only the last chunk can end like this.
    if (part.subarray(-LAST_CHUNK.length).equals(LAST_CHUNK)) this.#finish(this.#status);
  }
}
