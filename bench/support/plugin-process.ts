// Runs the plugin as the process that operators run, to be killed and started again.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

const MAIN = new URL('../../src/main.js', import.meta.url).pathname;

/** pino's number for `error`. */
const ERROR = 50;

/** A running process. */
export interface PluginProcess {
  readonly child: ChildProcess;
  /** True once it listens; false when it ended before. */
  readonly listening: Promise<boolean>;
  /** How it ended: `SIGKILL`, `code 0`. */
  readonly ended: Promise<string>;
  /** Its log lines of level error and above so far. */
  readonly errors: readonly string[];
  /** Sends the signal and waits for the end. */
  end(signal: NodeJS.Signals): Promise<string>;
}

/** What a line of the log says, as far as it is read here. */
function readLine(line: string): { readonly level: number; readonly port: unknown } {
  try {
    const entry: unknown = JSON.parse(line);
    if (typeof entry !== 'object' || entry === null) return { level: ERROR, port: undefined };
    const level = 'level' in entry && typeof entry.level === 'number' ? entry.level : ERROR;
    return { level, port: 'port' in entry ? entry.port : undefined };
  } catch {
    return { level: ERROR, port: undefined };
  }
}

/**
 * Starts the process. Only the variables given here reach it, so that no setting of the caller's shell does.
 *
 * @param cwd a scratch directory, so that no ./settings or ./data is found by chance
 */
export function startPlugin(env: Readonly<Record<string, string>>, cwd: string): PluginProcess {
  const child = spawn(process.execPath, [MAIN], {
    cwd,
    env: { PATH: process.env.PATH, HOST: '127.0.0.1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const errors: string[] = [];
  const ended = once(child, 'exit').then(([code, signal]) => (signal === null ? `code ${code}` : String(signal)));
  const listening = new Promise<boolean>((resolve) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const { level, port } = readLine(line);
      if (level >= ERROR) errors.push(line);
      if (port !== undefined) resolve(true);
    });
    ended.then(() => resolve(false));
  });
  createInterface({ input: child.stderr }).on('line', (line) => errors.push(line));
  return {
    child,
    listening,
    ended,
    errors,
    end(signal) {
      child.kill(signal);
      return ended;
    },
  };
}

/** Resident memory of a process in MiB (Linux only). */
export function residentMiB(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
}

/** Samples of the process's metrics: the sum over all label values, by the metric's name. */
export async function readMetrics(url: string): Promise<ReadonlyMap<string, number>> {
  const response = await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(5_000) });
  const sums = new Map<string, number>();
  for (const [, name = '', value] of (await response.text()).matchAll(/^(\w+)(?:\{.*\})? (\S+)$/gm))
    sums.set(name, (sums.get(name) ?? 0) + Number(value));
  return sums;
}
