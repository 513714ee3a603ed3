// Attacks of somebody who reaches only the public port: what is written to a connection, within a budget.

import { brotliCompressSync, constants, deflateSync, gzipSync } from 'node:zlib';
import type { Random } from '../../testkit/random.js';
import { type AnonymousRig, NOWHERE, PUBLIC_KEY } from './anonymous-rig.js';

/** What one attacker has. */
export const BUDGET = { bytes: 1_000_000, requests: 10 };

/** Bytes that a compressed body comes to: more than the process reads. */
const MOST_INFLATED = 64_000_000;

/** Bytes of a call of the Tracking API, and somewhat more. */
const MOST_CALLED = 9_600_000;

/** Events of a call of the Tracking API. */
const MOST_EVENTS = 2_500;

/** In everything an attacker makes up, so that it is recognised wherever it comes out. */
export const MARK = 'ATTACKER-MADE-THIS';

/** One connection: what is written to it, and whether the rest is kept back. */
export interface Shot {
  readonly bytes: Buffer;
  /** The connection stays open without another byte. */
  readonly isUnfinished?: boolean;
  /** The same with the name of a workspace that exists, and of one that does not: the answers have to be equal. */
  readonly twin?: Buffer;
}

/** One attack. */
export interface Attack {
  readonly name: string;
  readonly shots: readonly Shot[];
}

type Headers = Readonly<Record<string, string>>;

function http(method: string, path: string, headers: Headers, body: Buffer): Buffer {
  const lines = Object.entries({
    Host: 'localhost',
    Connection: 'close',
    'Content-Length': String(body.length),
    ...headers,
  });
  const head = [`${method} ${path} HTTP/1.1`, ...lines.map(([name, value]) => `${name}: ${value}`)].join('\r\n');
  return Buffer.concat([Buffer.from(`${head}\r\n\r\n`), body]);
}

const json: Headers = { 'Content-Type': 'application/json' };
const basic = (key: string): Headers => ({ Authorization: `Basic ${Buffer.from(`${key}:`).toString('base64')}` });

function pick<T>(random: Random, from: readonly T[]): T {
  const found = from[random.whole(0, from.length - 1)];
  if (found === undefined) throw new RangeError('nothing to pick from');
  return found;
}

/** Routes of the public port, for a workspace. */
function routeOf(random: Random, workspace: string): string {
  return pick(random, [
    `/segment/${workspace}`,
    `/segment/${workspace}/audiences/create`,
    `/segment/${workspace}/audiences/get`,
    '/segment',
    `/statsig/${workspace}`,
    '/v1/track',
    '/v1/batch',
    '/v1/import',
    '/v1/identify',
  ]);
}

/** JSON text of many bytes, in a shape that costs much to read. */
function costlyText(random: Random, bytes: number): string {
  const of = (unit: string, open: string, close: string) =>
    open + unit.repeat(Math.max(1, Math.floor(bytes / unit.length))) + close;
  return pick(random, [
    () => of('{"30":0},', '[', '{}]'),
    () => of('0,', '[', '0]'),
    () => of('[', '', ''),
    () => of('{"a":', '', '0'),
    () => of('"\\u0041",', '[', '""]'),
    () => of('1e400,', '[', '0]'),
    () =>
      `{${Array.from({ length: Math.max(1, Math.floor(bytes / 12)) }, (_, index) => `"k${index}":${index}`).join()}}`,
    () => JSON.stringify({ type: 'track', event: MARK, userId: 'x'.repeat(bytes) }),
    () =>
      JSON.stringify({
        batch: Array.from({ length: Math.max(1, Math.floor(bytes / 60)) }, () => ({
          type: 'track',
          event: MARK,
          userId: 'u',
        })),
      }),
    () => of('{"type":"delete","userId":"user-42"},', '[', '{}]'),
    () => {
      const items = '{"30":0},'.repeat(5_000);
      const event = `{"type":"track","event":"${MARK}","userId":"u","properties":{"a":[${items}{}]}},`;
      return of(event, '{"batch":[', '{}]}');
    },
  ])();
}

/** What would change a list, delete a person or write an event, if it were believed. */
function harm(random: Random, rig: AnonymousRig, bytes: number): readonly object[] {
  const count = Math.max(1, Math.min(4_000, Math.floor(bytes / 250)));
  const kind = random.whole(0, 2);
  return Array.from({ length: count }, (_, index) => {
    if (kind === 0)
      return {
        type: 'delete',
        userId: pick(random, ['user-42', `victim-${index % 40}-member`]),
        messageId: `${MARK}-${index}`,
      };
    if (kind === 1)
      return {
        type: 'identify',
        userId: MARK,
        messageId: `${MARK}-${index}`,
        traits: { [`list-${index}`]: true },
        context: { personas: { computation_class: 'audience', computation_key: `list-${index}` } },
      };
    return {
      type: 'track',
      event: MARK,
      userId: 'user-42',
      messageId: `victim-${index % 40}-in`,
      eventsUrl: rig.canaryUrl,
    };
  });
}

