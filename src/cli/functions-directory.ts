// Writes scripts into a directory, and over nothing that people have made.

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from '../base/system-error.js';
import { say } from '../base/terminal.js';
import type { WantedFunction } from '../connect/segment/deploy-functions.js';
import { HEAD_BEGINS, SETTINGS_LINE } from '../functions/scripts.js';
import { CommandError } from './running-process.js';

async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Why a file is not replaced; `undefined` where nothing of anyone's is lost by it. */
function whyKept(there: string, code: string): string | undefined {
  if (there === code) return undefined;
  if (!there.startsWith(HEAD_BEGINS)) return 'is not a script of this command. Name another directory.';
  if (code.includes(SETTINGS_LINE) && !there.includes(SETTINGS_LINE))
    return 'holds settings that would be lost. Give a settings document (--settings), or name another directory.';
  return undefined;
}

/** Writes all, or nothing where one of them would take the place of what people have made. @throws CommandError */
export async function writeFunctions(directory: string, functions: readonly WantedFunction[]): Promise<void> {
  try {
    await mkdir(directory, { recursive: true });
    const files = functions.map(({ script, code }) => ({ path: join(directory, `${script.name}.js`), code }));
    for (const { path, code } of files) {
      const why = whyKept((await textOf(path)) ?? code, code);
      if (why !== undefined) throw new CommandError(`${path} is left as it is: it ${why}`);
    }
    for (const { path, code } of files) {
      await writeFile(path, code);
      say(path);
    }
  } catch (error) {
    if (error instanceof CommandError) throw error;
    throw new CommandError(`${directory} cannot be written (${codeOf(error)}).`);
  }
}
