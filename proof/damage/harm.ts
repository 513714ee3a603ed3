// Harms a file as a bad disk or a hasty hand does.

import { readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Random } from '../../testkit/random.js';

/** One harm. */
export interface Harm {
  readonly what: 'flip' | 'cut' | 'missing' | 'emptied';
  /** Within the root of the outbox; for `emptied` a directory. */
  readonly file: string;
  readonly kind: string;
  /** Of the byte, or where the file ends now. */
  readonly offset: number;
  /** What the byte is combined with. */
  readonly bits: number;
}

const KINDS: readonly (readonly [string, RegExp])[] = [
  ['table', /\.(?:ldb|sst)$/],
  ['log', /\d+\.log$/],
  ['MANIFEST', /MANIFEST-\d+$/],
  ['CURRENT', /CURRENT$/],
  ['LOCK', /LOCK$/],
  ['LOG', /LOG(?:\.old)?$/],
];

/** Tables and logs hold what matters; of what is small few bytes can be harmed. */
const WEIGHTS: Readonly<Record<string, number>> = { table: 8, log: 8, MANIFEST: 3 };

export function kindOf(file: string): string {
  return KINDS.find(([, name]) => name.test(file))?.[0] ?? relative('outbox', file);
}

function filesOf(root: string): string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .sort();
}

export function chooseHarm(root: string, random: Random): Harm {
  if (random.chance(0.005)) return { what: 'emptied', file: 'outbox', kind: 'all files', offset: 0, bits: 0 };
  const files = filesOf(root);
  const kinds = [...new Set(files.map(kindOf))];
  const kind = random.weighted(Object.fromEntries(kinds.map((each) => [each, WEIGHTS[each] ?? 1])));
  const ofKind = files.filter((file) => kindOf(file) === kind);
  const file = ofKind[random.whole(0, ofKind.length - 1)] ?? '';
  const { size } = statSync(join(root, file));
  const what = size === 0 ? 'missing' : random.weighted({ flip: 85, cut: 10, missing: 5 });
  return { what, file, kind, offset: random.whole(0, Math.max(size - 1, 0)), bits: random.whole(1, 255) };
}

export function applyHarm(root: string, { what, file, offset, bits }: Harm): void {
  const path = join(root, file);
  if (what === 'emptied') {
    for (const name of readdirSync(path)) rmSync(join(path, name), { recursive: true });
  } else if (what === 'missing') rmSync(path);
  else if (what === 'cut') truncateSync(path, offset);
  else {
    const bytes = readFileSync(path);
    bytes[offset] = (bytes[offset] ?? 0) ^ bits;
    writeFileSync(path, bytes);
  }
}
