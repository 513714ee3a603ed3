// HTTP that is no HTTP: pipelines, odd methods and targets, floods of headers.

import type { Attempt, AttemptGroup } from './attempt.js';
import { type Conversation, converse, describeConversation, writeHead } from './connection.js';
import type { HostileRig } from './rig.js';
import { SMUGGLING } from './smuggling.js';

/** Bytes as they are, and what may come back. */
function odd(
  what: string,
  promise: string,
  bytesOf: (rig: HostileRig) => string | Buffer,
  isRight: (conversation: Conversation, rig: HostileRig) => boolean,
  options: { readonly expected?: number; readonly quietMs?: number } = {},
): Attempt {
  return {
    what,
    promise,
    async run(rig) {
      const before = rig.canaryCalls.length;
      const conversation = await converse(rig, bytesOf(rig), options);
      const called = rig.canaryCalls.length - before;
      const calls = called === 0 ? '' : `; ${called} calls elsewhere`;
      return {
        seen: `${describeConversation(conversation)}${calls}`,
        held: called === 0 && isRight(conversation, rig),
      };
    },
  };
}

const statusesAre =
  (...expected: readonly number[]) =>
  ({ answers }: Conversation) =>
    answers.length === expected.length && answers.every(({ status }, index) => status === expected[index]);

const isClosedUnanswered = ({ answers, isClosed }: Conversation) =>
  isClosed && answers.every(({ status }) => status === 400);

/** The answer may be lost on its way: the server does not read on. */
const isTooLarge = ({ answers, isClosed }: Conversation) => isClosed && answers.every(({ status }) => status === 431);

/** So many requests behind each other. */
const PIPELINED = 200;

const ODD: readonly Attempt[] = [
  odd(
    `${PIPELINED} requests without waiting for an answer`,
    'answered in order',
    (rig) => {
      const one = (index: number) => {
        const body = JSON.stringify([{ message: {}, metadata: { jobId: index }, destination: {} }]);
        return writeHead(rig, [`Content-Length: ${body.length}`], 'POST', '/v0/destinations/statsig') + body;
      };
      return Array.from({ length: PIPELINED }, (_, index) => one(index)).join('');
    },
    ({ answers }) =>
      answers.length === PIPELINED && answers.every(({ body }, index) => body.includes(`{"jobId":${index}}`)),
    { expected: PIPELINED, quietMs: 5_000 },
  ),
  odd(
    'Expect: 100-continue',
    'asked to go on, then answered',
    (rig) => `${writeHead(rig, ['Expect: 100-continue', 'Content-Length: 2'], 'POST', '/v0/destinations/statsig')}[]`,
    statusesAre(200),
  ),
  odd(
    'Expect: something else',
    '417',
    (rig) => `${writeHead(rig, ['Expect: the-unexpected', 'Content-Length: 2'])}[]`,
    statusesAre(417),
  ),
  odd(
    'an absolute target of another host',
    'answered as our own path; no other host is called',
    (rig) => writeHead(rig, [], 'GET', `${rig.canaryUrl}/healthz`),
    statusesAre(200),
  ),
  odd(
    'an absolute target of another host at a path that is passed on',
    'goes to the transformer or nowhere',
    (rig) => writeHead(rig, [], 'GET', `${rig.canaryUrl}/nope`),
    ({ answers }) => answers.length === 1,
  ),
  odd(
    'an absolute target with a user name',
    'no other host is called',
    (rig) => writeHead(rig, [], 'GET', `http://x@${rig.canaryUrl.slice(7)}/nope`),
    ({ answers }) => answers.length === 1,
  ),
  odd(
    'a Host header of another host at a path that is passed on',
    'goes to the transformer',
    (rig) =>
      `GET /nope HTTP/1.1\r\nHost: ${rig.canaryUrl.slice(7)}\r\nX-Forwarded-Host: ${rig.canaryUrl.slice(7)}\r\n\r\n`,
    statusesAre(200),
  ),
  odd('no Host header', 'refused', () => 'GET /healthz HTTP/1.1\r\n\r\n', statusesAre(400)),
  odd(
    'CONNECT to another host',
    '405 and closed, no host is called',
    (rig) => `CONNECT ${rig.canaryUrl.slice(7)} HTTP/1.1\r\nHost: x\r\n\r\n`,
    ({ answers, isClosed }) => isClosed && answers.length === 1 && answers[0]?.status === 405,
  ),
  odd(
    'TRACE',
    'the head is not echoed',
    (rig) => writeHead(rig, ['X-Own: echo-me'], 'TRACE', '/healthz'),
    ({ answers }) => answers.length === 1 && !answers.some(({ body }) => body.includes('echo-me')),
  ),
  odd('an unknown method', 'refused', (rig) => writeHead(rig, [], 'FROBNICATE', '/healthz'), isClosedUnanswered),
  odd(
    'Upgrade to websocket and h2c',
    'ignored',
    (rig) =>
      writeHead(
        rig,
        ['Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQAAP__'],
        'GET',
        '/healthz',
      ),
    statusesAre(200),
  ),
  odd('the preface of HTTP/2', 'refused', () => 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', isClosedUnanswered),
  odd(
    'HTTP/0.9',
    'one answer or refused, closed',
    () => 'GET /healthz\r\n\r\n',
    ({ answers, isClosed }) => answers.length <= 1 && isClosed,
  ),
  odd('HTTP/9.9', 'refused', () => 'GET /healthz HTTP/9.9\r\nHost: x\r\n\r\n', isClosedUnanswered),
  odd('a TLS handshake', 'refused', () => Buffer.from('16030100f8010000f40303', 'hex'), isClosedUnanswered, {
    quietMs: 1_000,
  }),
  odd(
    'OPTIONS *',
    'one answer',
    (rig) => writeHead(rig, [], 'OPTIONS', '*'),
    ({ answers }) => answers.length === 1,
  ),
  odd(
    '10 000 small headers',
    '431 or cut',
    (rig) =>
      writeHead(
        rig,
        Array.from({ length: 10_000 }, (_, index) => `h${index}: x`),
        'GET',
        '/healthz',
      ),
    isTooLarge,
  ),
  odd(
    '2 000 headers of one letter',
    'one answer or 431',
    (rig) =>
      writeHead(
        rig,
        Array.from({ length: 2_000 }, () => 'a: b'),
        'GET',
        '/healthz',
      ),
    ({ answers }) => answers.length === 1,
  ),
  odd(
    'one header of a million bytes',
    '431 or cut',
    (rig) => writeHead(rig, [`X-Long: ${'x'.repeat(1_000_000)}`], 'GET', '/healthz'),
    isTooLarge,
  ),
  odd(
    'a request line of a million bytes',
    'refused',
    (rig) => writeHead(rig, [], 'GET', `/${'a'.repeat(1_000_000)}`),
    ({ answers }) => answers.every(({ status }) => status === 431 || status === 414 || status === 400),
  ),
  odd(
    'a trailer that names a secret header',
    'not taken for a header',
    (rig) =>
      `${writeHead(rig, ['Transfer-Encoding: chunked', 'Trailer: Authorization'], 'POST', '/api/dead-letters/drop')}0\r\nAuthorization: Bearer admin-example\r\n\r\n`,
    statusesAre(401),
  ),
];

/** Requests that no HTTP client writes. */
export const HOSTILE_WIRE: AttemptGroup = {
  title: 'HTTP',
  options: { hasUpstream: true },
  attempts: [...SMUGGLING, ...ODD],
};
