// Measures how deep a YAML text is nested, and how many names its mappings have, before anything reads it that cannot stand much.

import type { CST } from 'yaml';

/** Levels of lists and mappings. Settings need six. */
const MAX_DEPTH = 100;

/**
 * True for a token that holds more than a hundred levels of lists and mappings. Composing such a string recurses once per level, and the
 * library survives a stack overflow only some of the time: with 20 000 levels the whole process can die.
 */
export function isNestedTooDeep(root: CST.Token): boolean {
  return walk(root).some(({ depth }) => depth > MAX_DEPTH);
}

/** Names of one mapping. Settings have some thirty; what has more is some other file. */
const MAX_NAMES = 1000;

/** True for a token with a mapping of more than a thousand names: the library compares each of them with all others, which takes minutes for a hundred thousand. */
export function hasTooManyNames(root: CST.Token): boolean {
  return walk(root).some(({ token }) => isMapping(token) && token.items.length > MAX_NAMES);
}

function isMapping(token: CST.Token): token is CST.BlockMap | CST.FlowCollection {
  return token.type === 'block-map' || (token.type === 'flow-collection' && token.start.source === '{');
}

/** All tokens within one, with the levels above each; no deeper than one level too many. */
function walk(root: CST.Token): readonly { readonly token: CST.Token; readonly depth: number }[] {
  const found = [{ token: root, depth: 0 }];
  for (let next = 0; next < found.length; next++) {
    const { token, depth } = found[next] ?? { token: root, depth: 0 };
    if (depth <= MAX_DEPTH) for (const child of childrenOf(token)) found.push({ token: child, depth: depth + 1 });
  }
  return found;
}

function childrenOf(token: CST.Token): CST.Token[] {
  if (token.type === 'document') return token.value === undefined ? [] : [token.value];
  if (!('items' in token)) return [];
  return token.items.flatMap(({ key, value }) => [key ?? [], value ?? []].flat());
}
