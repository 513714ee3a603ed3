// A copy of the project in which every mutant waits to be switched on, compiled.

import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Instrumented, instrument } from './instrumenter.js';

/** What the compiler reads. */
const COMPILED = ['src', 'test', 'scripts', 'bench', 'e2e'];

/** What running tests read. */
const READ = ['fixtures', 'docs', 'node_modules', 'manifest.json', 'package.json', 'README.md', 'CONTRIBUTING.md'];

/** The copy. */
export interface MutatedTree extends Instrumented {
  /** Holds `dist`. */
  readonly directory: string;
  remove(): void;
}

/** Source files under a folder of the project. */
export function sourcesOf(project: string, folder: string): readonly string[] {
  return readdirSync(join(project, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(folder, name))
    .sort();
}

/** @param files to be mutated: paths in the project */
export async function makeMutatedTree(project: string, files: readonly string[]): Promise<MutatedTree> {
  const instrumented = await instrument(project, files);
  const directory = mkdtempSync(join(tmpdir(), 'mutation-'));
  for (const name of COMPILED)
    cpSync(join(project, name), join(directory, name), { recursive: true, dereference: true });
  for (const name of READ) symlinkSync(join(project, name), join(directory, name));
  cpSync(join(project, 'tsconfig.json'), join(directory, 'tsconfig.json'));
  for (const [file, text] of instrumented.texts) {
    mkdirSync(dirname(join(directory, file)), { recursive: true });
    writeFileSync(join(directory, file), text);
  }
  // The types are those of the original; what the switches make of them does not matter.
  const compiler = join(project, 'node_modules', '.bin', 'tsc');
  execFileSync(compiler, ['-p', directory, '--noCheck', '--declaration', 'false'], { stdio: 'inherit' });
  return { ...instrumented, directory, remove: () => rmSync(directory, { recursive: true, force: true }) };
}
