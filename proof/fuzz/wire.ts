// Sends bytes to a server and reads what comes back, over kept-alive connections: requests no HTTP client would write.

import { connect, type Socket } from 'node:net';
import { createAnswerReader, type WireAnswer } from './answer-reader.js';

/** What came of a request. `closed`: the connection ended without a whole answer. */
export type WireOutcome =
  | { readonly kind: 'answered'; readonly answer: WireAnswer }
  | { readonly kind: 'closed'; readonly why: string }
  | { readonly kind: 'silent' };

/** A request to the letter. */
export interface WireRequest {
  readonly bytes: Buffer;
  /** True where the server cannot know the end of the request: the connection is used for nothing else, and our half of it is closed. */
  readonly breaksFraming?: boolean;
  /** True for HEAD: the answer has no body. */
  readonly isHead?: boolean;
}

/** Sends requests to one server. */
export interface WireClient {
  send(request: WireRequest): Promise<WireOutcome>;
  /** Ends all connections. */
  close(): void;
}

/** Longer than any answer takes that does not wait for somebody else. */
const PATIENCE_MS = 20_000;

interface Attempt {
  readonly outcome: WireOutcome;
  /** True where the server had closed the connection before it could know of the request. */
  readonly wasStale: boolean;
}

function attempt(socket: Socket, { bytes, breaksFraming, isHead }: WireRequest, isFresh: boolean): Promise<Attempt> {
  const reader = createAnswerReader(isHead);
  return new Promise((resolve) => {
    let received = 0;
    const settle = (outcome: WireOutcome, wasStale = false) => {
      clearTimeout(timer);
      socket.off('data', onData).off('close', onClose).off('error', onError).off('end', onEnd);
      resolve({ outcome, wasStale });
    };
    const read = (next: () => WireAnswer | undefined) => {
      try {
        const answer = next();
        if (answer !== undefined) settle({ kind: 'answered', answer });
      } catch (error) {
        socket.destroy();
        settle({ kind: 'closed', why: error instanceof Error ? error.message : String(error) });
      }
    };
    let problem = 'closed';
    const onData = (chunk: Buffer) => {
      received += chunk.length;
      read(() => reader.push(chunk));
    };
    const onEnd = () => read(() => reader.end());
    const onError = (error: Error) => {
      problem = error.message;
    };
    const onClose = () =>
      settle({ kind: 'closed', why: `${problem} after ${received} bytes` }, !isFresh && received === 0);
    const timer = setTimeout(() => {
      socket.destroy();
      settle({ kind: 'silent' });
    }, PATIENCE_MS);
    socket.on('data', onData).on('end', onEnd).on('error', onError).on('close', onClose);
    if (socket.destroyed) onClose();
    else if (breaksFraming) socket.end(bytes);
    else socket.write(bytes);
  });
}

/** @param port on 127.0.0.1 */
export function createWireClient(port: number): WireClient {
  const idle: Socket[] = [];
  const open = new Set<Socket>();

  function openSocket(): Socket {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
    open.add(socket);
    socket.on('error', () => {});
    socket.once('end', () => socket.end());
    socket.once('close', () => {
      open.delete(socket);
      const at = idle.indexOf(socket);
      if (at !== -1) idle.splice(at, 1);
    });
    return socket;
  }

  function giveBack(socket: Socket, { outcome }: Attempt): void {
    const isOver = outcome.kind !== 'answered' || outcome.answer.headers.get('connection') === 'close';
    if (isOver || socket.destroyed || socket.writableEnded) socket.destroy();
    else idle.push(socket);
  }

  async function send(request: WireRequest): Promise<WireOutcome> {
    const kept = request.breaksFraming ? undefined : idle.pop();
    const socket = kept ?? openSocket();
    const result = await attempt(socket, request, kept === undefined);
    giveBack(socket, result);
    return result.wasStale ? send(request) : result.outcome;
  }

  return {
    send,
    close: () => {
      for (const socket of open) socket.destroy();
    },
  };
}
