// Bodies that cost much more to read or to answer than to send.

import type { Attempt, AttemptGroup, Force } from './attempt.js';
import { insiderHeaders, SEGMENT_PATH, STATSIG_PATH } from './insider.js';
import { describeAll, type HostileAnswer, isCivil, send } from './request.js';
import { type HostileRig, memoryOf } from './rig.js';

const LIVES = 'an answer that is documented; the process lives, others are answered';

/** The routes that take JSON from any sender that reaches the port, and what a list goes into there. */
const LISTS: readonly (readonly [path: string, wrap: (list: string) => string])[] = [
  ['/v0/destinations/statsig', (list) => list],
  ['/routerTransform', (list) => `{"destType":"statsig","input":${list}}`],
  ['/batch', (list) => `{"destType":"statsig","input":${list}}`],
  [
    '/v1/destinations/statsig/proxy',
    (list) => `{"endpoint":"https://a.example/","method":"POST","body":{"JSON":{"a":1}},"metadata":${list}}`,
  ],
  ['/deleteUsers', (list) => `[{"destType":"statsig","config":{},"userAttributes":${list}}]`],
  ['/deleteUsers', (list) => list],
  ['/v1/sources/statsig', (list) => list],
  ['/v2/sources/statsig', (list) => list],
  ['/v1/sources/statsig', (list) => `[{"event":${list}}]`],
  [SEGMENT_PATH, (list) => list],
  [STATSIG_PATH, (list) => `[{"eventName":"x"},${list.slice(1)}`],
  ['/v1/batch', (list) => `{"writeKey":"write-open","batch":${list}}`],
];

/** Without the Tracking API, which takes 500 KB at the most. */
const PATHS = [...new Set(LISTS.map(([path]) => path))].filter((path) => path !== '/v1/batch');

async function sendAll(
  rig: HostileRig,
  requests: readonly { readonly path: string; readonly body: Buffer | string }[],
) {
  const answers = [];
  for (const { path, body } of requests)
    if (rig.isUp()) answers.push(await send(rig, { path, body, headers: insiderHeaders(path, Buffer.from(body)) }));
  return { seen: describeAll(answers), held: answers.length === requests.length && answers.every(isCivil) };
}

/** One body on every path. */
function everywhere(what: string, promise: string, bodyOf: (force: Force) => string): Attempt {
  return {
    what,
    promise,
    run: (rig, force) => {
      const body = Buffer.from(bodyOf(force));
      return sendAll(
        rig,
        PATHS.map((path) => ({ path, body })),
      );
    },
  };
}

/** A list of so many items on every path. */
function lists(what: string, item: string, count: number): Attempt {
  return {
    what,
    promise: LIVES,
    run: (rig) => {
      const list = `[${`${item},`.repeat(count - 1)}${item}]`;
      return sendAll(
        rig,
        LISTS.map(([path, wrap]) => ({ path, body: Buffer.from(wrap(list)) })),
      );
    },
  };
}

function element(message: string, config = '{"secretKey":"secret-example"}'): string {
  return `[{"message":${message},"metadata":{"jobId":1},"destination":{"ID":"d","Config":${config}}}]`;
}

function processor(what: string, promise: string, bodyOf: (force: Force) => string): Attempt {
  return {
    what,
    promise,
    run: (rig, force) => sendAll(rig, [{ path: '/v0/destinations/statsig', body: Buffer.from(bodyOf(force)) }]),
  };
}

const track = (properties: string) => `{"type":"track","event":"x","userId":"u","properties":${properties}}`;

