// Elements that are cut out of the bytes are those of the body parsed whole, whatever the messages hold.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { PluginError } from '../../../src/base/errors.js';
import { type BatchElement, unpackProcessorBody, unpackRouterBody } from '../../../src/sources/rudderstack/batch.js';
import { CutFault, cutArray, cutInput } from '../../../src/sources/rudderstack/cut-batch.js';
import { jsonBytes } from '../../../testkit/json-bytes.js';
import { propertyRuns } from '../../../testkit/property-runs.js';

const RUNS = propertyRuns(300);

/** Texts and keys that look like the seams between elements. */
const SEAMS = [
  '},{"message":',
  ',"destination":{',
  ',"metadata":',
  '}],"destType":',
  '}],"destinations":',
  'message',
  'metadata',
  'destination',
  'input',
  '__proto__',
  'Grüße, 東京 🚀',
  '\ud800',
];

const text = fc.oneof(fc.constantFrom(...SEAMS), fc.string());
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    text,
    fc.constantFrom(0, -1.5, 1e300, true, null),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.array(fc.record({ message: tie('value') }), { minLength: 2, maxLength: 3 }),
    fc.dictionary(text, tie('value'), { maxKeys: 4 }),
  ),
}));

const destination = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .constantFrom('a', 'b')
      .map((ID) => ({ ID, Config: { eventTypes: [{ t: ID }] }, hasDynamicConfig: false })),
  },
  { weight: 1, arbitrary: fc.record({ ID: text, Config: value, hasDynamicConfig: fc.boolean() }) },
  { weight: 1, arbitrary: value },
);
const metadata = fc.oneof(
  { weight: 4, arbitrary: fc.record({ jobId: fc.integer(), destinationId: fc.constantFrom('a', 'b'), more: value }) },
  { weight: 1, arbitrary: value },
);
const message = fc.oneof({ weight: 4, arbitrary: fc.dictionary(text, value) }, { weight: 1, arbitrary: value });

/** Fields in rudder-server's order, now and then one of them twice, missing or in another place. */
const element = fc
  .tuple(message, metadata, destination, value, fc.nat({ max: 30 }))
  .map(([message, metadata, destination, other, twist]) => {
    const fields: [string, unknown][] = [
      ['message', message],
      ['metadata', metadata],
      ['destination', destination],
      ['connection', other],
    ];
    if (twist < 4) fields.splice(twist, 1);
    else if (twist < 8) fields.push(...fields.splice(twist - 4, 1));
    else if (twist < 12) fields.push([fields[twist - 8]?.[0] ?? '', other]);
    else if (twist === 12) fields.push(['__proto__', other]);
    return `{${fields.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join(',')}}`;
  });

const elements = fc
  .tuple(fc.array(element, { minLength: 1, maxLength: 5 }), fc.nat({ max: 20 }), value)
  .map(([texts, twist, other]) => (twist === 0 ? [...texts, JSON.stringify(other)] : texts).join(','));

const values = (batch: Iterable<BatchElement>) => [...batch].map(({ value }) => value);

/** Only what is looked at: where an element is cut into parts, its other fields are left out. */
function seen(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const { message, metadata, destination } = value as Record<string, unknown>;
  return { message, metadata, destination };
}

function assertSame(cut: Iterable<BatchElement> | undefined, whole: readonly unknown[], mayFail: boolean): boolean {
  if (cut === undefined) return false;
  try {
    const found = [...cut];
    assert.deepEqual(
      found.map(({ value }) => seen(value)),
      whole.map(seen),
    );
    for (const { value, metadataText } of found) {
      if (metadataText !== undefined)
        assert.deepEqual(JSON.parse(metadataText), seen(value) && (value as { metadata: unknown }).metadata);
    }
    return true;
  } catch (error) {
    if (mayFail && error instanceof CutFault) return false;
    throw error;
  }
}

test('the elements of a plain batch are those of the body parsed whole', () => {
  let cut = 0;
  fc.assert(
    fc.property(elements, (texts) => {
      const body = `[${texts}]`;
      if (assertSame(cutArray(jsonBytes(body))?.elements, JSON.parse(body), false)) cut += 1;
    }),
    { numRuns: RUNS },
  );
  assert.ok(cut > RUNS / 2, `only ${cut} of ${RUNS} batches were cut at all`);
});

