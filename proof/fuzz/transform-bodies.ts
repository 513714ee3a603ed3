// Bodies of transform requests as rudder-server writes them, field by field in its order, with contents that look like the marks between their parts.

import fc from 'fast-check';
import { type JsonChange, type JsonEntry, type JsonNode, letter, toNode } from './json.js';

/** What stands between the parts of a body, and what only looks like it. */
const MARKS = [
  '},{"message":',
  '"},{"message":{"type":"track"}',
  ',"metadata":{"jobId":9}',
  ',"destination":{"ID":"x"}}',
  '}],"destType":"statsig"}',
  '}],"destinations":{"x":{}}}',
  '\\',
  '\\"},{\\"message\\":',
];

const LEAVES = [
  ...MARKS.map((text) => JSON.stringify(text)),
  '"\\u0022},{\\u0022message\\u0022:"',
  '"Größe 日本 🎉"',
  '"\\ud83c\\udf89 \\u00e9"',
  '"\\ud800"',
  '"user-42"',
  '""',
  'null',
  'true',
  '1',
  '-0.5e3',
  '12345678901234567890',
  '[]',
  '{}',
].map(letter);

const NAMES = ['message', 'metadata', 'destination', 'input', 'destType', 'destinations', 'properties', 'a', 'Größe'];
const name = fc.constantFrom(
  ...[...NAMES, '__proto__', 'message'].map((each) => JSON.stringify(each)),
  '"mess\\u0061ge"',
);

function fields(entries: readonly JsonEntry[]): JsonNode {
  return { kind: 'fields', entries };
}

/** Lists of objects that begin as elements do, with names that come twice. */
const { node } = fc.letrec<{ readonly node: JsonNode }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    { weight: 4, arbitrary: fc.constantFrom(...LEAVES) },
    {
      weight: 2,
      arbitrary: fc.array(tie('node'), { maxLength: 3 }).map((items): JsonNode => ({ kind: 'list', items })),
    },
    { weight: 3, arbitrary: fc.array(fc.tuple(name, tie('node')), { maxLength: 4 }).map(fields) },
  ),
}));

const message = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .tuple(
        fc.constantFrom('track', 'page', 'identify', 'record'),
        node,
        fc.array(fc.tuple(name, node), { maxLength: 2 }),
      )
      .map(([type, properties, others]) => {
        const event = { type, event: 'Order Completed', userId: 'user-42', timestamp: '2026-01-02T03:04:05.000Z' };
        const known = toNode({ ...event, name: 'Checkout' });
        return fields([...(known.kind === 'fields' ? known.entries : []), ['"properties"', properties], ...others]);
      }),
  },
  { weight: 1, arbitrary: node },
);

const metadata = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .tuple(fc.nat(9), fc.constantFrom('one', 'two', 'none'), fc.array(fc.tuple(name, node), { maxLength: 2 }))
      .map(([jobId, destinationId, others]) =>
        fields([
          ['"jobId"', letter(String(jobId))],
          ['"destinationId"', letter(JSON.stringify(destinationId))],
          ...others,
        ]),
      ),
  },
  { weight: 1, arbitrary: node },
);

const CONFIG = { secretKey: 'secret-example', eventNamePrefix: 'shop::' };
const DESTINATIONS = [
  { ID: 'one', WorkspaceID: 'ws-1', Config: CONFIG, hasDynamicConfig: false },
  { ID: 'two', WorkspaceID: 'ws-1', Config: { ...CONFIG, mode: 'webhook' }, hasDynamicConfig: false },
  { ID: 'one', WorkspaceID: 'ws-1', Config: CONFIG },
  { ID: 'one', Config: { ...CONFIG, eventNamePrefix: '{{ message.userId || none }}' }, hasDynamicConfig: true },
  { ID: 'one', Config: { ...CONFIG, eventNamePrefix: '{{ connection.sourceId || none }}' } },
  { ID: 'one', Config: { secretKey: 5 }, hasDynamicConfig: false },
  { ID: 'acme', Config: { idListId: 'vip_list', consoleKey: 'console-example' }, hasDynamicConfig: false },
  null,
].map(toNode);

