// Which test files share a process: starting Node and loading the modules costs each process a third of a second of processor time.

import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

/**
 * What concerns a whole process. A file whose text names any of it has a process of its own: requests that nock catches, the clocks of `mock`, memory, hooks of the whole process, variables
 * that are set for longer than a test, modules that wait before they define their tests. The time zone is set by some to one that no test must depend on: the others of their folder must not, either.
 */
const OF_A_PROCESS =
  /nock|process\.(?:on|once|exit|exitCode|chdir|memoryUsage)\b|^process\.env\.(?!TZ\b)|\bmock\b|expose-gc|^(?:before|after)(?:Each)?\(|^(?:const .*= )?await /m;

/** Of one process: more would keep one core busy while the other has nothing left. */
const MOST_FILES = 8;

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
  const shared = new Map<string, string[]>();
  const alone: string[] = [];
  for (const file of folders.flatMap((folder) => testFilesBelow(dist, folder))) {
    if (OF_A_PROCESS.test(readFileSync(file, 'utf8'))) alone.push(file);
    else shared.set(dirname(file), [...(shared.get(dirname(file)) ?? []), file]);
  }
  const groups = join(dist, '.test-groups');
  rmSync(groups, { recursive: true, force: true });
  mkdirSync(groups);
  // First those that take longest.
  const processes = new Map<string, readonly string[]>();
  for (const [folder, files] of shared)
    for (const [index, chunk] of chunksOf(files, MOST_FILES).entries()) {
      const name = `${relative(dist, folder).replaceAll(/[\\/]/g, '-')}-${index + 1}.test.js`;
      const imports = chunk.map(
        (file) => `import ${JSON.stringify(`../${relative(dist, file).replaceAll('\\', '/')}`)};\n`,
      );
      writeFileSync(join(groups, name), imports.join(''));
      processes.set(join(groups, name), chunk);
    }
  for (const file of alone) processes.set(file, [file]);
  return processes;
}
