// Shows what changes between two texts of a settings file, without the keys in them.

import { createTwoFilesPatch } from 'diff';
import { readYaml } from '../yaml-tree.js';
import { hideKeys } from './hidden-keys.js';

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

/** Lines that differ, more of which are another text: finding the fewest of so many takes seconds. */
const MAX_DIFFERENCES = 500;

/** Of texts that are shown already. Two that have little in common are shown as one that goes and one that comes. */
export function unified(before: string, after: string, from: string, to: string): string {
  if (before === after) return '';
  const options = { context: 3, maxEditLength: MAX_DIFFERENCES };
  const patch = createTwoFilesPatch(from, to, before, after, undefined, undefined, options);
  if (patch === undefined) return wholly(before, after, from, to);
  // Without the lines that only some programs write.
  return patch.slice(Math.max(0, patch.indexOf('--- ')));
}

/** Every line of the one goes, every line of the other comes. */
function wholly(before: string, after: string, from: string, to: string): string {
  const [old, now] = [before, after].map((text) => (text === '' ? [] : text.split(/(?<=\n)/)));
  const lined = (sign: string, lines: readonly string[] = []) =>
    lines
      .map((line) => (line.endsWith('\n') ? `${sign}${line}` : `${sign}${line}\n\\ No newline at end of file\n`))
      .join('');
  const range = (lines: readonly string[] = []) => (lines.length === 0 ? '0,0' : `1,${lines.length}`);
  return `--- ${from}\n+++ ${to}\n@@ -${range(old)} +${range(now)} @@\n${lined('-', old)}${lined('+', now)}`;
}
