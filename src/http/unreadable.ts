// Tells of requests that Node refuses before there is a request for a route: no route, counter or log would know of them.

import type { Server } from 'node:http';
import { Socket } from 'node:net';
import type { UnreadableCode } from '../base/errors.js';
import { closeWhenSent, isLeaving } from './linger.js';

/** Told of each such request. @param detail from this file, never from the bytes that came */
export type NoteUnreadable = (code: UnreadableCode, detail?: string) => void;

/** By Node's codes, as Node answers them. */
const CODES: ReadonlyMap<unknown, UnreadableCode> = new Map([
  ['HPE_HEADER_OVERFLOW', 'HEADERS_TOO_LARGE'],
  ['HPE_CHUNK_EXTENSIONS_OVERFLOW', 'CHUNK_EXTENSIONS_TOO_LARGE'],
  ['ERR_HTTP_REQUEST_TIMEOUT', 'REQUEST_TOO_SLOW'],
]);

/** Node's names for what its parser does not read. Other errors are those of a connection that broke: nothing was refused. */
const PARSER = 'HPE_';

/** With this a client begins that speaks TLS. */
const TLS_HANDSHAKE = 0x16;

function field(error: unknown, name: string): unknown {
  return error instanceof Error ? Reflect.get(error, name) : undefined;
}

function codeOf(error: unknown): UnreadableCode | undefined {
  const name = field(error, 'code');
  const isOfParser = typeof name === 'string' && name.startsWith(PARSER);
  return CODES.get(name) ?? (isOfParser ? 'HTTP_INVALID' : undefined);
}

function detailOf(error: unknown): string | undefined {
  const bytes = field(error, 'rawPacket');
  return bytes instanceof Uint8Array && bytes[0] === TLS_HANDSHAKE ? 'it begins as TLS' : undefined;
}

const NO_PROXY = 'HTTP/1.1 405 Method Not Allowed\r\nConnection: close\r\n\r\n';

/** Node answers these without a word to anyone, the one by closing the connection. */
function watchUnservable(server: Server, note: NoteUnreadable): void {
  server.on('checkExpectation', (_request, response) => {
    note('EXPECTATION_UNKNOWN');
    response.writeHead(417).end();
  });
  server.on('connect', (_request, socket) => {
    note('CONNECT_REFUSED');
    socket.on('error', () => {}).end(NO_PROXY);
  });
}

/**
 * Watches a server for such requests. Node answers them itself, as it does where nothing listens to `clientError`: it alone knows whether another answer is half
 * written on the connection. But Node closes at once, and an answer that was written and not sent yet is lost: such a connection is closed by `closeWhenSent`.
 */
export function watchUnreadable(server: Server, note: NoteUnreadable): void {
  watchUnservable(server, note);
  const emit = server.emit;
  server.emit = (event: string | symbol, ...values: unknown[]): boolean => {
    const code = event === 'clientError' ? codeOf(values[0]) : undefined;
    const [fault, socket] = values;
    if (code !== undefined && socket instanceof Socket) {
      if (!isLeaving(socket)) note(code, detailOf(fault));
      if (closeWhenSent(socket)) return true;
    }
    return Reflect.apply(emit, server, [event, ...values]);
  };
}
