// Requests that hide another one: two readers would disagree where they end.

import type { Attempt } from './attempt.js';
import { converse, describeConversation, writeHead } from './connection.js';
import type { HostileRig } from './rig.js';

/** A request that would be seen if it got through. */
const HIDDEN = '/smuggled';

function hidden(rig: HostileRig): string {
  return `POST ${HIDDEN} HTTP/1.1\r\nHost: ${rig.authority}\r\nContent-Length: 0\r\n\r\n`;
}

/** How many requests the transformer behind us saw at the hidden path. */
function smuggled(rig: HostileRig): number {
  return rig.asked.filter(({ line }) => line.includes(HIDDEN)).length;
}

const REFUSED = 'refused, the connection is closed; no second request comes out of one';

/** @param lines of the head that say where the body ends @param bodyOf what stands there */
function smuggling(what: string, lines: readonly string[], bodyOf: (rig: HostileRig) => string): Attempt {
  return {
    what,
    promise: REFUSED,
    async run(rig) {
      const before = smuggled(rig);
      const conversation = await converse(rig, writeHead(rig, lines) + bodyOf(rig));
      const got = smuggled(rig) - before;
      const isRefused = conversation.answers.every(({ status }) => status === 400) && conversation.isClosed;
      return { seen: `${describeConversation(conversation)}; ${got} smuggled`, held: isRefused && got === 0 };
    },
  };
}

const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n0\r\n\r\n`;

/** All of them. */
export const SMUGGLING: readonly Attempt[] = [
  smuggling(
    'both Content-Length and Transfer-Encoding',
    ['Content-Length: 6', 'Transfer-Encoding: chunked'],
    (rig) => `0\r\n\r\n${hidden(rig)}`,
  ),
  smuggling('Transfer-Encoding before Content-Length', ['Transfer-Encoding: chunked', 'Content-Length: 3'], (rig) =>
    chunk(hidden(rig)),
  ),
  smuggling('two different Content-Lengths', ['Content-Length: 2', 'Content-Length: 80'], (rig) => `[]${hidden(rig)}`),
  smuggling('a list of Content-Lengths', ['Content-Length: 2, 80'], (rig) => `[]${hidden(rig)}`),
  smuggling('Content-Length: +2', ['Content-Length: +2'], (rig) => `[]${hidden(rig)}`),
  smuggling('Content-Length: 0x2', ['Content-Length: 0x2'], (rig) => `[]${hidden(rig)}`),
  smuggling('Content-Length: -1', ['Content-Length: -1'], (rig) => `[]${hidden(rig)}`),
  smuggling('Content-Length of 30 digits', [`Content-Length: ${'9'.repeat(30)}`], () => '[]'),
  smuggling('a blank before the colon', ['Transfer-Encoding : chunked'], (rig) => chunk(hidden(rig))),
  smuggling('a folded header', ['Transfer-Encoding:', ' chunked', 'Content-Length: 2'], (rig) => `[]${hidden(rig)}`),
  smuggling('Transfer-Encoding: xchunked', ['Transfer-Encoding: xchunked'], (rig) => chunk(hidden(rig))),
  smuggling('Transfer-Encoding: chunked, identity', ['Transfer-Encoding: chunked, identity'], (rig) =>
    chunk(hidden(rig)),
  ),
  smuggling(
    'two Transfer-Encodings, the last not chunked',
    ['Transfer-Encoding: chunked', 'Transfer-Encoding: gzip'],
    (rig) => chunk(hidden(rig)),
  ),
  smuggling(
    'a chunk size that overflows',
    ['Transfer-Encoding: chunked'],
    (rig) => `10000000000000002\r\n[]\r\n0\r\n\r\n${hidden(rig)}`,
  ),
  smuggling(
    'a chunk size with blanks and signs',
    ['Transfer-Encoding: chunked'],
    (rig) => `+2 \r\n[]\r\n0\r\n\r\n${hidden(rig)}`,
  ),
  smuggling(
    'lines that end with LF only in the chunks',
    ['Transfer-Encoding: chunked'],
    (rig) => `2\n[]\n0\n\n${hidden(rig)}`,
  ),
  smuggling('a NUL in a header', ['X-A: a\0b', 'Content-Length: 2'], (rig) => `[]${hidden(rig)}`),
  smuggling('a header without a name', [': x', 'Content-Length: 2'], (rig) => `[]${hidden(rig)}`),
];
