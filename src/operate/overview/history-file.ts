// Keeps the history beside the outbox, so that it outlives the process. Each line proves itself: what a disk or an editor has damaged costs its line and no more.

import { readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Logger } from '../../base/logger.js';
import { Ongoing } from '../../base/ongoing.js';
import { closeToOthers, replacePrivateFile } from '../../base/private-files.js';
import { messageOf } from '../../base/system-error.js';
import { NewerFormatError, seal, unseal } from '../../level/seal.js';
import { openSealedJson, sealJson } from '../../level/sealed-json.js';

/** Name of the file, beside the outbox. */
export const HISTORY_FILE = 'overview-history.jsonl';

/** Much more than is ever written. */
const MAX_BYTES = 32 << 20;

const UNWRITTEN = 'cannot be written';

const HEAD = sealJson({ of: 'overview history' });

/** The file. */
export interface HistoryFile {
  readonly path: string;
  /** What is wrong with it, for people; absent when all is well. */
  readonly problem: string | undefined;
  /** True where the directory is there: it is not made for the history alone. */
  isThere(): Promise<boolean>;
  /** Gives each line that is what was written to `restore`, which says whether it knows its form. Does not throw. */
  load(restore: (line: string) => boolean): Promise<void>;
  /** Replaces the file. Does not throw. A file of a newer version of the program stays as it is. */
  save(lines: readonly string[]): Promise<void>;
}

/** @param path of the file */
export function createHistoryFile(path: string, log: Logger): HistoryFile {
  const trouble = new Ongoing();
  let isNewer = false;
  let problem: string | undefined;

  function say(what: string): void {
    problem = what;
    if (trouble.begins(what)) log.warn({ file: path, problem: what }, 'The history of the overview');
  }

  async function read(): Promise<string | undefined> {
    try {
      const { size } = await stat(path);
      await closeToOthers(path);
      if (size <= MAX_BYTES) return await readFile(path, 'utf8');
      say(`has ${size} bytes, which this program never writes: it begins anew`);
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      if (code !== 'ENOENT' && code !== 'ENOTDIR') say(`cannot be read, and begins anew: ${messageOf(error)}`);
    }
    return undefined;
  }

  return {
    path,
    get problem() {
      return problem;
    },
    async isThere() {
      return await stat(dirname(path)).then(
        (found) => found.isDirectory(),
        () => false,
      );
    },
    async load(restore) {
      const text = await read();
      if (text === undefined) return;
      const [head = '', ...lines] = text.replace(/\n$/, '').split('\n');
      try {
        const isHead = openSealedJson(head, 'history of the overview') !== undefined;
        const damaged = [isHead, ...lines.map((line) => isRestored(line, restore))].filter((isWhole) => !isWhole);
        if (damaged.length > 0) say(`is damaged: ${damaged.length} of its ${lines.length + 1} lines are gone`);
      } catch (error) {
        if (!(error instanceof NewerFormatError)) throw error;
        isNewer = true;
        say(`is kept in memory alone: ${error.message}`);
      }
    },
    async save(lines) {
      if (isNewer) return;
      try {
        await replacePrivateFile(path, `${[HEAD, ...lines.map((line) => seal(line))].join('\n')}\n`);
        if (problem?.startsWith(UNWRITTEN)) problem = undefined;
        trouble.ends(UNWRITTEN);
      } catch (error) {
        problem = `${UNWRITTEN}: ${messageOf(error)}`;
        if (trouble.begins(UNWRITTEN)) log.warn({ file: path, problem }, 'The history of the overview');
      }
    },
  };
}

function isRestored(line: string, restore: (line: string) => boolean): boolean {
  const text = unseal(line);
  return text !== undefined && restore(text);
}
