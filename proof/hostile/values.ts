// Few bytes that ask for much memory, for long answers or for long work, to a process with little memory.

import { gzipSync } from 'node:zlib';
import { type ProofKind, prove } from '../fuzz/workspaces.js';
import type { Attempt, AttemptGroup, Force } from './attempt.js';
import { describeAll, type HostileRequest, isCivil, send } from './request.js';
import { type HostileRig, memoryOf } from './rig.js';

/** What the process may grow by, beside what the heap of 512 MB allows. */
const ALLOWED_MIB = 700;

const COMPACTED = { 'X-Content-Format': 'json+compactedv1' };

function listOf(count: number, item: string): string {
  return `[${Array(count).fill(item)}]`;
}

/** 900 KB that become 32 MB. */
const TINY = listOf(100_000, '{"30":0}');

const destinationOf = (more: string, isDynamic = false) =>
  `{"ID":"d","Config":{"secretKey":"secret-example"},"hasDynamicConfig":${isDynamic},"more":${more}}`;

function elementOf({
  message = '{"type":"track","event":"x","userId":"u"}',
  metadata = '0',
  destination = '',
}): string {
  const own = destination === '' ? '' : `,"destination":${destination}`;
  return `{"message":${message},"metadata":{"jobId":1,"destinationId":"d","more":${metadata}}${own}}`;
}

function plain(count: number, element: string): string {
  return `{"input":${listOf(count, element)},"destType":"statsig"}`;
}

function compacted(count: number, element: string, destination: string): string {
  return `{"input":${listOf(count, element)},"destType":"statsig","destinations":{"d":${destination}},"connections":{}}`;
}

function proven(kind: ProofKind, path: string, body: string): HostileRequest {
  return { path, body, headers: Object.fromEntries(prove(kind, 'right', Buffer.from(body))) };
}

function packed({ path, headers, body = '' }: HostileRequest): HostileRequest {
  return { path, headers: { ...headers, 'Content-Encoding': 'gzip' }, body: gzipSync(String(body)) };
}

/** Sends all, one after the other or at once. @param isRight of the codes, beside what is promised of every answer */
function sending(
  what: string,
  promise: string,
  make: (force: Force) => readonly HostileRequest[],
  isRight: (code: string) => boolean,
  areAtOnce = false,
): Attempt {
  return {
    what,
    promise,
    async run(rig: HostileRig, force) {
      const requests = make(force).map(packed);
      const before = memoryOf(rig);
      const answers = [];
      if (areAtOnce) answers.push(...(await Promise.all(requests.map((request) => send(rig, request)))));
      else for (const request of requests) if (rig.isUp()) answers.push(await send(rig, request));
      const grown = rig.isUp() ? Math.round(memoryOf(rig) - before) : 0;
      const held = answers.length === requests.length && answers.every((each) => isCivil(each) && isRight(each.code));
      return { seen: `${describeAll(answers)}; grown by ${grown} MiB`, held: held && grown < ALLOWED_MIB };
    },
  };
}

const ROUTER = '/routerTransform';
const PROCESSOR = '/v0/destinations/statsig';
const isRefused = (code: string) => code === 'BODY_TOO_MANY_VALUES';

/** What is put where, as rudder-server writes it. */
const manyValues = sending(
  '36 MB of `{"30":0}` in 75 KB of gzip: in the metadata, the message, the destinations, behind the elements',
  'BODY_TOO_MANY_VALUES, as in any other form',
  () => {
    const ordinary = elementOf({ destination: destinationOf('0') });
    const metadata = elementOf({ metadata: TINY, destination: destinationOf('0') });
    const message = elementOf({ message: `{"type":"track","more":${TINY}}`, destination: destinationOf('0') });
    const dynamic = elementOf({ destination: destinationOf(TINY, true) });
    const many = listOf(4_000_000, '{"30":0}');
    return [
      { path: ROUTER, body: plain(40, metadata) },
      { path: ROUTER, body: plain(40, message) },
      { path: ROUTER, body: plain(40, dynamic) },
      { path: PROCESSOR, body: listOf(40, metadata) },
      { path: PROCESSOR, headers: COMPACTED, body: compacted(1, elementOf({}), destinationOf(many)) },
      { path: ROUTER, body: `{"input":[${ordinary}],"destType":"statsig","more":${many}}` },
    ];
  },
  isRefused,
);

