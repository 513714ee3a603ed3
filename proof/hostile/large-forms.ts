// Large transform requests, each said in several forms: as rudder-server writes it, with a space in front, spaced out, compressed. The limits are the same for
// all of them, and so are the answers.

import { isDeepStrictEqual } from 'node:util';
import { gzipSync } from 'node:zlib';
import { createRandom, type Random } from '../../testkit/random.js';
import type { Attempt, AttemptGroup, Force } from './attempt.js';
import { type HostileAnswer, type HostileRequest, send } from './request.js';
import type { HostileRig } from './rig.js';

/** A request as rudder-server writes it. */
interface LargeCase {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** For people. */
  readonly about: string;
}

type FormName = 'processor' | 'compacted' | 'router' | 'batch' | 'compacted router';

/** Levels of the body around what an element holds in one of its fields. */
const AROUND: Readonly<Record<FormName, number>> = {
  processor: 2,
  compacted: 3,
  router: 3,
  batch: 3,
  'compacted router': 3,
};

/** Of a large body. */
const MAX_DEPTH = 10_000;

const COMPACTED = { 'X-Content-Format': 'json+compactedv1' };

/** Texts that look like the seams between elements, as JSON. */
const SEAMS = [
  '},{"message":',
  ',"destination":{',
  ',"metadata":',
  '}],"destType":',
  '}],"destinations":',
  '\ud800"\\',
];

/** What costs more than it looks, as JSON: the part of a case that is put somewhere. */
type Load = (random: Random, around: number) => readonly [about: string, json: string];

function chain(levels: number): string {
  return '{"32":'.repeat(levels) + 0 + '}'.repeat(levels);
}

const LOADS: Readonly<Record<string, Load>> = {
  /** Eight of them are far below what 512 MB of heap hold, which white space counts for, too; 45 are far above, and each is small enough to be cut out. */
  values: (random) => {
    const item = ['{"30":0}', '[]', '{}', '0', '{"32":{"32":0}}'][random.whole(0, 4)] ?? '0';
    const bytes = random.whole(200_000, 240_000);
    return [`${bytes} bytes of ${item}`, `[${Array(Math.ceil(bytes / (item.length + 1))).fill(item)}]`];
  },
  /** Those between some 3,900 and 4,300 levels are left out: there it depends on the stack whether a value can be written. */
  depth: (random, around) => {
    const limit = MAX_DEPTH - around;
    const levels = [100, 3_000, 6_000, limit - 1, limit, limit + 1, limit + 2, 12_000][random.whole(0, 7)] ?? 0;
    return random.chance(0.5)
      ? [`${levels} levels of objects`, chain(levels)]
      : [`${levels} levels of lists`, '['.repeat(levels) + ']'.repeat(levels)];
  },
  text: (random) => {
    const length = [19_000, 21_000, 400_000, 990_000, 1_100_000][random.whole(0, 4)] ?? 0;
    const unit = ['x', 'é', '日', '\\u0000', '\\"'][random.whole(0, 4)] ?? 'x';
    return [`a string of ${length} × ${unit}`, `"${unit.repeat(length)}"`];
  },
  seams: (random) => {
    const texts = Array.from({ length: 2_000 }, () => JSON.stringify(SEAMS[random.whole(0, SEAMS.length - 1)]));
    const twins = random.chance(0.5) ? ',{"message":{},"metadata":{}},{"message":{"a":1},"destination":{}}' : '';
    return ['texts that look like seams', `[${texts}${twins}]`];
  },
};

const PLACES = ['metadata', 'properties', 'destination', 'shared', 'field'] as const;

function elementOf(
  jobId: number,
  parts: Partial<Record<(typeof PLACES)[number], string>>,
  isCompacted: boolean,
): string {
  const { metadata = '0', properties = '{}', destination = '0', field } = parts;
  const message = `{"type":"track","event":"Order Completed","userId":"u${jobId % 7}","messageId":"m${jobId}","properties":${properties}}`;
  const own = isCompacted
    ? ''
    : `,"destination":{"ID":"d","Config":{"secretKey":"secret-example"},"hasDynamicConfig":false,"more":${destination}}`;
  const extra = field === undefined ? '' : `,"${jobId % 2 === 0 ? 'connection' : 'metadata'}":${field}`;
  return `{"message":${message},"metadata":{"jobId":${jobId},"destinationId":"d","more":${metadata}}${own}${extra}}`;
}

function wrap(form: FormName, elements: readonly string[], shared: string): LargeCase {
  const destination = `{"ID":"d","Config":{"secretKey":"secret-example"},"hasDynamicConfig":false,"more":${shared}}`;
  const once = `"destinations":{"d":${destination}},"connections":{}`;
  switch (form) {
    case 'processor':
      return { path: '/v0/destinations/statsig', headers: {}, body: `[${elements}]`, about: form };
    case 'compacted':
      return {
        path: '/v0/destinations/statsig',
        headers: COMPACTED,
        body: `{"input":[${elements}],${once}}`,
        about: form,
      };
    case 'compacted router':
      return {
        path: '/routerTransform',
        headers: COMPACTED,
        body: `{"input":[${elements}],"destType":"statsig",${once}}`,
        about: form,
      };
    default:
      return {
        path: form === 'batch' ? '/batch' : '/routerTransform',
        headers: {},
        body: `{"input":[${elements}],"destType":"statsig","more":${shared}}`,
        about: form,
      };
  }
}