/** Heads that claim a right. */
function claims(random: Random, rig: AnonymousRig): Headers {
  return pick<() => Headers>(random, [
    () => ({}),
    () => ({ 'X-Signature': '0'.repeat(40) }),
    () => ({ 'X-Statsig-Cdp-Secret': MARK }),
    () => basic(MARK),
    () => basic(PUBLIC_KEY),
    () => pick(random, rig.captured).headers,
    () => ({ 'X-Statsig-Signature': `v0=${'0'.repeat(64)}`, 'X-Statsig-Request-Timestamp': String(Date.now()) }),
    () => ({ 'X-Forwarded-For': '127.0.0.1', 'X-Real-IP': '::1', Authorization: 'Bearer x' }),
  ])();
}

/** Brotli packs the most into few bytes. */
const PACKERS: readonly (readonly [encoding: string, pack: (text: string) => Buffer])[] = [
  ['gzip', gzipSync],
  ['gzip, gzip', gzipSync],
  ['deflate', deflateSync],
  ['br', (text) => brotliCompressSync(text, { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } })],
];

type Make = (random: Random, rig: AnonymousRig, bytes: number) => Shot;

const KINDS: Readonly<Record<string, Make>> = {
  bomb(random, rig, bytes) {
    const unit = costlyText(random, random.whole(100, 20_000));
    const [encoding, pack] = pick(random, PACKERS);
    const body = pack(
      unit.repeat(Math.max(1, Math.floor(Math.min(MOST_INFLATED, bytes * random.whole(1, 400)) / unit.length))),
    );
    const headers = {
      ...json,
      'Content-Encoding': encoding,
      ...claims(random, rig),
    };
    return { bytes: http('POST', routeOf(random, pick(random, rig.workspaces)), headers, body.subarray(0, bytes)) };
  },
  /** One call that is JSON as a whole, as large as a public write key may send. */
  packedCall(random, _rig, bytes) {
    const body = gzipSync(costlyText(random, random.whole(400_000, MOST_CALLED)), { level: 1 });
    const headers = { ...json, 'Content-Encoding': 'gzip', ...basic(random.chance(0.8) ? PUBLIC_KEY : MARK) };
    const path = pick(random, ['/v1/track', '/v1/batch', '/v1/import', '/v1/identify']);
    return { bytes: http('POST', path, headers, body.subarray(0, bytes)) };
  },
  /** As many events as a call may hold, in some kilobytes: they are all taken, converted and stored. */
  fullCall(random, _rig, bytes) {
    const size = random.whole(1, 3_400);
    const values = Object.fromEntries(Array.from({ length: Math.ceil(size / 12) }, (_, index) => [`k${index}`, index]));
    const properties = random.chance(0.5) ? { text: 'x'.repeat(size) } : values;
    const call = random.whole(0, 1_000_000_000);
    const batch = Array.from({ length: MOST_EVENTS }, (_, index) => ({
      type: 'track',
      event: `PUBLIC-${MARK}`,
      userId: 'u',
      messageId: `${MARK}-${call}-${index}`,
      properties,
    }));
    const headers = { ...json, 'Content-Encoding': 'gzip', ...basic(PUBLIC_KEY) };
    const body = gzipSync(JSON.stringify({ batch }), { level: 9 });
    return { bytes: http('POST', pick(random, ['/v1/batch', '/v1/import']), headers, body.subarray(0, bytes)) };
  },
  cost(random, rig, bytes) {
    const headers = { ...json, ...claims(random, rig) };
    return {
      bytes: http(
        'POST',
        routeOf(random, pick(random, rig.workspaces)),
        headers,
        Buffer.from(costlyText(random, bytes).slice(0, bytes)),
      ),
    };
  },
  harm(random, rig, bytes) {
    const body = Buffer.from(JSON.stringify(harm(random, rig, bytes)));
    return {
      bytes: http('POST', `/segment/${pick(random, rig.workspaces)}`, { ...json, ...claims(random, rig) }, body),
    };
  },
  /** The signature of a first event that was seen once, in front of others. */
  behindCaptured(random, rig, bytes) {
    const seen = pick(
      random,
      rig.captured.filter(({ path }) => path.startsWith('/segment/')),
    );
    const [first]: unknown[] = JSON.parse(seen.body);
    const body = Buffer.from(JSON.stringify([first, ...harm(random, rig, bytes).filter((each) => !('event' in each))]));
    return { bytes: http('POST', seen.path, { ...json, ...seen.headers }, body) };
  },
  replay(random, rig) {
    const { path, body, headers } = pick(random, rig.captured);
    return { bytes: http('POST', path, { ...json, ...headers }, Buffer.from(body)) };
  },
  /** What a write key of a page may do is to send events; not to put on lists, not to delete. */
  publicKey(random, rig, bytes) {
    const batch = harm(random, rig, bytes).map((each) => ({ ...each, event: `PUBLIC-${MARK}` }));
    const body = Buffer.from(JSON.stringify({ batch, writeKey: PUBLIC_KEY }));
    return { bytes: http('POST', '/v1/batch', { ...json, ...basic(PUBLIC_KEY) }, body) };
  },
  /** Whether a workspace exists. */
  probe(random, rig) {
    const there = pick(random, rig.workspaces);
    const path = routeOf(random, there);
    const headers = {
      ...json,
      ...pick(random, [{}, { 'X-Signature': '0'.repeat(40) }, basic('x'), { Origin: 'https://evil.example' }]),
    };
    const method = pick(random, ['POST', 'POST', 'GET', 'OPTIONS', 'PUT', 'HEAD']);
    const body = Buffer.from(
      pick(random, ['', '{}', '[]', '{"verification_code":"1"}', '{"type":"track","event":"x","userId":"u"}', '[[']),
    );
    return {
      bytes: http(method, path, headers, body),
      twin: http(method, path.replace(there, NOWHERE), headers, body),
    };
  },
  paths(random, rig) {
    const inside = pick(random, [
      '/metrics',
      '/readyz',
      '/api/dead-letters',
      '/routerTransform',
      '/v0/destinations/statsig',
      '/features',
      '/customTransform',
      '/api/waiting/drop',
    ]);
    const path = pick(random, [
      inside,
      `/${inside}`,
      inside.toUpperCase(),
      `/segment/..${inside}`,
      `/segment/%2e%2e${inside}`,
      `/statsig/${rig.workspaces[0]}/..%2f..${inside}`,
      `http://127.0.0.1${inside}`,
      `${inside}?writeKey=${PUBLIC_KEY}`,
      `${inside}%00`,
      `/v1/track/../..${inside}`,
    ]);
    const headers = {
      ...json,
      'X-HTTP-Method-Override': 'GET',
      'X-Original-URL': inside,
      'X-Rewrite-URL': inside,
      Host: 'localhost:9090',
    };
    const body = JSON.stringify([
      {
        message: {},
        metadata: { workspaceId: rig.workspaces[0] },
        destination: { Config: { eventsUrl: rig.canaryUrl } },
      },
    ]);
    return { bytes: http(pick(random, ['GET', 'POST', 'TRACE', 'DELETE', 'PATCH']), path, headers, Buffer.from(body)) };
  },
  heads(random, rig, bytes) {
    const many = Object.fromEntries(
      Array.from({ length: random.whole(1, 1_500) }, (_, index) => [`X-${index}`, MARK.slice(0, 8)]),
    );
    const headers = pick<Headers>(random, [
      many,
      { Cookie: 'x'.repeat(Math.min(bytes, 60_000)) },
      { 'Transfer-Encoding': 'chunked' },
      { 'Transfer-Encoding': 'chunked, gzip' },
      { 'Content-Length': '99999999999' },
      { Expect: '100-continue' },
      { Upgrade: 'websocket', Connection: 'Upgrade' },
      { Host: 'evil.example', 'X-Forwarded-Host': 'evil.example', 'X-Forwarded-Proto': 'https' },
    ]);
    return {
      bytes: http('POST', routeOf(random, pick(random, rig.workspaces)), { ...json, ...headers }, Buffer.from('{}')),
      isUnfinished: random.chance(0.5),
    };
  },
  slow(random, rig, bytes) {
    const whole = http(
      'POST',
      routeOf(random, pick(random, rig.workspaces)),
      { ...json, ...claims(random, rig) },
      Buffer.from(costlyText(random, bytes)),
    );
    return { bytes: whole.subarray(0, random.whole(1, Math.min(whole.length, bytes))), isUnfinished: true };
  },
};

const NAMES = Object.keys(KINDS);

/** One attacker's requests: of one kind, or mixed. Never more than the budget. */
export function makeAttack(random: Random, rig: AnonymousRig): Attack {
  const requests = random.whole(1, BUDGET.requests);
  const most = Math.floor(BUDGET.bytes / requests) - 3_000;
  const kind = random.chance(0.2) ? undefined : pick(random, NAMES);
  const shots: Shot[] = [];
  let left = BUDGET.bytes;
  for (let shot = 0; shot < requests; shot += 1) {
    const size = random.chance(0.5) ? most : random.whole(1, most);
    const made = KINDS[kind ?? pick(random, NAMES)]?.(random, rig, size);
    if (made === undefined || made.bytes.length + (made.twin?.length ?? 0) > left) break;
    left -= made.bytes.length + (made.twin?.length ?? 0);
    shots.push(made);
    if (made.twin !== undefined) shot += 1;
  }
  return { name: kind ?? 'mixed', shots };
}