const manyAtOnce = sending(
  '40 bodies of 900 KB at once, in a short run 12, each of `{"30":0}`',
  'answered, or OVERLOADED: together they take no more than one may',
  (force) => {
    const body = ` [${elementOf({ metadata: TINY, destination: destinationOf('0') })}]`;
    return Array.from({ length: force === 'full' ? 40 : 12 }, () => ({ path: PROCESSOR, body }));
  },
  (code) => code === '' || code === 'OVERLOADED',
  true,
);

/** Alone over what the heap allows, and several at once that are so only together. */
const neverPassedOn: Attempt = {
  what: 'bodies of STATSIG that have too many values, alone and 12 at once, with a transformer behind the process',
  promise:
    'BODY_TOO_MANY_VALUES, or answered and OVERLOADED: none reaches the transformer, which knows no settings; one of another type does',
  async run(rig) {
    const large = (type: string) =>
      `{"input":[${elementOf({ metadata: listOf(4_000_000, '{"30":0}') })}],"destType":"${type}"}`;
    const reached = () => rig.asked.filter(({ line }) => line === `POST ${ROUTER}`).length;
    const alone = await send(rig, packed({ path: ROUTER, body: large('STATSIG') }));
    const ordinary = plain(20_000, elementOf({ destination: destinationOf('0') }));
    const atOnce = await Promise.all(
      Array.from({ length: 12 }, () => send(rig, packed({ path: ROUTER, body: ordinary }))),
    );
    const ours = reached();
    const other = await send(rig, packed({ path: ROUTER, body: large('HS') }));
    const held =
      isRefused(alone.code) &&
      atOnce.every(({ status, code }) => status === 200 || code === 'OVERLOADED') &&
      other.status === 200 &&
      ours === 0 &&
      reached() === 1;
    return {
      seen: `${describeAll([alone, ...atOnce])}; ${ours} reached it, and of the other ${reached() - ours}`,
      held,
    };
  },
};

const longEcho = sending(
  '4 KB of gzip: 10 000 elements that share a destination of 900 KB, which is echoed for each',
  'ANSWER_TOO_LARGE: 9 GB are neither made nor sent',
  () => {
    const rejected = elementOf({ message: '{"type":"none"}' });
    const destination = destinationOf(`"${'x'.repeat(900_000)}"`);
    return [{ path: ROUTER, headers: COMPACTED, body: compacted(10_000, rejected, destination) }];
  },
  (code) => code === 'ANSWER_TOO_LARGE',
);

const longConfig = sending(
  '20 000 elements that share a Config of 260 KB, and one of templates',
  'read once for all of them; SETTINGS_INVALID for each where it would have to be put together for each',
  () => {
    const configOf = (note: string) =>
      `{"ID":"d","Config":{"secretKey":"secret-example","note":"${note}${'x'.repeat(255_000)}"}}`;
    const path = PROCESSOR;
    return ['', '{{ message.a || b }}'].map((note) => ({
      path,
      headers: COMPACTED,
      body: compacted(20_000, elementOf({}), configOf(note)),
    }));
  },
  (code) => code === '' || code === 'SETTINGS_INVALID',
);

const starry = sending(
  '20 000 elements that share 28 000 names with stars',
  'SETTINGS_INVALID: a list may hold 500 stars',
  () => {
    const names = Array.from({ length: 28_000 }, (_, index) => `"*${index}*"`);
    const destination = `{"ID":"d","Config":{"secretKey":"s","excludeEvents":[${names}]}}`;
    return [{ path: PROCESSOR, headers: COMPACTED, body: compacted(20_000, elementOf({}), destination) }];
  },
  (code) => code === 'SETTINGS_INVALID',
);