/** Settings of a destination are kept compiled; anybody who reaches the port can make them up. */
function manyConfigs(what: string, isRight: (code: string) => boolean, configOf: (number: number) => string): Attempt {
  return {
    what,
    promise: 'memory does not grow with what senders make up: by 400 MiB at most',
    async run(rig, force) {
      const before = memoryOf(rig);
      const count = force === 'full' ? 400 : 40;
      const answers: HostileAnswer[] = [];
      for (let number = 0; number < count; number++) {
        const body = element(track('{}'), configOf(number));
        answers.push(await send(rig, { path: '/v0/destinations/statsig', body }));
      }
      const grown = Math.round(memoryOf(rig) - before);
      const held = answers.every(({ status, code }) => status === 200 && isRight(code)) && grown < 400;
      return { seen: `${describeAll(answers)}; grown by ${grown} MiB`, held };
    },
  };
}

const largeConfigs = manyConfigs(
  'destinations with Configs of 4 MB, each another one',
  (code) => code === 'SETTINGS_INVALID',
  (number) => `{"secretKey":"s","note":"${number}${'x'.repeat(4_000_000)}"}`,
);

/** @param star of each name */
const namesOf = (count: number, star: string) => (number: number) =>
  `{"secretKey":"s","excludeEvents":[${Array.from({ length: count }, (_, index) => `"${star}${number}-${index}"`)}]}`;

const fullConfigs = manyConfigs(
  'destinations with 10 000 names in 150 KB, each another one',
  (code) => code === '',
  namesOf(10_000, ''),
);

const starryConfigs = manyConfigs(
  'destinations with 10 000 names with stars, each another one',
  (code) => code === 'SETTINGS_INVALID',
  namesOf(10_000, '*'),
);

/** A sender that is still writing has to get to read why it should not. */
const refusedEarly: Attempt = {
  what: 'bodies of 20 MB where 500 KB are allowed, 20 times',
  promise: 'the sender gets to read the 413',
  async run(rig) {
    const requests = Array.from({ length: 20 }, () => ({ path: '/v1/track', body: Buffer.alloc(20_000_000, ' ') }));
    const answers: HostileAnswer[] = [];
    for (const request of requests) answers.push(await send(rig, request));
    return { seen: describeAll(answers), held: answers.every(({ status }) => status === 413) };
  },
};

const pollution: Attempt = {
  what: '`__proto__`, `constructor.prototype` in every place of an event',
  promise: 'no other event changes',
  async run(rig) {
    const evil = '{"__proto__":{"polluted":1,"statusCode":500},"constructor":{"prototype":{"polluted":1}}}';
    const message = `{"type":"track","event":"x","userId":"u","__proto__":{"polluted":1},"properties":${evil},"traits":${evil},"context":${evil}}`;
    const bodies = LISTS.map(([path, wrap]) => ({
      path,
      body: wrap(path.includes('destinations') ? element(message, evil) : `[${message}]`),
    }));
    const sent = await sendAll(rig, bodies);
    const after = await send(rig, { path: '/v0/destinations/statsig', body: element(track('{}')) });
    const isClean = !after.text.includes('polluted') && after.status === 200;
    return { seen: `${sent.seen}; the next event is ${isClean ? 'clean' : 'polluted'}`, held: sent.held && isClean };
  },
};

