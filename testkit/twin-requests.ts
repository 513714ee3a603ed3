// Requests that prove nothing, to be sent to a workspace that exists and to one that does not: no answer may differ.

import { gzipSync } from 'node:zlib';

/** A request to the workspace of this id. */
export interface TwinRequest {
  readonly what: string;
  readonly method: string;
  readonly path: (id: string) => string;
  /** Names and values in turn. */
  readonly headers: readonly string[];
  readonly body: Buffer;
}

/** Ids that no document has. */
export const MADE_UP = ['nobody', 'x', 'acm', 'Acme', '__proto__', 'constructor', 'a'.repeat(64)];

const EVENT = '{"type":"track","event":"Visited","userId":"user-42"}';
const HEX40 = '0'.repeat(40);
const HEX64 = '0'.repeat(64);

function basic(user: string): readonly string[] {
  return ['Authorization', `Basic ${Buffer.from(user).toString('base64')}`];
}

/** No proof, and every kind of wrong one. */
const PROOFS: Readonly<Record<string, readonly string[]>> = {
  none: [],
  'header secret': ['X-Statsig-Cdp-Secret', 'wrong'],
  bearer: ['Authorization', 'Bearer wrong'],
  'API key': basic('wrong:'),
  'user and password': basic('wrong:wrong'),
  'no credentials': ['Authorization', 'Basic ===='],
  signature: ['X-Signature', HEX40],
  'no signature': ['X-Signature', 'zz'],
  'header secret and signature': ['X-Statsig-Cdp-Secret', 'wrong', 'X-Signature', HEX40],
  'signature of Statsig': ['X-Statsig-Signature', `v0=${HEX64}`, 'X-Statsig-Request-Timestamp', '1'],
  'signature of now': ['X-Statsig-Signature', `v0=${HEX64}`, 'X-Statsig-Request-Timestamp', '1790000000000'],
  'signature without a time': ['X-Statsig-Signature', `v0=${HEX64}`],
  'signature with a wrong time': ['X-Statsig-Signature', `v0=${HEX64}`, 'X-Statsig-Request-Timestamp', 'x'],
  'signature of another form': ['X-Statsig-Signature', HEX64, 'X-Statsig-Request-Timestamp', '1'],
};

const CODE = { event: 'url_verification', verification_code: 'X' };

/** Bodies and the headers that belong to them. @param limit bytes of the largest body that is read */
function bodies(limit: number): Readonly<Record<string, readonly [Buffer | string, readonly string[]]>> {
  const huge = Buffer.alloc(limit + 1, 0x20);
  return {
    event: [EVENT, []],
    list: [`[${EVENT},${EVENT}]`, []],
    deletion: ['{"type":"delete","userId":"user-42"}', []],
    exposure: ['[{"eventName":"statsig::gate_exposure","timeUUID":"u","user":{"userID":"u"}}]', []],
    handshake: [JSON.stringify({ data: CODE }), []],
    'bare handshake': [JSON.stringify(CODE), []],
    'handshake without a code': ['{"data":{"event":"url_verification"}}', []],
    'handshake with a long code': [JSON.stringify({ ...CODE, verification_code: 'x'.repeat(257) }), []],
    'handshake in gzip': [gzipSync(JSON.stringify(CODE)), ['Content-Encoding', 'gzip']],
    'audience name': ['{"audienceName":"vip"}', []],
    'audience name and secret': ['{"audienceName":"vip","secret":"wrong"}', []],
    'audience id': ['{"externalId":"vip_list","secret":"wrong"}', []],
    'no audience': ['{}', []],
    nothing: ['', []],
    'no JSON': ['{"type":', []],
    'no UTF-8': [Buffer.from([0x22, 0xff, 0x22]), []],
    'a number': ['1', []],
    'deep JSON': [`${'['.repeat(500)}${']'.repeat(500)}`, []],
    'too large': [huge, []],
    'broken gzip': [EVENT, ['Content-Encoding', 'gzip']],
    'gzip that is too large': [gzipSync(huge), ['Content-Encoding', 'gzip']],
    'unknown encoding': [EVENT, ['Content-Encoding', 'zstd']],
  };
}

type Path = (id: string) => string;

const PATHS: readonly Path[] = [
  (id) => `/segment/${id}`,
  (id) => `/segment/${id}/audiences/create`,
  (id) => `/segment/${id}/audiences/get`,
  (id) => `/statsig/${id}`,
];

/** The same and others, written in other ways. */
const ODD_PATHS: readonly Path[] = [
  (id) => `/segment/${id}/`,
  (id) => `/segment/${id}?x`,
  (id) => `/segment/${id}/audiences`,
  (id) => `/segment/%${id.charCodeAt(0).toString(16)}${id.slice(1)}`,
  (id) => `/statsig/${id}/`,
  (id) => `/statsig/${id}/x`,
  (id) => `/statsig/%${id.charCodeAt(0).toString(16)}${id.slice(1)}`,
];

const OTHER_METHODS = ['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

const lengthOf = (bytes: Buffer) => ['Content-Length', String(bytes.length)];

function posts(path: Path, proofs: Readonly<Record<string, readonly string[]>>, limit: number): readonly TwinRequest[] {
  return Object.entries(proofs).flatMap(([proof, proofHeaders]) =>
    Object.entries(bodies(limit)).map(([name, [text, headers]]) => {
      const body = Buffer.from(text);
      const what = `POST ${path('ID')}, ${name}, proof: ${proof}`;
      return { what, method: 'POST', path, headers: [...proofHeaders, ...headers, ...lengthOf(body)], body };
    }),
  );
}

function otherMethods(path: Path): readonly TwinRequest[] {
  return OTHER_METHODS.map((method) => {
    const body = method === 'GET' || method === 'HEAD' ? Buffer.alloc(0) : Buffer.from(EVENT);
    return { what: `${method} ${path('ID')}`, method, path, headers: lengthOf(body), body };
  });
}

/** All of them. @param limit MAX_BODY_BYTES of the process */
export function twinRequests(limit: number): readonly TwinRequest[] {
  return [
    ...PATHS.flatMap((path) => [...posts(path, PROOFS, limit), ...otherMethods(path)]),
    ...ODD_PATHS.flatMap((path) => [...posts(path, { none: [] }, limit), ...otherMethods(path)]),
  ];
}
