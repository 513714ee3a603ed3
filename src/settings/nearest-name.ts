// Guesses which name a person meant.

/** Edits that still count as a slip of the hand. */
const MAX_EDITS = 2;

/** Characters. No name of ours is longer. */
const MAX_LENGTH = 64;

/** As `findSlip`, or, if one alone does, the candidate that begins with the name. */
export function findNearestName(name: string, candidates: readonly string[]): string | undefined {
  const slip = findSlip(name, candidates);
  if (slip !== undefined) return slip;
  const wanted = plain(name);
  if (wanted.length < 2 || wanted.length > MAX_LENGTH) return undefined;
  const longer = candidates.filter((candidate) => plain(candidate).startsWith(wanted));
  return longer.length === 1 ? longer[0] : undefined;
}

/** The candidate that differs only in letter case or `-` and `_`, or in at most two edits. */
export function findSlip(name: string, candidates: readonly string[]): string | undefined {
  const wanted = plain(name);
  if (wanted.length < 2 || wanted.length > MAX_LENGTH) return undefined;
  const ranked = candidates
    .map((candidate) => ({ candidate, name: plain(candidate) }))
    // Each letter more or less is an edit, and a document may have a hundred thousand names that are none.
    .filter(({ name }) => Math.abs(name.length - wanted.length) <= MAX_EDITS)
    .map(({ candidate, name }) => ({ candidate, edits: countEdits(wanted, name) }))
    .sort((a, b) => a.edits - b.edits);
  const [best] = ranked;
  return best !== undefined && best.edits <= Math.min(MAX_EDITS, Math.floor(wanted.length / 3))
    ? best.candidate
    : undefined;
}

function plain(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '');
}

/** Levenshtein distance: letters to insert, delete or replace. */
function countEdits(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [i, letter] of [...from].entries()) {
    const next = [i + 1];
    for (let j = 0; j < to.length; j += 1) {
      const replaced = (row[j] ?? 0) + (letter === to[j] ? 0 : 1);
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
