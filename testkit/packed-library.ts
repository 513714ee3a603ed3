// The package as other programs have it: built anew in an empty project, with nothing of this one's modules.

import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const ROOT = join(import.meta.dirname, '..', '..');

/** A project that has installed the package. */
export interface Project {
  readonly directory: string;
  /** Of the package in it. */
  readonly packageDirectory: string;
  /** Where the library is to be built. */
  readonly library: string;
  /** Adds a file. */
  write(name: string, text: string): void;
}

/** What npm installs with it, and the types that its examples need. */
const INSTALLED = [...Object.keys(JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).dependencies), '@types'];

/** Lays the package into an empty directory, but for its bundles. */
export function createProject(directory: string): Project {
  const packageDirectory = join(directory, 'node_modules', 'statsig-cdp');
  mkdirSync(packageDirectory, { recursive: true });
  for (const name of ['package.json', 'manifest.json', 'openapi.json', 'bin', 'README.md', 'LICENSE'])
    cpSync(join(ROOT, name), join(packageDirectory, name), { recursive: true });
  symlinkSync(join(ROOT, 'fixtures'), join(packageDirectory, 'fixtures'));
  for (const name of INSTALLED) {
    const link = join(directory, 'node_modules', name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules', name), link);
  }
  const write = (name: string, text: string) => writeFileSync(join(directory, name), text);
  write('package.json', JSON.stringify({ name: 'project', type: 'module' }));
  return { directory, packageDirectory, library: join(packageDirectory, 'dist', 'library'), write };
}

/** The text files of a directory and those below it, by their paths from it. */
export function textsIn(directory: string): ReadonlyMap<string, string> {
  const names = readdirSync(directory, { recursive: true, encoding: 'utf8' });
  const files = names.filter((name) => /\.(?:[cm]?js|d\.[cm]?ts|json|txt)$/.test(name));
  return new Map(files.map((name) => [name, readFileSync(join(directory, name), 'utf8')]));
}

/** The examples of a page: code blocks whose first line names a file, by that name. */
export function examplesOf(page: string): ReadonlyMap<string, string> {
  const text = readFileSync(join(ROOT, page), 'utf8');
  const blocks = [...text.matchAll(/```(?:ts|js)\n\/\/ (\S+)\n([\s\S]*?)```/g)];
  return new Map(blocks.map(([, name = '', code = '']) => [name, code]));
}