test('the elements of a router batch are those of the body parsed whole', () => {
  let cut = 0;
  fc.assert(
    fc.property(elements, value, (texts, other) => {
      const body = `{"input":[${texts}],"destType":"statsig","other":${JSON.stringify(other)}}`;
      const parsed = JSON.parse(body);
      const found = cutInput(jsonBytes(body), 'destType', false);
      if (found === undefined) return;
      // A seam within the last field moves the end of the elements: then nothing is whole JSON.
      if (assertSame(found.elements, parsed.input, true)) {
        cut += 1;
        assert.equal(found.fields.destType, 'statsig');
      }
    }),
    { numRuns: RUNS },
  );
  assert.ok(cut > RUNS / 2, `only ${cut} of ${RUNS} batches were cut at all`);
});

test('a compacted body is read as the body parsed whole', () => {
  fc.assert(
    fc.property(elements, fc.dictionary(fc.constantFrom('a', 'b', ...SEAMS), value), (texts, destinations) => {
      const body = `{"input":[${texts}],"destinations":${JSON.stringify(destinations)},"connections":{}}`;
      const parsed = JSON.parse(body);
      const cut = cutInput(jsonBytes(body), 'destinations', true);
      if (cut === undefined) return;
      const whole = values(unpackProcessorBody(parsed, true));
      assertSame(cut.elements, whole, true);
    }),
    { numRuns: RUNS },
  );
});

test('bytes that are no JSON are never taken for some', () => {
  const hurt = fc
    .tuple(elements, fc.nat(), fc.nat({ max: 3 }), fc.constantFrom('"', '}', '{', ']', ',', '\\', 'x', ''))
    .map(([texts, at, length, put]) => {
      const body = `[${texts}]`;
      const start = at % body.length;
      // Half a character becomes another one in bytes.
      return Buffer.from(body.slice(0, start) + put + body.slice(start + length)).toString();
    });
  fc.assert(
    fc.property(hurt, (body) => {
      let whole: unknown;
      try {
        whole = JSON.parse(body);
      } catch {
        whole = undefined;
      }
      const cut = cutArray(jsonBytes(body))?.elements;
      if (cut === undefined) return;
      if (Array.isArray(whole)) assertSame(cut, whole, false);
      else assert.throws(() => values(cut), CutFault);
    }),
    { numRuns: RUNS * 3 },
  );
});

test('numbers of the metadata that no double can hold are echoed as they came', () => {
  const body =
    '[{"message":{"type":"track"},"metadata":{"jobId":9007199254740993},"destination":{"ID":"a","hasDynamicConfig":false}}]';
  const [element] = cutArray(jsonBytes(body))?.elements ?? [];
  assert.equal(element?.metadataText, '{"jobId":9007199254740993}');
});

test('destinations that are written alike are one object, unless templates may ask for more', () => {
  const each = (more: string) =>
    `{"message":{},"metadata":{},"destination":{"ID":"a",${more}},"connection":{"sourceId":"s"}}`;
  const read = (more: string) =>
    values(cutArray(jsonBytes(`[${each(more)},${each(more)}]`))?.elements ?? []).map(
      (value) => value as Record<string, unknown>,
    );
  const [first, second] = read('"hasDynamicConfig":false');
  assert.equal(first?.destination, second?.destination);
  const [third, fourth] = read('"hasDynamicConfig":true');
  assert.notEqual(third?.destination, fourth?.destination);
  assert.deepEqual(third?.connection, { sourceId: 's' });
});

test('more elements than one request may have are refused in every form', () => {
  const many = (each: string) => Array.from({ length: 100_001 }, () => each).join(',');
  const tooLong = (error: unknown) => error instanceof PluginError && error.code === 'BATCH_TOO_LONG';
  const cut = `[${many('{"message":0}')}]`;
  assert.throws(() => values(cutArray(jsonBytes(cut))?.elements ?? []), tooLong);
  assert.throws(() => unpackProcessorBody(JSON.parse(`[${many('0')}]`), false), tooLong);
  assert.throws(() => unpackProcessorBody({ input: JSON.parse(`[${many('0')}]`) }, true), tooLong);
  assert.throws(() => unpackRouterBody({ input: JSON.parse(`[${many('0')}]`) }, false), tooLong);
});

test('what only looks like the end of an element or of the elements is not taken for it', () => {
  assert.throws(() => values(cutArray(jsonBytes('[{"message":1,"metadata":12]'))?.elements ?? []), CutFault);
  assert.equal(
    cutInput(jsonBytes('{"input":[{"message":1}],"destType":"statsig","input":[]}'), 'destType', false),
    undefined,
  );
});
