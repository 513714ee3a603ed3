// Reads HTTP/1.1 answers off a connection, strictly: what is no answer is an error.

/** An answer as it came over the wire. */
export interface WireAnswer {
  readonly status: number;
  /** By lower-case name; of a repeated one the values joined with commas. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
}

/** Takes the bytes of a connection in and gives answers out. */
export interface AnswerReader {
  /** The next answer that is complete with these bytes. `undefined`: more are needed. @throws Error for what is no answer */
  push(bytes: Buffer): WireAnswer | undefined;
  /** The same at the end of the connection, which also ends an answer without a length. */
  end(): WireAnswer | undefined;
}

const HEAD_END = Buffer.from('\r\n\r\n');
const LINE_END = Buffer.from('\r\n');

interface Head {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  /** Where the body begins. */
  readonly length: number;
}

function readHead(bytes: Buffer): Head | undefined {
  const end = bytes.indexOf(HEAD_END);
  if (end === -1) return undefined;
  const [first = '', ...lines] = bytes.toString('latin1', 0, end).split('\r\n');
  const [, status] = /^HTTP\/1\.1 (\d{3}) /.exec(first) ?? [];
  if (status === undefined) throw new Error(`no status line: ${JSON.stringify(first.slice(0, 80))}`);
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    if (colon < 1) throw new Error(`no header: ${JSON.stringify(line.slice(0, 80))}`);
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    const before = headers.get(name);
    headers.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  return { status: Number(status), headers, length: end + HEAD_END.length };
}

/** The body of a chunked message and where it ends; `undefined` while it has not. */
function readChunks(bytes: Buffer, from: number): { readonly body: Buffer; readonly end: number } | undefined {
  const chunks: Buffer[] = [];
  let at = from;
  for (;;) {
    const lineEnd = bytes.indexOf(LINE_END, at);
    if (lineEnd === -1) return undefined;
    const size = Number.parseInt(bytes.toString('latin1', at, lineEnd), 16);
    if (!Number.isInteger(size)) throw new Error('a chunk without a size');
    const start = lineEnd + LINE_END.length;
    const end = start + size + LINE_END.length;
    if (bytes.length < end) return undefined;
    if (size === 0) return { body: Buffer.concat(chunks), end };
    chunks.push(bytes.subarray(start, start + size));
    at = end;
  }
}

/** @param hasNoBody of a request with the method HEAD */
export function createAnswerReader(hasNoBody = false): AnswerReader {
  let chunks: Buffer[] = [];
  let size = 0;
  /** Fewer bytes hold no whole answer: joining the chunks for each of them would take the square of the time. */
  let enough = 0;

  function join(): Buffer {
    const bytes = Buffer.concat(chunks);
    chunks = [bytes];
    return bytes;
  }

  function take({ status, headers }: Head, bytes: Buffer, body: Buffer, end: number): WireAnswer {
    chunks = [bytes.subarray(end)];
    size = bytes.length - end;
    enough = 0;
    return { status, headers, body: Buffer.from(body) };
  }

  function next(isOver: boolean): WireAnswer | undefined {
    if (size < enough) return undefined;
    const bytes = join();
    const head = readHead(bytes);
    if (head === undefined) return undefined;
    const { status, headers, length } = head;
    if (status < 200 && status !== 101) {
      chunks = [bytes.subarray(length)];
      size -= length;
      return next(isOver);
    }
    if (hasNoBody || status === 204 || status === 304) return take(head, bytes, Buffer.alloc(0), length);
    if (headers.get('transfer-encoding') === 'chunked') {
      const chunked = readChunks(bytes, length);
      return chunked && take(head, bytes, chunked.body, chunked.end);
    }
    const announced = headers.get('content-length');
    if (announced === undefined) return isOver ? take(head, bytes, bytes.subarray(length), bytes.length) : undefined;
    enough = length + Number(announced);
    return size < enough ? undefined : take(head, bytes, bytes.subarray(length, enough), enough);
  }

  return {
    push(more) {
      chunks.push(more);
      size += more.length;
      return next(false);
    },
    end: () => next(true),
  };
}
