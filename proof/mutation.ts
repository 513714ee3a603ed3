// `npm run mutation [-- FOLDER...]`: changes the conversion and delivery code in many small ways, and counts how many of them the tests notice.
//
// SAMPLE=300 judges so many mutants of each folder instead of all; SEED=2 picks others. ONLY=verdict judges those of files whose path holds this, and
// TESTS='^(post|dispatcher)' runs these test files only.

import { createRandom } from '../testkit/random.js';
import type { Mutant } from './mutation/instrumenter.js';
import { isNoticed, type Judged, scoreOf, scoreText, survivorText } from './mutation/score.js';
import { createJudge, runOriginals } from './mutation/test-runs.js';
import { type MutatedTree, makeMutatedTree, sourcesOf } from './mutation/tree.js';

const PROJECT = new URL('../..', import.meta.url).pathname.replace(/\/$/, '');
/** Mutants. */
const PROGRESS_EVERY = 25;
const { SAMPLE, SEED = '1', ONLY = '', TESTS } = process.env;

/**
 * The test files that run a folder's code, by folder. Those that start processes or wait for real time are none of them: a mutant takes all of their time, and what
 * they notice others notice sooner.
 */
const TESTS_OF: ReadonlyMap<string, RegExp> = new Map([
  [
    'src/transform',
    /^(fixtures\/(?!.*(hygiene|tracking))|transform\/|ingest\/|cli\/transform|sources\/(rudderstack|statsig)\/(?!upstream))/,
  ],
  ...['src/dispatch', 'src/outbox', 'src/targets', 'src/ingest'].map((folder): [string, RegExp] => [
    folder,
    /^(fixtures\/(?!.*(hygiene|tracking))|dispatch\/|outbox\/outbox|targets\/(?!.*process)|ingest\/|sources\/rudderstack\/rudderstack-audience)/,
  ]),
]);

/** So many, each as likely as any other; in the order of the files. */
function sampleOf(mutants: readonly Mutant[], size: number): readonly Mutant[] {
  const random = createRandom(Number(SEED));
  const drawn = mutants.map((mutant) => ({ mutant, lot: random.fraction() })).sort((a, b) => a.lot - b.lot);
  const chosen = new Set(drawn.slice(0, size).map(({ mutant }) => mutant));
  return mutants.filter((mutant) => chosen.has(mutant));
}

async function judgeFolder(tree: MutatedTree, folder: string): Promise<string> {
  const all = tree.mutants.filter(({ file }) => file.startsWith(`${folder}/`));
  const tests = TESTS === undefined ? TESTS_OF.get(folder) : new RegExp(TESTS);
  const judge = createJudge(tree.directory, await runOriginals(tree.directory, tests ?? /./, console.log));
  const judged: Judged[] = [];
  const chosen = SAMPLE === undefined ? all : sampleOf(all, Number(SAMPLE));
  for (const mutant of chosen) {
    const each = { mutant, fate: await judge(mutant) };
    judged.push(each);
    if (!isNoticed(each)) console.log(survivorText(each));
    if (judged.length % PROGRESS_EVERY === 0) console.error(`${judged.length} of ${chosen.length}`);
  }
  return scoreText(folder, scoreOf(judged, all.length), all.length);
}

const folders = process.argv.length > 2 ? process.argv.slice(2) : [...TESTS_OF.keys()];
const files = folders.flatMap((folder) => sourcesOf(PROJECT, folder)).filter((file) => file.includes(ONLY));
const tree = await makeMutatedTree(PROJECT, files);
try {
  console.log(`${tree.mutants.length} mutants in ${files.length} files; SEED=${SEED}`);
  for (const folder of folders) console.log(await judgeFolder(tree, folder));
} finally {
  tree.remove();
}
