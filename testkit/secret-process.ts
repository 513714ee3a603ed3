// Runs the process and the commands of the CLI, keeps all that they print, and searches it and their files for secrets.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import type { Canaries, Leak } from './canaries.js';
import { filesOf } from './files-of.js';
import { startPlugin } from './plugin-process.js';
import { CLI } from './programs.js';

/** What the process keeps on purpose, readable by its owner alone. */
const KEPT_FILES: ReadonlySet<string> = new Set(['settings-copy.json', 'admin-token']);

/** The process, and all it has printed. */
export function startPrinting(env: Readonly<Record<string, string>>, cwd: string) {
  const plugin = startPlugin({ LOG_LEVEL: 'trace', PORT: '0', DRAIN_TIMEOUT_MS: '500', ...env }, cwd);
  const printed: string[] = [];
  for (const stream of [plugin.child.stdout, plugin.child.stderr])
    stream?.on('data', (chunk: Buffer) => printed.push(chunk.toString()));
  // Its last words may come after its end.
  const closed = once(plugin.child, 'close');
  const ended = plugin.ended.then(async (how) => {
    await closed;
    return how;
  });
  return {
    ...plugin,
    ended,
    end(signal: NodeJS.Signals): Promise<string> {
      plugin.child.kill(signal);
      return ended;
    },
    printed: () => printed.join(''),
  };
}

/** Fails with what was found, and where. */
export function assertNone(leaks: readonly Leak[]): void {
  assert.deepEqual(leaks, []);
}

/** Does the same with each, some at a time. */
export async function together<T>(all: readonly T[], one: (each: T) => Promise<void>): Promise<void> {
  const waiting = all.values();
  const worker = async () => {
    for (const each of waiting) await one(each);
  };
  await Promise.all([worker(), worker(), worker()]);
}

/** Runs a command of the CLI; its output, whatever its exit code. */
export function runCli(args: readonly string[], env: Readonly<Record<string, string>>, cwd: string): Promise<string> {
  return new Promise((resolve) => {
    const options = { cwd, env: { PATH: process.env.PATH, ...env } };
    execFile(process.execPath, [CLI, ...args], options, (_, stdout, stderr) => resolve(stdout + stderr));
  });
}

/**
 * Searches everything the process has left on disk.
 *
 * @param evidence what must be found there, so that a search of nothing fails
 */
export async function searchFiles(directory: string, canaries: Canaries, evidence = ''): Promise<readonly Leak[]> {
  const leaks: Leak[] = [];
  let hasEvidence = false;
  for await (const { place, text } of filesOf(directory)) {
    hasEvidence ||= text.includes(evidence);
    if (!KEPT_FILES.has(basename(place))) leaks.push(...canaries.search(place, text));
  }
  assert.ok(hasEvidence, `no file holds ${evidence}`);
  return leaks;
}

/** What other users of the machine see of it (Linux only). */
export function titleOf(pid: number | undefined): string {
  return ['cmdline', 'comm'].map((file) => readFileSync(`/proc/${pid}/${file}`, 'utf8')).join('\n');
}

/** Its address, once it listens. */
export async function listen(plugin: ReturnType<typeof startPrinting>): Promise<string> {
  const port = await plugin.listening;
  assert.ok(port, plugin.printed());
  return `http://127.0.0.1:${port}`;
}
