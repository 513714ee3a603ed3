// Prints what the harms came to.

import { isBroken, type Judgement } from './judge.js';
import type { CaseResult } from './run.js';

const COLUMNS: readonly (readonly [string, (judgement: Judgement) => boolean])[] = [
  ['said', ({ said }) => said],
  ['lost', ({ lost }) => lost > 0],
  ['back', ({ back }) => back > 0],
  ['ids forgotten', ({ forgottenIds }) => forgottenIds > 0],
  ['1 start failed', ({ aborted }) => aborted],
  ['SILENT', ({ silent }) => silent],
  ['NOT SAID AGAIN', ({ forgottenNotice }) => forgottenNotice],
  ['FAILED TWICE', ({ failedTwice }) => failedTwice],
  ['UNDAMAGED LOST', ({ undamagedLost }) => undamagedLost.length > 0],
  ['ALTERED', ({ altered }) => altered > 0],
];

/** A line per kind of file and harm; columns in capitals have to be 0. */
export function reportDamage(results: readonly CaseResult[]): string[] {
  const rows = new Map<string, CaseResult[]>();
  for (const result of results) {
    const row = `${result.harm.kind} ${result.harm.what}`;
    rows.set(row, [...(rows.get(row) ?? []), result]);
  }
  const head = ['file and harm', 'cases', ...COLUMNS.map(([name]) => name)];
  const lines = [...rows].sort().map(([name, cases]) => [name, ...countsOf(cases)]);
  const all = ['all', ...countsOf(results)];
  return [head, ...lines, all].map((cells) =>
    cells
      .map((cell, index) => (index === 0 ? cell.padEnd(28) : cell.padStart((head[index] ?? '').length + 2)))
      .join(''),
  );
}

function countsOf(cases: readonly CaseResult[]): string[] {
  return [cases.length, ...COLUMNS.map(([, holds]) => cases.filter(({ judgement }) => holds(judgement)).length)].map(
    String,
  );
}

/** A line for each case that broke a promise. */
export function describeBroken(results: readonly CaseResult[]): string[] {
  return results
    .filter(({ judgement }) => isBroken(judgement))
    .map(({ number, shape, harm, judgement }) => {
      const broken = COLUMNS.filter(([name, holds]) => name === name.toUpperCase() && holds(judgement)).map(
        ([name]) => name,
      );
      return `case ${number}: ${shape}, ${harm.file} ${harm.what} at ${harm.offset} (${harm.bits}): ${broken.join(', ')}: ${judgement.why}`;
    });
}
