// Finds the files of an archive: files, directories, patterns.

import { type Dirent, statSync } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from '../base/system-error.js';
import { ReplayError } from './replay-error.js';

/** Stands for standard input. */
export const STANDARD_INPUT = '-';

/** A file to read. */
export interface FoundFile {
  /** As it was found: the argument, and what is below it. */
  readonly path: string;
  /** On disk; 0 where that is not known. */
  readonly bytes: number;
}

/** What was found, and what was not. */
export interface FoundFiles {
  readonly files: readonly FoundFile[];
  /** Sentences. */
  readonly problems: readonly string[];
}

const HAS_WILDCARD = /[*?]/;

/** `*` and `?` do not go over a slash, `**` does. */
function compilePattern(pattern: string): RegExp {
  const source = pattern
    .split(/(\*\*\/?|\*|\?)/)
    .map((part) => {
      if (part.startsWith('**')) return part.endsWith('/') ? '(?:[^/]+/)*' : '.*';
      if (part === '*') return '[^/]*';
      return part === '?' ? '[^/]' : part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
    })
    .join('');
  return new RegExp(`^${source}$`);
}

/** The directory above the first wildcard. */
function baseOf(pattern: string): string {
  const parts = pattern.split('/');
  const end = parts.findIndex((part) => HAS_WILDCARD.test(part));
  return parts.slice(0, end).join('/') || (pattern.startsWith('/') ? '/' : '.');
}

/** Hidden files are an object store's or an editor's own. */
const isHidden = ({ name }: Dirent) => name.startsWith('.');

class Finder {
  readonly files = new Map<string, FoundFile>();
  readonly problems: string[] = [];

  async add(path: string): Promise<void> {
    const found = await stat(path).catch((error: unknown) => {
      this.problems.push(`${path} cannot be read (${codeOf(error)}).`);
    });
    if (found?.isFile()) this.files.set(path, { path, bytes: found.size });
    else if (found !== undefined) this.problems.push(`${path} is no file, and is left out.`);
  }

  /** Links are followed, but not to a directory that is being walked: that would never end. */
  async walk(directory: string, above: readonly string[], isWanted: (path: string) => boolean): Promise<void> {
    try {
      const real = await realpath(directory);
      if (above.includes(real)) {
        this.problems.push(`${directory} leads back to ${real}, in which it lies, and is left out.`);
        return;
      }
      const entries = await readdir(directory, { withFileTypes: true });
      entries.sort(({ name: a }, { name: b }) => (a < b ? -1 : 1));
      for (const entry of entries) {
        if (isHidden(entry)) continue;
        const path = join(directory, entry.name);
        const isDirectory =
          entry.isDirectory() || (entry.isSymbolicLink() && statSync(path, { throwIfNoEntry: false })?.isDirectory());
        if (isDirectory) await this.walk(path, [...above, real], isWanted);
        else if (isWanted(path)) await this.add(path);
      }
    } catch (error) {
      this.problems.push(`${directory} cannot be read (${codeOf(error)}).`);
    }
  }
}

async function isDirectoryAt(path: string): Promise<boolean | undefined> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => undefined,
  );
}

/**
 * The files of all arguments, each once, in the order of the arguments and below them in that of their names.
 *
 * @param paths files, directories, patterns with `*`, `?` and `**`; `-` is standard input, and then the only one
 * @throws ReplayError where there is none
 */
export async function findFiles(paths: readonly string[]): Promise<FoundFiles> {
  if (paths.includes(STANDARD_INPUT)) {
    if (paths.length > 1) throw new ReplayError('Standard input (-) is replayed alone, without files beside it.');
    return { files: [{ path: STANDARD_INPUT, bytes: 0 }], problems: [] };
  }
  const finder = new Finder();
  for (const path of paths) {
    const isDirectory = await isDirectoryAt(path);
    if (isDirectory) await finder.walk(path, [], () => true);
    else if (isDirectory === undefined && HAS_WILDCARD.test(path)) {
      const wanted = compilePattern(join(path));
      await finder.walk(baseOf(path), [], (found) => wanted.test(found));
    } else await finder.add(path);
  }
  if (finder.files.size > 0) return { files: [...finder.files.values()], problems: finder.problems };
  throw new ReplayError(`There is no file to replay. ${finder.problems.join(' ')}`.trim());
}
