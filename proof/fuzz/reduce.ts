// Makes the JSON of a failing request smaller, part by part, while it still fails.

import type { FuzzCase } from './case.js';
import { changeNode, countNodes, type JsonNode, toNode, writeNode } from './json.js';
import { spaceOut } from './twins.js';

/** Requests that one reduction may take. */
const MAX_TRIES = 200;

function withBody(fuzzCase: FuzzCase, node: JsonNode): FuzzCase {
  const body = Buffer.from(writeNode(node));
  const { twin } = fuzzCase;
  return { ...fuzzCase, body, meant: body, ...(twin !== undefined && { twin: { ...twin, body: spaceOut(node) } }) };
}

/** Levels that the walks over nodes have the stack for. */
const MAX_DEPTH = 500;

/** Brackets in texts count too: a guess that is never too low. */
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (const character of text) {
    if (character === '[' || character === '{') deepest = Math.max(deepest, ++depth);
    else if (character === ']' || character === '}') depth -= 1;
  }
  return deepest;
}

/** The body as nodes, where it is plain JSON; a signature would not fit another body. */
function readBody({ body, meant, headers }: FuzzCase): JsonNode | undefined {
  const isSigned = headers.some(([name]) => name.toLowerCase().endsWith('-signature'));
  if (meant === undefined || isSigned || !body.equals(meant) || depthOf(body.toString()) > MAX_DEPTH) return undefined;
  try {
    return toNode(JSON.parse(body.toString()));
  } catch {
    return undefined;
  }
}

/**
 * The request with every part of its body left out that the fault does not need.
 *
 * @param isSame sends a request and tells whether it shows the same fault
 */
export async function reduceCase(
  fuzzCase: FuzzCase,
  isSame: (smaller: FuzzCase) => Promise<boolean>,
): Promise<FuzzCase> {
  let node = readBody(fuzzCase);
  if (node === undefined || !(await isSame(withBody(fuzzCase, node)))) return fuzzCase;
  // From the whole down: what is left out early takes all below it along.
  for (let number = 1, tries = 0; number < countNodes(node) && tries < MAX_TRIES; tries++) {
    const smaller: JsonNode = changeNode(node, number, { kind: 'delete' });
    if (await isSame(withBody(fuzzCase, smaller))) node = smaller;
    else number += 1;
  }
  return withBody(fuzzCase, node);
}