const destination = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...DESTINATIONS) },
  { weight: 1, arbitrary: node },
);

const CONNECTION = toNode({ sourceId: 'src-1', destinationId: 'one', enabled: true, config: null });
const TAILS: readonly (readonly JsonEntry[])[] = [
  [],
  [['"connection"', CONNECTION]],
  [
    ['"connection"', CONNECTION],
    ['"libraries"', letter('null')],
    ['"credentials"', letter('[]')],
  ],
];

/** What stands behind the known fields; rarely one that is known, once more. */
const tail: fc.Arbitrary<readonly JsonEntry[]> = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...TAILS) },
  { weight: 1, arbitrary: fc.array(fc.tuple(name, node), { minLength: 1, maxLength: 2 }) },
);

/** @param ends what elements of this batch end with: few, so that many end alike */
function elementOf(ends: readonly (readonly JsonEntry[])[]): fc.Arbitrary<JsonNode> {
  const known = fc
    .tuple(message, metadata, fc.constantFrom(...ends))
    .map(([first, second, end]) => fields([['"message"', first], ['"metadata"', second], ...end]));
  return fc.oneof({ weight: 12, arbitrary: known }, { weight: 1, arbitrary: node });
}

function listOf(ends: readonly (readonly JsonEntry[])[]): fc.Arbitrary<JsonNode> {
  return fc.array(elementOf(ends), { maxLength: 6 }).map((items): JsonNode => ({ kind: 'list', items }));
}

const plainEnd = fc
  .tuple(destination, tail)
  .map(([each, rest]): readonly JsonEntry[] => [['"destination"', each], ...rest]);
const plainList = fc.array(plainEnd, { minLength: 1, maxLength: 3 }).chain(listOf);

/** A body, and where it goes. */
export interface TransformBody {
  readonly route: string;
  readonly isCompacted: boolean;
  readonly body: JsonNode;
}

const PROCESSOR = ['POST /v0/destinations/statsig', 'POST /v1/destinations/statsig'];
const ROUTER = ['POST /routerTransform', 'POST /batch'];

const plainProcessor = fc
  .tuple(fc.constantFrom(...PROCESSOR), plainList)
  .map(([route, body]): TransformBody => ({ route, isCompacted: false, body }));

const plainRouter = fc.tuple(fc.constantFrom(...ROUTER), plainList, tail).map(([route, input, rest]): TransformBody => {
  const body = fields([['"input"', input], ['"destType"', letter('"statsig"')], ...rest]);
  return { route, isCompacted: false, body };
});

const compacted = fc
  .tuple(fc.constantFrom(...PROCESSOR, ...ROUTER), listOf([[]]), destination, destination, tail)
  .map(([route, input, one, two, rest]): TransformBody => {
    const destinations = fields([
      ['"one"', one],
      ['"two"', two],
    ]);
    const type: readonly JsonEntry[] = ROUTER.includes(route) ? [['"destType"', letter('"statsig"')]] : [];
    const body = fields([['"input"', input], ...type, ['"destinations"', destinations], ...rest]);
    return { route, isCompacted: true, body };
  });

/** Any of them. */
export const transformBody: fc.Arbitrary<TransformBody> = fc.oneof(plainProcessor, plainRouter, compacted);

/** What may be changed in one. */
export const transformChange: fc.Arbitrary<JsonChange> = fc.oneof(
  node.map((by): JsonChange => ({ kind: 'replace', by })),
  node.map((by): JsonChange => ({ kind: 'append', by })),
  name.map((each): JsonChange => ({ kind: 'rename', name: each })),
  fc.constantFrom<JsonChange>({ kind: 'delete' }, { kind: 'repeat' }, { kind: 'wrap' }, { kind: 'quote' }),
);
