// Runs test files of the mutated tree: first as they are, to see which mutants each comes by, then with a mutant switched on.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Mutant } from './instrumenter.js';
import { OBSERVED, type Observation } from './observe.js';

/** A file that takes more processor time is not worth it, in milliseconds. */
const MAX_MS = 6_000;

/** Nothing waits longer, in milliseconds, however busy the machine is. */
const MAX_WAIT_MS = 60_000;

/** A mutant makes nothing take longer than so many times its time, and some. */
const PATIENCE = 3;
const PATIENCE_MS = 5_000;

/** Times more often than in the original that a mutant may be come by. */
const HIT_FACTOR = 100;

/** A test file that passes. */
export interface TestFile {
  readonly name: string;
  /** Processor time. */
  readonly milliseconds: number;
  /** Time by the clock. */
  readonly waitMs: number;
  /** How often it comes by each mutant, by the mutant's id. */
  readonly hits: ReadonlyMap<string, number>;
}

/** What became of a mutant. */
export type Fate = 'killed' | 'timeout' | 'survived' | 'not covered';

function endGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // No process is left in it.
  }
}

/** @returns true when it passes, `undefined` when it does not end in time */
async function passes(
  directory: string,
  name: string,
  variables: Readonly<Record<string, string>>,
  patienceMs: number,
): Promise<boolean | undefined> {
  const [preload, reporter] = ['observe.js', 'first-failure.js'].map((file) => new URL(file, import.meta.url).href);
  const args = [`--import=${preload}`, `--test-reporter=${reporter}`, join(directory, 'dist', 'test', name)];
  const child = spawn(process.execPath, args, {
    cwd: directory,
    env: { PATH: process.env.PATH, ...variables },
    stdio: 'ignore',
    // A group of its own, to end whatever it has started, too.
    detached: true,
  });
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    endGroup(child.pid);
  }, patienceMs);
  const [code] = await once(child, 'exit');
  clearTimeout(timer);
  endGroup(child.pid);
  return late ? undefined : code === 0;
}

/** Runs each file once. One that fails, or takes long, is left out and told. @param chosen which test files are for these mutants */
export async function runOriginals(
  directory: string,
  chosen: RegExp,
  tell: (line: string) => void,
): Promise<readonly TestFile[]> {
  const names = readdirSync(join(directory, 'dist', 'test'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.js') && chosen.test(name))
    .sort();
  const files: TestFile[] = [];
  const coverage = join(directory, 'coverage.json');
  for (const name of names) {
    const variables = { [OBSERVED.coverage]: coverage };
    let start = performance.now();
    let passed = await passes(directory, name, variables, MAX_WAIT_MS);
    if (passed === false) {
      // A busy machine may be to blame.
      start = performance.now();
      passed = await passes(directory, name, variables, MAX_WAIT_MS);
    }
    const waitMs = performance.now() - start;
    if (passed !== true || !existsSync(coverage)) {
      tell(`${name} is not used: without any mutant it ${passed === undefined ? 'does not end' : 'fails'}`);
      continue;
    }
    const { milliseconds, hits }: Observation = JSON.parse(readFileSync(coverage, 'utf8'));
    rmSync(coverage);
    if (milliseconds > MAX_MS) tell(`${name} is not used: it takes ${milliseconds.toFixed(0)} ms`);
    else files.push({ name, milliseconds, waitMs, hits: new Map(Object.entries(hits)) });
  }
  return files;
}

/** Judges mutants one after the other, and learns which test files notice most in the least time, of each source file. */
export function createJudge(directory: string, files: readonly TestFile[]): (mutant: Mutant) => Promise<Fate> {
  const kills = new Map<string, number>();
  const runs = new Map<string, number>();
  const add = (counts: Map<string, number>, key: string) => counts.set(key, (counts.get(key) ?? 0) + 1);

  return async ({ id, file }) => {
    const worth = ({ name, milliseconds }: TestFile) => {
      const key = `${file} ${name}`;
      return ((kills.get(key) ?? 0) + 1) / ((runs.get(key) ?? 0) + 2) / milliseconds;
    };
    const covering = files.filter(({ hits }) => hits.has(id)).sort((a, b) => worth(b) - worth(a));
    for (const { name, waitMs, hits } of covering) {
      const variables = {
        [OBSERVED.active]: id,
        [OBSERVED.hitLimit]: String((hits.get(id) ?? 0) * HIT_FACTOR + 1_000),
      };
      const passed = await passes(directory, name, variables, waitMs * PATIENCE + PATIENCE_MS);
      add(runs, `${file} ${name}`);
      if (passed === true) continue;
      add(kills, `${file} ${name}`);
      return passed === undefined ? 'timeout' : 'killed';
    }
    return covering.length === 0 ? 'not covered' : 'survived';
  };
}
