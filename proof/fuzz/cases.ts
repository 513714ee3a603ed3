// Arbitrary requests to every route.

import fc from 'fast-check';
import { fuzzBody } from './bodies.js';
import type { FuzzCase } from './case.js';
import { type JsonNode, toNode } from './json.js';
import type { FuzzRoute } from './route.js';
import { FUZZ_ROUTES } from './routes.js';
import type { SampleKind } from './samples.js';
import { twinCases } from './twins.js';
import { PROOFS, type Proof, prove } from './workspaces.js';

/** Headers that mean something to some route, with values that are right, wrong or absurd. */
const HEADERS: readonly (readonly [name: string, values: readonly string[]])[] = [
  ['X-Content-Format', ['json+compactedv1', 'json', '']],
  ['RdProxy-Timeout', ['1000', '-1', '1e9', 'NaN', '0x10', '99999999999999']],
  ['Origin', ['https://shop.example', 'null', '*', 'a\u00e9']],
  ['X-Forwarded-For', ['127.0.0.1', '::1, 127.0.0.1', 'x'.repeat(3_000)]],
  ['X-Forwarded-Proto', ['https', 'javascript', ',,,']],
  ['X-Segment-Settings', ['{}', '{"apiKey":"api-headed"}', '%']],
  ['Accept-Encoding', ['gzip', 'br;q=1.0, *;q=0']],
  ['If-None-Match', ['*', '"x"']],
  ['Range', ['bytes=0-0']],
  ['Cookie', ['a=b; __proto__=c']],
  ['X-HTTP-Method-Override', ['DELETE']],
  ['Authorization', ['Bearer ', 'Basic ', 'Basic OjpjOg==', `Bearer ${'x'.repeat(4_000)}`, 'Digest a="b"']],
];

const header = fc
  .constantFrom(...HEADERS)
  .chain(([name, values]) => fc.constantFrom(...values).map((value) => [name, value] as const));

const server = fc.oneof(
  { weight: 3, arbitrary: fc.constant('alone' as const) },
  { weight: 1, arbitrary: fc.constant('behind' as const) },
);

/** A few come by another method: then the route is none of ours. */
const OTHER_METHODS = ['GET', 'HEAD', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'PROPFIND'];

const otherMethod = fc.oneof(
  { weight: 40, arbitrary: fc.constant(undefined) },
  { weight: 1, arbitrary: fc.constantFrom(...OTHER_METHODS) },
);

function samplesOf({ samples }: FuzzRoute, all: ReadonlyMap<SampleKind, readonly JsonNode[]>): readonly JsonNode[] {
  return typeof samples === 'string' ? (all.get(samples) ?? []) : samples.map(toNode);
}

function casesOf(route: FuzzRoute, samples: readonly JsonNode[]): fc.Arbitrary<FuzzCase> {
  const proofs: readonly Proof[] = route.proof === undefined ? ['none'] : [...PROOFS[route.proof], 'right', 'right'];
  const target = fc.constantFrom(...route.targets);
  const extra = fc.oneof(
    { weight: 3, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.array(header, { minLength: 1, maxLength: 3 }) },
  );
  return fc
    .tuple(server, target, otherMethod, fuzzBody(samples), fc.constantFrom(...proofs), extra)
    .map(([where, path, method, body, proof, headers]) => {
      const { bytes, meant, framing } = body;
      const proven = route.proof === undefined ? [] : prove(route.proof, proof, meant ?? bytes);
      return {
        server: where,
        route: route.route,
        method: method ?? route.method,
        target: path,
        headers: [...proven, ...body.headers, ...headers],
        body: bytes,
        framing,
        meant,
      };
    });
}

/** How often requests with twins are sent, against the weights of the routes. */
const TWINS = 20;

/** @param samples by kind */
export function fuzzCases(samples: ReadonlyMap<SampleKind, readonly JsonNode[]>): fc.Arbitrary<FuzzCase> {
  return fc.oneof(
    { weight: TWINS, arbitrary: twinCases },
    ...FUZZ_ROUTES.map((route) => ({ weight: route.weight, arbitrary: casesOf(route, samplesOf(route, samples)) })),
  );
}