const slowNames = sending(
  '5 000 elements with names of 4 000 letters, against the worst 500 stars that a list may hold',
  'answered',
  () => {
    const names = Array.from({ length: 4 }, (_, index) => `"${'*a'.repeat(125)}${index}"`);
    const destination = `{"ID":"d","Config":{"secretKey":"s","excludeEvents":[${names}]}}`;
    const message = `{"type":"track","event":"${'a'.repeat(4_000)}","userId":"u"}`;
    return [{ path: PROCESSOR, headers: COMPACTED, body: compacted(5_000, elementOf({ message }), destination) }];
  },
  (code) => code === '',
);

/** A write key stands in pages, so anybody has it. */
const PUBLIC_KEY = { Authorization: `Basic ${Buffer.from('write-open:').toString('base64')}` };

const denseCalls = sending(
  'calls of 9 MB with a public write key in 10 to 100 KB of gzip: small objects in one event, in 200 events, in 2 million; 700 000 names; the same without the key',
  'refused before they are parsed, or taken event by event: others wait for one event at the most; without the key 413 after 500 KB',
  () => {
    const names = `{${Array.from({ length: 700_000 }, (_, index) => `"k${index}":0`)}}`;
    const event = `{"type":"track","event":"x","userId":"u","properties":{"a":${listOf(5_000, '{"30":0}')}}}`;
    const calls = [
      { path: '/v1/track', body: `{"event":"x","userId":"u","a":${listOf(1_000_000, '{"30":0}')}}` },
      { path: '/v1/track', body: names },
      { path: '/v1/batch', body: `{"batch":${listOf(200, event)}}` },
      { path: '/v1/batch', body: `{"batch":${listOf(2_000_000, '{}')}}` },
      { path: '/v1/batch', body: `{"batch":[${names}]}` },
      { path: '/v1/batch', body: `{"context":${names},"batch":[]}` },
    ];
    return [...calls.map((call) => ({ ...call, headers: PUBLIC_KEY })), ...calls];
  },
  (code) => ['', 'BODY_TOO_MANY_VALUES', 'BATCH_TOO_LONG', 'BODY_TOO_LARGE', 'BODY_NOT_JSON'].includes(code),
);

/** Of 2 MB each: more are too much before the sender is proven. */
const SIGNED_EVENTS = 3;

const longIds = sending(
  'events with ids of 2 MB, 30 at once and as many as a signature proves, on every way in',
  'each is refused: ID_TOO_LONG; nothing of them is stored',
  () => {
    const id = 'x'.repeat(2_000_000);
    const event = `{"type":"track","event":"x","userId":"${id}"}`;
    return [
      { path: PROCESSOR, body: listOf(30, elementOf({ message: event, destination: destinationOf('0') })) },
      proven('segment', '/segment/acme', listOf(SIGNED_EVENTS, event)),
      proven('statsig', '/statsig/acme', listOf(SIGNED_EVENTS, `{"eventName":"x","userID":"${id}"}`)),
    ];
  },
  (code) => code === 'ID_TOO_LONG',
);

const longNumbers = sending(
  '8 MB of numbers of 20 digits in 20 KB of gzip: in the metadata, which is echoed as it came, and in a message',
  'answered: numbers that are kept digit by digit take no more memory than values may',
  () => {
    const numbers = listOf(400_000, '12345678901234567891');
    const destination = destinationOf('0');
    const path = PROCESSOR;
    return [
      { path, body: ` [${elementOf({ metadata: numbers, destination })}]` },
      { path, body: ` [${elementOf({ message: `{"type":"track","event":"x","more":${numbers}}`, destination })}]` },
    ];
  },
  (code) => code === '',
);

/** Each alone takes little of what the process has. */
export const HOSTILE_VALUES: AttemptGroup = {
  title: 'Values, to a process with 512 MB of heap',
  options: { environment: { NODE_OPTIONS: '--max-old-space-size=512' }, hasUpstream: true },
  isEachAlone: true,
  attempts: [
    manyValues,
    manyAtOnce,
    neverPassedOn,
    longEcho,
    longConfig,
    starry,
    slowNames,
    longIds,
    longNumbers,
    denseCalls,
  ],
};
