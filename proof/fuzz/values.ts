// Arbitrary JSON: values, names and changes that senders get wrong and attackers get right.

import fc from 'fast-check';
import { changeNode, countNodes, type JsonChange, type JsonNode, letter, toNode } from './json.js';

const NAMES = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'valueOf',
  'toJSON',
  'hasOwnProperty',
  'length',
  'then',
  '',
  'a.b',
  'event',
  'type',
  'message',
  'metadata',
  'destination',
  'userId',
  'messageId',
  'context',
  'properties',
  'traits',
  'statsigCustomIDs',
  'statsigCustom',
  'data',
  'json',
  'batch',
  'x'.repeat(5_000),
].map((name) => JSON.stringify(name));

/** Names that only JSON can write: half a character, NUL, a control character. */
const ODD_NAMES = ['"\\ud800"', '"\\u0000"', '"\\u001f\\u202e"', '"\\u005f_proto__"'];

const LETTERS = [
  'null',
  'true',
  'false',
  '0',
  '-0',
  '-1',
  '0.1',
  '1e999',
  '-1e999',
  '1e-999',
  '9007199254740993',
  '123456789012345678901234567890',
  '1767323045000',
  '[]',
  '{}',
  '""',
  '" "',
  '"\\u0000"',
  '"\\ud800"',
  '"x\\udc00"',
  '"\\u2028\\u2800\\u00ad"',
  '"__proto__"',
  '"constructor"',
  '"track"',
  '"identify"',
  '"delete"',
  '"record"',
  '"audiencelist"',
  '"statsig"',
  '"2026-01-02T03:04:05.000Z"',
  '"-271821-04-20T00:00:00Z"',
  '"{{ message.userId || user-42 }}"',
  '"{{ __proto__.x || }}"',
  '"{{{{||}}}}"',
  '"env:HOME"',
  '"file:/etc/hostname"',
  '"http://127.0.0.1:1/"',
  '"http://[::1"',
  '"::%."',
  '"[2001:db8::1%x]:443"',
  '"*a*b*c*"',
  '{"toJSON":"x","then":"y","length":-1}',
  '{"__proto__":{"a":1},"constructor":{"prototype":{"a":1}}}',
  `"${'a'.repeat(20_000)}"`,
];

/** Nested on and on: needs no stack to be read, but much to be walked. */
function deep(levels: number, isList: boolean): JsonNode {
  return letter(isList ? '['.repeat(levels) + ']'.repeat(levels) : `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`);
}

/** Mostly plain characters, some of any kind, halves of characters too. */
const character = fc.oneof(
  { weight: 3, arbitrary: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)) },
  { weight: 1, arbitrary: fc.nat({ max: 0xffff }).map((code) => String.fromCharCode(code)) },
);

const levels = fc.oneof(fc.constantFrom(15, 16, 17, 64, 1_499, 1_500, 1_501, 3_000, 12_000), fc.nat(6_000));
const plain = fc.json({ maxDepth: 4, stringUnit: character }).map(letter);

/** What throws when it is made a text. */
const TEXTLESS = ['{"toString":1,"valueOf":1}', '[{"toString":null,"valueOf":{}}]', '[[[{"toString":"x"}]]]'];

/** Any value. */
export const jsonNode: fc.Arbitrary<JsonNode> = fc.oneof(
  { weight: 1, arbitrary: fc.constantFrom(...TEXTLESS).map(letter) },
  { weight: 8, arbitrary: fc.constantFrom(...LETTERS).map(letter) },
  { weight: 4, arbitrary: plain },
  { weight: 1, arbitrary: fc.tuple(levels, fc.boolean()).map(([count, isList]) => deep(count, isList)) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom(...LETTERS), fc.constantFrom(2, 50, 600, 5_000))
      .filter(([text, times]) => text.length * times < 30_000)
      .map(([text, times]) => letter(`[${Array(times).fill(text).join(',')}]`)),
  },
);

const name = fc.oneof(
  fc.constantFrom(...NAMES, ...ODD_NAMES),
  fc.string({ unit: character, maxLength: 8 }).map((text) => JSON.stringify(text)),
);

const change: fc.Arbitrary<JsonChange> = fc.oneof(
  { weight: 6, arbitrary: jsonNode.map((by): JsonChange => ({ kind: 'replace', by })) },
  { weight: 2, arbitrary: jsonNode.map((by): JsonChange => ({ kind: 'append', by })) },
  { weight: 3, arbitrary: name.map((each): JsonChange => ({ kind: 'rename', name: each })) },
  {
    weight: 4,
    arbitrary: fc.constantFrom<JsonChange>({ kind: 'delete' }, { kind: 'repeat' }, { kind: 'wrap' }, { kind: 'quote' }),
  },
);

/** One of the samples with up to five changes, anywhere in it. */
export function changedSample(samples: readonly JsonNode[]): fc.Arbitrary<JsonNode> {
  const changes = fc.array(fc.tuple(fc.nat(), change), { maxLength: 5 });
  return fc
    .tuple(fc.constantFrom(...(samples.length === 0 ? [toNode({})] : samples)), changes)
    .map(([sample, all]) =>
      all.reduce((node, [number, each]) => changeNode(node, number % countNodes(node), each), sample),
    );
}
