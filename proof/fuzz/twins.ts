// Transform requests in the very form in which rudder-server writes them, each with a twin that says the same in another form, with an empty query and white
// space in the body: whatever serves the one faster must answer as to the other.

import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import type { WireAnswer } from './answer-reader.js';
import type { FuzzCase } from './case.js';
import { changeNode, countNodes, type JsonNode, writeNode } from './json.js';
import { transformBody, transformChange } from './transform-bodies.js';

/** The same body with white space between its parts. */
export function spaceOut(body: JsonNode): Buffer {
  return Buffer.from(writeNode(body, '\n '));
}

/** Requests with twins. */
export const twinCases: fc.Arbitrary<FuzzCase> = fc
  .tuple(
    transformBody,
    fc.array(fc.tuple(fc.nat(), transformChange), { maxLength: 2 }),
    fc.constantFrom('length' as const, 'chunked' as const),
  )
  .map(([{ route, isCompacted, body }, changes, framing]) => {
    const changed = changes.reduce((all, [number, each]) => changeNode(all, number % countNodes(all), each), body);
    const bytes = Buffer.from(writeNode(changed));
    const target = route.slice('POST '.length);
    return {
      server: 'alone',
      route,
      method: 'POST',
      target,
      headers: isCompacted ? [['X-Content-Format', 'json+compactedv1']] : [],
      body: bytes,
      framing,
      meant: bytes,
      twin: { target: `${target}?`, body: spaceOut(changed) },
    };
  });

/** What an answer says: numbers that JSON cannot write are `null`, however they were echoed. */
function contentOf({ status, body }: WireAnswer): unknown {
  if (status !== 200) return /"error":"([A-Z_]+)"/.exec(body.toString())?.[1];
  return JSON.parse(JSON.stringify(JSON.parse(body.toString())));
}

/** They depend on the time, and on how the sentence of an error or a number is written. */
const OWN_HEADERS: ReadonlySet<string> = new Set(['date', 'content-length']);

function headersOf({ headers }: WireAnswer): ReadonlyMap<string, string> {
  return new Map([...headers].filter(([name]) => !OWN_HEADERS.has(name)));
}

/** What is wrong with the answers to a request and to its twin, or `undefined`. */
export function compareTwins(answer: WireAnswer, twin: WireAnswer): string | undefined {
  if (answer.status !== twin.status) return `status ${answer.status}, its twin ${twin.status}`;
  if (!isDeepStrictEqual(headersOf(answer), headersOf(twin))) return 'other headers than its twin';
  return isDeepStrictEqual(contentOf(answer), contentOf(twin)) ? undefined : 'another answer than its twin';
}
