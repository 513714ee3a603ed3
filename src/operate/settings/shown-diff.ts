// Shows what changes between two texts of a settings file, without the keys in them.

import { createTwoFilesPatch } from 'diff';
import { hideKeys } from '../../settings/write/hidden-keys.js';
import { readYaml } from '../../settings/yaml-tree.js';

const UNREADABLE = 'The file is no YAML, so that nothing tells a key in it from the rest: it is not shown.\n';

/**
 * A unified diff. The same word stands for the same key on both sides.
 *
 * @param before `undefined`: there was no file
 * @param known keys in force, which are hidden wherever they stand
 */
export function showDiff(before: string | undefined, after: string, file: string, known: readonly string[]): string {
  if ([before ?? '', after].some((text) => 'faults' in readYaml(text))) return UNREADABLE;
  const words = new Map<string, string>();
  const [old, now] = [before ?? '', after].map((text) => hideKeys(text, known, words).shown);
  return unified(old ?? '', now ?? '', before === undefined ? '/dev/null' : file, file);
}

/** Of texts that are shown already. */
export function unified(before: string, after: string, from: string, to: string): string {
  if (before === after) return '';
  const patch = createTwoFilesPatch(from, to, before, after, undefined, undefined, { context: 3 });
  // Without the lines that only some programs write.
  return patch.slice(Math.max(0, patch.indexOf('--- ')));
}
