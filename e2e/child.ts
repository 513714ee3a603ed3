// Runs another program as a child process, with its output in a file.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';

const GRACE_MS = 5_000;

/** A program that was started. */
export interface Child {
  readonly name: string;
  /** How it ended: `code 1`, `SIGKILL`; `undefined` while it runs. */
  end(): string | undefined;
  /** Sends the signal and waits for the end; SIGKILL follows after `graceMs`. Does nothing once it has ended. */
  stop(signal: NodeJS.Signals, graceMs?: number): Promise<string>;
  /** The last lines it wrote, of those that match. */
  tail(lines: number, pattern?: RegExp): readonly string[];
}

/** What to start. Only the variables given here reach the program, so that no setting of the caller's shell does. */
export interface Program {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly logFile: string;
}

function endOf(child: ChildProcess): string | undefined {
  if (child.signalCode !== null) return child.signalCode;
  return child.exitCode === null ? undefined : `code ${child.exitCode}`;
}

/** Starts a program. */
export async function startChild({ name, command, args, env, cwd, logFile }: Program): Promise<Child> {
  const log = openSync(logFile, 'a');
  const child = spawn(command, args, {
    cwd,
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  const exited = once(child, 'exit').catch(() => {});
  await once(child, 'spawn');
  return {
    name,
    end: () => endOf(child),
    async stop(signal, graceMs = GRACE_MS) {
      if (endOf(child) === undefined) {
        child.kill(signal);
        const late = setTimeout(() => child.kill('SIGKILL'), graceMs);
        await exited;
        clearTimeout(late);
      }
      return endOf(child) ?? '';
    },
    tail: (lines, pattern = /./) =>
      readFileSync(logFile, 'utf8')
        .split('\n')
        .filter((line) => pattern.test(line))
        .slice(-lines),
  };
}
