// Numbers that JavaScript would not write back digit by digit: parsed as strings, written as numbers, and all other JSON is what `JSON.parse` makes of it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseJson, toJsonText } from '../../src/base/json.js';
import { holdsLongRun, mayHoldLongNumber, writeLongNumbers } from '../../src/base/long-numbers.js';

const RUNS = Number(process.env.PROPERTY_RUNS ?? 300);

/** Whole numbers of 16 to 40 digits. */
const digits = fc.tuple(fc.constantFrom('', '-'), fc.stringMatching(/^[1-9]\d{15,39}$/)).map((parts) => parts.join(''));

/** Stands for a long number in a value of which there is no text yet. */
class Long {
  readonly written: string;

  constructor(written: string) {
    this.written = written;
  }
}

const tree = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    digits.map((written) => new Long(written)),
    fc.jsonValue({ maxDepth: 1 }),
    // What looks like one of them within a string.
    fc.constantFrom('157963456373623803', 'order 157963456373623803 ,', '\\', '"', '\\"157963456373623803', ':'),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.oneof(fc.string(), fc.constantFrom('__proto__', '157963456373623803')), tie('value'), {
      maxKeys: 4,
    }),
  ),
})).value;

/** JSON text, with white space where the flag says so. @param write of a long number */
function textOf(value: unknown, space: string, write: (written: string) => string): string {
  if (value instanceof Long) return write(value.written);
  if (Array.isArray(value)) return `[${value.map((item) => textOf(item, space, write)).join(`${space},${space}`)}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).map(
    ([key, item]) => `${JSON.stringify(key)}${space}:${space}${textOf(item, space, write)}`,
  );
  return `{${members.join(`${space},${space}`)}}`;
}

const isKept = (written: string) => String(Number(written)) === written;

test('a long number is a string of its digits, wherever it stands, and is written as it was', () => {
  fc.assert(
    fc.property(tree, fc.constantFrom('', ' ', '\n\t'), (value, space) => {
      const parsed = parseJson(textOf(value, space, (written) => written));
      const asStrings = textOf(value, '', (written) => (isKept(written) ? written : `"${written}"`));
      assert.deepEqual(parsed, JSON.parse(asStrings));
      if (typeof parsed !== 'object' || parsed === null) return;
      const written = toJsonText(parsed) ?? assert.fail();
      assert.equal(
        textOf(value, '', (digits) => digits),
        written,
      );
    }),
    { numRuns: RUNS, endOnFailure: true },
  );
});

test('text that is no JSON stays so', () => {
  const text = fc
    .tuple(
      tree,
      fc.nat(),
      fc.constantFrom('', ',', ':', '"', '}', ']', '0', '.', '1', ' 12345678901234567 ', '\\', 'e'),
    )
    .map(([value, at, instead]) => {
      const text = textOf(value, ' ', (written) => written);
      const place = at % (text.length + 1);
      return text.slice(0, place) + instead + text.slice(place + 1);
    });
  const parse = (text: string) => {
    try {
      return JSON.parse(text);
    } catch {
      return undefined;
    }
  };
  fc.assert(
    fc.property(text, (text) => {
      assert.equal(parseJson(text) === undefined, parse(text) === undefined, text);
    }),
    { numRuns: RUNS, endOnFailure: true },
  );
  for (const text of [
    '{157963456373623803:1}',
    '[0157963456373623803]',
    '[157963456373623803.]',
    '[1 157963456373623803]',
  ])
    assert.equal(parseJson(text), undefined, text);
});

test('numbers that JavaScript writes back are numbers, and so are fractions', () => {
  for (const text of ['9007199254740992', '1000000000000000', '-9007199254740992', '0', '157963456373623800'])
    assert.equal(parseJson(`[${text}]`)?.toString(), text);
  const fractions = '[19.990000000000001,33.33333333333333333333,1.2345678901234567e+19,0.10000000000000001]';
  assert.deepEqual(parseJson(fractions), JSON.parse(fractions));
  assert.equal(toJsonText(parseJson(fractions) as object), fractions, 'where it is written as it came');
});

test('a whole number beyond the doubles keeps its digits with a point or an exponent, too', () => {
  const digits = {
    '157963456373623803.0': '157963456373623803',
    '-157963456373623803.00': '-157963456373623803',
    '1.57963456373623803e17': '157963456373623803',
    '1.57963456373623803E+17': '157963456373623803',
    '157963456373623803e0': '157963456373623803',
    '1579634563736238030e-1': '157963456373623803',
    '1.57963456373623803e20': '157963456373623803000',
    // No reader wants a page of zeros, and half a person is no person.
    '1.57963456373623803e300': '1.57963456373623803e300',
    '157963456373623803.5': '157963456373623803.5',
  };
  const written = Object.keys(digits);
  const parsed = parseJson(`[${written.join(',')}]`);
  assert.deepEqual(parsed, Object.values(digits));
  assert.equal(toJsonText(parsed as object), `[${written.join(',')}]`, 'where it is written as it came');
});

test('what a double holds is a number, as PHP and Java write it, too', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
      const exponential = value.toExponential();
      assert.equal((parseJson(`[${exponential}]`) as unknown[])[0], Number(exponential));
    }),
    { numRuns: RUNS, endOnFailure: true },
  );
  assert.deepEqual(
    parseJson('[1.5796345637362380e+17,157963456373623800.0]'),
    [157963456373623800, 157963456373623800],
  );
});

test('a copy has strings, and a part of what came has numbers', () => {
  const parsed = parseJson('{"user":{"id":157963456373623803},"n":[1,157963456373623804]}') as Record<string, object>;
  assert.equal(toJsonText({ ...parsed.user }), '{"id":"157963456373623803"}');
  assert.equal(toJsonText([parsed.user]), '[{"id":"157963456373623803"}]');
  assert.equal(
    writeLongNumbers([parsed.user]),
    '[{"id":157963456373623803}]',
    'where a command shows what would be sent',
  );
  assert.equal(toJsonText(parsed.user ?? []), '{"id":157963456373623803}');
  assert.equal(toJsonText(parsed.n ?? []), '[1,157963456373623804]');
});

test('a body may be nested as deep as one without long numbers, and hold as many', () => {
  const deep = `${'['.repeat(20_000)}157963456373623803${']'.repeat(20_000)}`;
  let inner = parseJson(deep);
  while (Array.isArray(inner)) [inner] = inner;
  assert.equal(inner, '157963456373623803');
  const many = parseJson(`[${Array(20_000).fill('{},157963456373623803').join(',')}]`) as object[];
  assert.equal(many.length, 40_000);
  // A second look at what an array holds for each of its objects would not end.
  assert.equal(toJsonText(many)?.length, 20_000 * '{},157963456373623803,'.length + 1);
});

test('what is nested as deep as it can be written without long numbers is written with them, and is the same afterwards', () => {
  const levels = 3_000;
  const text = `${'['.repeat(levels)}157963456373623803${']'.repeat(levels)}`;
  const parsed = parseJson(text) as object;
  assert.equal(writeLongNumbers(parsed), text);
  const shared = parseJson('{"id":157963456373623803,"other":1,"__proto__":157963456373623804}') as Record<
    string,
    unknown
  >;
  const written = '{"id":157963456373623803,"other":1,"__proto__":157963456373623804}';
  assert.equal(writeLongNumbers([shared, { again: shared }]), `[${written},{"again":${written}}]`);
  assert.deepEqual(
    [shared.id, Object.values(shared)],
    ['157963456373623803', ['157963456373623803', 1, '157963456373623804']],
  );
  delete shared.id;
  assert.equal(writeLongNumbers(shared), '{"other":1,"__proto__":157963456373623804}', 'what was taken out stays out');
});

test('where the bytes hold no long run, no text of them may hold a long number', () => {
  for (let before = 0; before < 40; before++)
    for (const run of ['123456789012345', '1234567890123456', '0.12345678901234', '1234567890.12345678901']) {
      const text = `{"${'k'.repeat(before)}":${run},"of":"a text of some length, 2026"}`;
      assert.equal(holdsLongRun(Buffer.from(text)), run.length >= 16, text);
      assert.equal(mayHoldLongNumber(text), run.length >= 16, text);
    }
  assert.equal(holdsLongRun(Buffer.from('1234567890123456')), true);
  assert.equal(holdsLongRun(Buffer.alloc(0)), false);
});
