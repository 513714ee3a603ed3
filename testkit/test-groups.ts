// Which test files share a process: starting Node and loading the modules costs each process a third of a second of processor time.

import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';

/**
 * What concerns a whole process. A file whose text names any of it has a process of its own: requests that nock catches, the clocks of `mock`, memory, hooks of each test of the process, variables
 * that are set for longer than a test, modules that wait before they define their tests. The time zone is set by some to one that no test must depend on: the others of their folder must not, either.
 */
const OF_A_PROCESS =
  /nock|process\.(?:on|once|exit|exitCode|chdir|memoryUsage)\b|^process\.env\.(?!TZ\b)|\bmock\b|expose-gc|^(?:before|after)Each\(|^(?:const .*= )?await /m;

/** Of one process: more would keep one core busy while the other has nothing left. */
const MOST_FILES = 8;

/** Each of these starts processes of its own or takes a minute: that it starts itself costs little beside it, and they are begun one by one, as there is room. */
const PROOFS = /^proof\//;

/** Begun first, the longest before the others: one that is begun last is waited for by all that is done. A minute and more each, with two cores. */
const LONGEST = [
  'proof/short/properties.test.js',
  'proof/short/connect-segment.test.js',
  'proof/short/faults-short.test.js',
  'proof/short/package.test.js',
  'proof/short/transform-memory.test.js',
  'proof/short/damage-short.test.js',
  'proof/short/conformance.test.js',
  'proof/short/image.test.js',
  'proof/short/conformance-breaks.test.js',
  'proof/short/disk-trouble.test.js',
  'proof/short/hostile-values.test.js',
  'proof/short/secrets.test.js',
  'proof/short/disk-full.test.js',
];

function testFilesBelow(dist: string, folder: string): string[] {
  return (
    readdirSync(join(dist, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.test.js'))
      // What was built of a file that was moved or deleted since is not run.
      .filter((name) => existsSync(join(dist, '..', folder, name.replace(/\.js$/, '.ts'))))
      .sort()
      .map((name) => join(dist, folder, name))
  );
}

function chunksOf<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}

/**
 * What to run, each in a process of its own: test files below the folders, and files that import several of them.
 *
 * @param dist what was built
 * @param folders below it
 * @returns the test files of each, by the file to run
 */
export function processesToRun(dist: string, folders: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const files = folders.flatMap((folder) => testFilesBelow(dist, folder));
  const longest = LONGEST.filter((name) => folders.some((folder) => name.startsWith(`${folder}/`))).map((name) =>
    join(dist, name),
  );
  for (const file of longest) if (!files.includes(file)) throw new Error(`there is no ${file} any more`);
  const alone = new Set([
    ...longest,
    ...files.filter((file) => PROOFS.test(relative(dist, file)) || OF_A_PROCESS.test(readFileSync(file, 'utf8'))),
  ]);
  const groups = join(dist, '.test-groups');
  rmSync(groups, { recursive: true, force: true });
  mkdirSync(groups);
  const processes = new Map<string, readonly string[]>(longest.map((file) => [file, [file]]));
  // Neighbours load the same modules.
  const shared = files.filter((file) => !alone.has(file));
  for (const [index, chunk] of chunksOf(shared, MOST_FILES).entries()) {
    const group = join(groups, `${index + 1}.test.js`);
    const imports = chunk.map(
      (file) => `import ${JSON.stringify(`../${relative(dist, file).replaceAll('\\', '/')}`)};\n`,
    );
    writeFileSync(group, imports.join(''));
    processes.set(group, chunk);
  }
  // Last, as they are short: a long one at the end would keep one core busy while the other has nothing left.
  for (const file of alone) processes.set(file, [file]);
  return processes;
}
