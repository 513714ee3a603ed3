// A batch that is cut event by event says what the whole would say, or is not cut.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import request from 'supertest';
import { type CutBatch, CutFault, cutBatch } from '../../../src/sources/tracking-api/cut-events.js';
import { createRandom } from '../../../testkit/random.js';
import { trackingApi } from '../../../testkit/tracking-api.js';

/** What the body says, put together again; `undefined` where it is not cut. */
function cutWhole(text: string): unknown {
  const cut: CutBatch | undefined = cutBatch(Buffer.from(text));
  if (cut === undefined) return undefined;
  try {
    return { ...cut.body, batch: [...cut.events].map(({ event }) => event) };
  } catch (error) {
    assert.ok(error instanceof CutFault, String(error));
    return undefined;
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const LONG = 'a'.repeat(3_000);

const event = (fields: object) => ({ timestamp: '2026-11-30T10:00:00.000Z', ...fields });

const EVENTS = [
  event({ type: 'track', properties: { text: `},{"timestamp":[{ ${LONG}`, list: [{ a: 1 }, { b: [{}] }] } }),
  event({ type: 'page', context: { batch: [{ timestamp: 1 }, { timestamp: 2 }], page: { path: '\\","batch":[{' } } }),
  event({ type: 'identify', traits: { name: 'ä中😀"\\', filling: LONG } }),
  event({ type: 'group', groupId: LONG }),
];

/** Within a string the quotes have a backslash. */
const BETWEEN = '},{"timestamp":"2';

/** As senders write it. */
const TEXTS = {
  plain: JSON.stringify({ batch: EVENTS, sentAt: 'x' }),
  'with spaces': JSON.stringify({ context: {}, batch: EVENTS }, undefined, 1),
  'in the middle': JSON.stringify({ writeKey: 'k', batch: EVENTS, context: { groups: [{ id: 1 }] }, last: [1] }),
  'events that begin in different ways': JSON.stringify({ batch: [...EVENTS, { other: 1 }, {}, ...EVENTS] }),
};

test('a batch is cut in each form in which senders write it, and says the same', () => {
  for (const [name, text] of Object.entries(TEXTS)) {
    if (name !== 'in the middle') assert.notEqual(cutWhole(text), undefined, name);
    assert.ok(isDeepStrictEqual(cutWhole(text) ?? parse(text), parse(text)), name);
  }
});

test('the bytes of each event are those of its text, and one that was cut can be made once more', () => {
  const cut = cutBatch(Buffer.from(TEXTS.plain));
  assert.deepEqual(
    [...(cut?.events ?? [])].map(({ bytes }) => bytes),
    EVENTS.map((each) => Buffer.byteLength(JSON.stringify(each))),
  );
  assert.deepEqual(cut?.events.at(2)?.event, EVENTS[2]);
});

test('another list of the name, a list that is none, and what is no JSON are left to the parser of whole bodies', () => {
  const list = JSON.stringify(EVENTS);
  for (const text of [
    `{"context":{"batch":${list}},"batch":[]}`,
    `{"context":{"batch":${list}}}`,
    `{"batch":${list},"batch":[]}`,
    `{"a\\"batch":${list}}`,
    `{"batch":${list.slice(0, -1)},]}`,
    `{"batch":${list.slice(0, -1)}]]}`,
    `{"batch":[${list}]}`,
    `{"batch":${list}`,
    `{"batch":${list}}}`,
    `{"batch":${list.replace(BETWEEN, '}{"timestamp":"2')}}`,
    `{"batch":${list.replace(BETWEEN, '},,{"timestamp":"2')}}`,
    `{"batch":${list.replace(BETWEEN, '}],[{"timestamp":"2')}}`,
    `[{"batch":${list}}]`,
  ])
    assert.ok(cutWhole(text) === undefined, `${text.slice(0, 40)} … ${text.slice(-20)}`);
});

test('whatever is changed in a batch, it says what the whole would say', () => {
  const random = createRandom(7);
  const signs = ['{', '}', '[', ']', ',', ':', '"', '\\', ' ', '1', '"batch":[', '},{"timestamp"'];
  let cuts = 0;
  for (let round = 0; round < 2_000; round += 1) {
    const texts = Object.values(TEXTS);
    let text = texts[random.whole(0, texts.length - 1)] ?? '';
    const at = random.whole(0, text.length);
    text = text.slice(0, at) + (signs[random.whole(0, signs.length - 1)] ?? '') + text.slice(at + random.whole(0, 2));
    const whole = cutWhole(text);
    if (whole === undefined) continue;
    cuts += 1;
    assert.ok(isDeepStrictEqual(whole, parse(text)), `round ${round}`);
  }
  assert.ok(cuts > 100, `${cuts} were cut`);
});

const NOW = Date.parse('2026-11-30T12:00:00Z');

const CASES = {
  'ordinary events': { writeKey: 'write-key', batch: EVENTS, context: { library: { name: 'analytics.js' } } },
  'events whose call no one knows': { writeKey: 'of-no-one', batch: EVENTS },
  'events with keys of their own': {
    writeKey: 'of-no-one',
    batch: [...EVENTS, event({ type: 'track', event: 'Own', writeKey: 'write-key' })],
  },
  'an event that names another key': {
    writeKey: 'write-key',
    batch: [...EVENTS, event({ type: 'track', event: 'Other', writeKey: 'of-no-one' })],
  },
  'what is no event beside events': { writeKey: 'write-key', batch: [EVENTS[0], 1, null, [], 'x', EVENTS[1]] },
  'an event that is too large': {
    writeKey: 'write-key',
    batch: [...EVENTS, event({ type: 'track', filling: LONG.repeat(12) })],
  },
  'more than an ordinary call has': {
    writeKey: 'write-key',
    batch: Array.from({ length: 600 }, (_, index) => event({ type: 'track', event: 'E', messageId: `m-${index}` })),
  },
  'more than any call has': {
    writeKey: 'write-key',
    batch: Array.from({ length: 2_501 }, (_, index) => event({ type: 'track', messageId: `m-${index}` })),
  },
  'too much for all of them': {
    writeKey: 'write-key',
    context: { x: LONG.repeat(50) },
    batch: Array(100).fill(EVENTS[3]),
  },
  'no event': { writeKey: 'write-key', batch: [], context: { x: LONG.repeat(4) } },
} as const;

test('a call is answered and stored as one that is parsed whole', async () => {
  for (const [name, body] of Object.entries(CASES)) {
    const text = JSON.stringify(body);
    // What does not begin with its bracket is not cut.
    const [cut, whole] = await Promise.all(
      [text, ` ${text}`].map(async (sent) => {
        const api = trackingApi({ now: () => NOW });
        const response = await request(api.handler)
          .post('/v1/batch')
          .set('content-type', 'application/json')
          .serialize((bytes: unknown) => bytes as string)
          .send(sent);
        const stored = api.stored.map(({ workspaceId, event }) => ({ workspaceId, event }));
        return { status: response.status, answer: response.body, stored };
      }),
    );
    assert.ok(isDeepStrictEqual(cut, whole), `${name}: ${JSON.stringify([cut, whole]).slice(0, 500)}`);
  }
});