/** Single bodies. */
export const HOSTILE_BODIES: AttemptGroup = {
  title: 'Bodies',
  attempts: [
    everywhere('arrays nested 400 000 deep', LIVES, () => '['.repeat(400_000) + ']'.repeat(400_000)),
    everywhere(
      'arrays nested 5 000 000 deep',
      'refused before it is parsed',
      () => '['.repeat(5_000_000) + ']'.repeat(5_000_000),
    ),
    everywhere('objects nested 200 000 deep', LIVES, () => `${'{"a":'.repeat(190_000)}1${'}'.repeat(190_000)}`),
    processor('a message nested 100 000 deep in every field', LIVES, () => {
      const deep = '['.repeat(100_000) + ']'.repeat(100_000);
      return `[{"message":{"type":"track","event":${deep},"context":{"traits":${deep}},"properties":{"a":${deep}}},"metadata":{"jobId":${deep}},"destination":{"Config":{}}}]`;
    }),
    everywhere('a key of 20 MB', LIVES, () => `{"${'k'.repeat(20_000_000)}":1}`),
    processor('a property whose key has 20 MB', LIVES, () => element(track(`{"${'k'.repeat(20_000_000)}":1}`))),
    processor('an event with 100 000 properties, in a full run a million', LIVES, (force) => {
      const count = force === 'full' ? 1_000_000 : 100_000;
      const fields = Array.from({ length: count }, (_, index) => `"k${index}":${index}`);
      return element(track(`{${fields.join(',')}}`));
    }),
    processor('a string of 10 MB, in a full run 100 MB', LIVES, (force) =>
      element(track(`{"a":"${'x'.repeat(force === 'full' ? 100_000_000 : 10_000_000)}"}`)),
    ),
    processor('a number of a million digits', LIVES, () =>
      element(track(`{"a":${'9'.repeat(1_000_000)},"b":1e${'9'.repeat(1_000)}}`)),
    ),
    pollution,
    processor('three times 40 000 wrong rows in the settings of a destination', LIVES, () => {
      const rows = `[${'0,'.repeat(39_999)}0]`;
      return element(
        track('{}'),
        `{"secretKey":"s","identifierMappings":${rows},"includeEvents":${rows},"environmentMappings":${rows}}`,
      );
    }),
    processor('twice 5 000 equal rows in the settings of a destination', LIVES, () => {
      const rows = Array.from({ length: 5_000 }, () => '{"from":"a","to":"b"}');
      return element(track('{}'), `{"secretKey":"s","identifierMappings":[${rows}],"environmentMappings":[${rows}]}`);
    }),
    largeConfigs,
    fullConfigs,
    starryConfigs,
    refusedEarly,
  ],
};

/** Little memory, so that it takes few bytes to use it up. */
/** The most that a webhook of Segment may hold. */
const AUDIENCES = 4_000;

/** Characters of `/readyz`, however many lanes there are. */
const MOST_READYZ = 20_000;

const manyAudiences: Attempt = {
  what: 'a webhook that names 4 000 audiences: a list of Statsig and a lane for each',
  promise: 'taken; `/readyz` and `/metrics` do not grow with their names',
  async run(rig) {
    const events = Array.from({ length: AUDIENCES }, (_, index) => {
      const key = `hostile_audience_${index}`;
      const personas = { computation_class: 'audience', computation_key: key };
      return { type: 'identify', userId: 'u', messageId: key, traits: { [key]: true }, context: { personas } };
    });
    const headers = { Authorization: 'Bearer header-headed' };
    const answer = await send(rig, { path: '/segment/headed', headers, body: Buffer.from(JSON.stringify(events)) });
    const readOf = async (path: string) => (await fetch(`http://${rig.authority}${path}`)).text();
    const readyz = await readOf('/readyz');
    const names = (await readOf('/metrics')).includes('hostile_audience');
    return {
      seen: `${describeAll([answer])}; /readyz has ${readyz.length} characters, /metrics ${names ? 'names them' : 'does not name them'}`,
      held: answer.status === 200 && readyz.length < MOST_READYZ && !names,
    };
  },
};

export const HOSTILE_LISTS: AttemptGroup = {
  title: 'Lists, to a process with 400 MB of heap',
  options: { environment: { NODE_OPTIONS: '--max-old-space-size=400' } },
  attempts: [
    { ...lists('lists of 100 000 numbers', '0', 100_000), isLong: true },
    lists('lists of 100 000 empty objects', '{}', 100_000),
    lists('lists of a million numbers', '0', 1_000_000),
    manyAudiences,
    { ...lists('lists of a million empty lists', '[]', 1_000_000), isLong: true },
    { ...lists('lists of 20 million numbers (40 MB)', '0', 20_000_000), isLong: true },
    { ...lists('lists of 10 million empty lists (30 MB)', '[]', 10_000_000), isLong: true },
  ],
};