/** A case of this seed. */
export function makeLargeCase(seed: number): LargeCase {
  const random = createRandom(seed);
  const forms = Object.keys(AROUND) as FormName[];
  const form = forms[random.whole(0, forms.length - 1)] ?? 'processor';
  const isCompacted = form.startsWith('compacted');
  const place = PLACES[random.whole(0, PLACES.length - 1)] ?? 'metadata';
  const names = Object.keys(LOADS);
  const name = names[random.whole(0, names.length - 1)] ?? '';
  const inShared = place === 'shared' || (place === 'destination' && isCompacted);
  // Of what stands in an element's message one level more; what all elements share stands within the body, and a destination of it two levels deeper.
  const around = inShared ? (isCompacted ? 3 : 1) : place === 'field' ? AROUND[form] : AROUND[form] + 1;
  const [about = '', load = '0'] = LOADS[name]?.(random, around) ?? [];
  const first = random.whole(1, 10);
  const times = name === 'values' ? ([1, 8, 45][random.whole(0, 2)] ?? 1) : 1;
  const parts = (jobId: number) => {
    if (inShared || jobId < first || jobId >= first + times) return {};
    return { [place]: place === 'properties' ? `{"more":${load}}` : load };
  };
  // So that every body has more than a million bytes: a depth is limited in those alone.
  const count = [60, 6_000, 10_000][random.whole(0, 2)] ?? 60;
  const padding = elementOf(0, { properties: `{"more":"${'x'.repeat(count === 60 ? 1_100_000 : 100)}"}` }, isCompacted);
  const elements = Array.from({ length: count }, (_, index) =>
    index === count - 1 ? padding : elementOf(index + 1, parts(index + 1), isCompacted),
  );
  const shared = name === 'values' ? `[${Array(times).fill(load)}]` : load;
  const made = wrap(form, elements, inShared ? shared : '0');
  return {
    ...made,
    about: `${form}, ${times} × ${about} in ${place}, ${count} elements, ${made.body.length} characters`,
  };
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SPACED = Buffer.from(',:[{');

/** The same with white space between its parts. */
function spaceOut(body: string): Buffer {
  const bytes = Buffer.from(body);
  const spaced = Buffer.alloc(bytes.length * 3);
  let length = 0;
  let inText = false;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0;
    spaced[length++] = byte;
    if (inText && byte === BACKSLASH) spaced[length++] = bytes[++at] ?? 0;
    else if (byte === QUOTE) inText = !inText;
    else if (!inText && SPACED.includes(byte)) length += spaced.write('\n ', length);
  }
  return spaced.subarray(0, length);
}

/** The same in every form. */
function twinsOf({ path, headers, body }: LargeCase): readonly HostileRequest[] {
  return [
    { path, headers, body },
    { path, headers, body: ` ${body}` },
    { path, headers, body: spaceOut(body) },
    { path, headers: { ...headers, 'Content-Encoding': 'gzip' }, body: gzipSync(body, { level: 1 }) },
  ];
}

function contentOf({ status, text, code }: HostileAnswer): unknown {
  return status === 200 ? JSON.parse(text) : code;
}

async function runCase(rig: HostileRig, seed: number): Promise<readonly [status: number, fault: string | undefined]> {
  const made = makeLargeCase(seed);
  let first: HostileAnswer | undefined;
  for (const request of twinsOf(made)) {
    const answer = await send(rig, request);
    first ??= answer;
    const isSame = answer.status === first.status && isDeepStrictEqual(contentOf(answer), contentOf(first));
    if (answer.status === 0 || answer.status >= 500 || !isSame)
      return [
        answer.status,
        `seed ${seed} (${made.about}): ${answer.status} ${answer.code}, at first ${first.status} ${first.code}`,
      ];
  }
  return [first?.status ?? 0, undefined];
}

function cases(count: Readonly<Record<Force, number>>): Attempt {
  return {
    what: `bodies over 1 MB in four forms each, ${count.full} of them, in a short run ${count.short}`,
    promise: 'the same status and the same answer in each; nothing ends the process',
    async run(rig, force) {
      const first = Number(process.env.SEED ?? 1);
      const statuses = new Map<number, number>();
      const faults: string[] = [];
      for (let seed = first; seed < first + count[force] && rig.isUp(); seed++) {
        const [status, fault] = await runCase(rig, seed);
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
        if (fault !== undefined) faults.push(fault);
      }
      const seen = [...statuses].map(([status, times]) => `${status} × ${times}`).join(', ');
      return { seen: [`seeds from ${first}: ${seen}`, ...faults.slice(0, 5)].join('; '), held: faults.length === 0 };
    },
  };
}

/** Large bodies in several forms, to a process with little memory. */
export const HOSTILE_FORMS: AttemptGroup = {
  title: 'Forms of one body, to a process with 512 MB of heap',
  options: { environment: { NODE_OPTIONS: '--max-old-space-size=512' } },
  attempts: [cases({ short: 12, full: 150 })],
};
