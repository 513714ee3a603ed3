// A copy of what was built, to be broken in one place at a time.

import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { OutboxBreak } from './list.js';

const PROJECT = new URL('../../../', import.meta.url).pathname;

/** What running tests read, beside `dist`. */
const READ = ['node_modules', 'package.json', 'manifest.json', 'openapi.json'];

/** @returns the file with the break @throws Error where the guard does not stand there once */
export function breakText(text: string, { name, file, found, put }: OutboxBreak): string {
  const places = text.split(found).length - 1;
  if (places !== 1) throw new Error(`${name}: ${found} stands ${places} times in ${file}`);
  return text.replace(found, () => put);
}

/** What a break changes, as it was built. @param project the folder that holds `dist` */
export function builtText({ file }: OutboxBreak, project = PROJECT): string {
  return readFileSync(join(project, 'dist', 'src', file), 'utf8');
}

/** The copy. */
export interface BreakableTree {
  /** Holds `dist`. */
  readonly directory: string;
  /** Breaks it. @returns makes it whole again */
  break(broken: OutboxBreak): () => void;
  remove(): void;
}

/** Without the bundle: tests of the outbox do not start it. */
export function copyTree(): BreakableTree {
  const directory = mkdtempSync(join(tmpdir(), 'breaks-'));
  for (const folder of ['src', 'test', 'testkit'])
    cpSync(join(PROJECT, 'dist', folder), join(directory, 'dist', folder), { recursive: true });
  for (const name of READ) symlinkSync(join(PROJECT, name), join(directory, name));
  return {
    directory,
    break(broken) {
      const whole = builtText(broken, directory);
      const path = join(directory, 'dist', 'src', broken.file);
      writeFileSync(path, breakText(whole, broken));
      return () => writeFileSync(path, whole);
    },
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}
