// A bare connection for what is no proper request: bytes in, all answers out.

import { connect } from 'node:net';
import { createAnswerReader, type WireAnswer } from '../fuzz/answer-reader.js';
import type { HostileRig } from './rig.js';

/** Everything that came back over one connection. */
export interface Conversation {
  readonly answers: readonly WireAnswer[];
  /** What of it was no answer. */
  readonly rest: string;
  /** True when the server ended the connection. */
  readonly isClosed: boolean;
}

/** Time for the answers to come when the connection is left open. */
const QUIET_MS = 200;

/**
 * Sends the bytes and reads until the server ends the connection or says nothing more.
 *
 * @param expected answers after which nothing is waited for
 */
export function converse(
  { port }: Pick<HostileRig, 'port'>,
  bytes: string | Buffer,
  { expected = Number.POSITIVE_INFINITY, quietMs = QUIET_MS } = {},
): Promise<Conversation> {
  const reader = createAnswerReader();
  const answers: WireAnswer[] = [];
  let rest = '';
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    const finish = (isClosed: boolean) => {
      clearTimeout(timer);
      socket.destroy();
      resolve({ answers, rest, isClosed });
    };
    let timer = setTimeout(() => finish(false), 10_000);
    const take = (next: WireAnswer | undefined) => {
      for (let answer = next; answer !== undefined; answer = reader.push(Buffer.alloc(0))) answers.push(answer);
      if (answers.length >= expected) finish(false);
    };
    const read = (next: () => WireAnswer | undefined) => {
      try {
        take(next());
      } catch (error) {
        rest += error instanceof Error ? error.message : String(error);
      }
    };
    socket.on('data', (chunk) => {
      clearTimeout(timer);
      timer = setTimeout(() => finish(false), quietMs);
      read(() => reader.push(chunk));
    });
    socket.on('end', () => read(() => reader.end()));
    socket.on('error', () => {});
    socket.on('close', () => finish(true));
    socket.write(Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes, 'latin1'));
  });
}

/** `200, 400`, and whether the connection ended. */
export function describeConversation({ answers, isClosed }: Conversation): string {
  const counts = new Map<number, number>();
  for (const { status } of answers) counts.set(status, (counts.get(status) ?? 0) + 1);
  const statuses = [...counts].map(([status, count]) => (count === 1 ? status : `${status} × ${count}`)).join(', ');
  return `${statuses === '' ? 'no answer' : statuses}${isClosed ? ', closed' : ''}`;
}

/** The head of a request. @param lines of it, without their ends */
export function writeHead(rig: HostileRig, lines: readonly string[], method = 'POST', target = '/batch'): string {
  return `${method} ${target} HTTP/1.1\r\nHost: ${rig.authority}\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`;
}
