// Measures how deep a YAML text is nested before anything recursive reads it.

import type { CST } from 'yaml';

/** Levels of lists and mappings. Settings need six. */
const MAX_DEPTH = 100;

/**
 * True for a token that holds more than a hundred levels of lists and mappings. Composing such a text recurses once per level, and the
 * library survives a stack overflow only some of the time: with 20 000 levels the whole process can die.
 */
export function isNestedTooDeep(root: CST.Token): boolean {
  const open: { token: CST.Token; depth: number }[] = [{ token: root, depth: 0 }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { token, depth } = next;
    if (depth > MAX_DEPTH) return true;
    for (const child of childrenOf(token)) open.push({ token: child, depth: depth + 1 });
  }
  return false;
}

function childrenOf(token: CST.Token): CST.Token[] {
  if (token.type === 'document') return token.value === undefined ? [] : [token.value];
  if (!('items' in token)) return [];
  return token.items.flatMap(({ key, value }) => [key ?? [], value ?? []].flat());
}
