// Runs the plugin as the process that operators run, to be killed and started again.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { onePort } from './one-port.js';
import { MAIN } from './programs.js';

/** pino's numbers. */
const WARNING = 40;
const ERROR = 50;

/** A running process. */
export interface PluginProcess {
  readonly child: ChildProcess;
  /** Its port, once it listens; `undefined` when it ended before. */
  readonly listening: Promise<number | undefined>;
  /** The port for senders outside, once it listens; `undefined` where there is none. */
  readonly publicListening: Promise<number | undefined>;
  /** How it ended: `SIGKILL`, `code 0`. */
  readonly ended: Promise<string>;
  /** Its log lines of level error and above so far. */
  readonly errors: readonly string[];
  /** Its log lines of level warning so far. */
  readonly warnings: readonly string[];
  /** Sends the signal and waits for the end. */
  end(signal: NodeJS.Signals): Promise<string>;
}

/** What a line of the log says, as far as it is read here. */
interface LogLine {
  readonly level: number;
  readonly port?: number;
  readonly publicPort?: number;
}

function readLine(line: string): LogLine {
  try {
    const entry: unknown = JSON.parse(line);
    if (typeof entry !== 'object' || entry === null) return { level: ERROR };
    const level = 'level' in entry && typeof entry.level === 'number' ? entry.level : ERROR;
    if (!('port' in entry)) return { level };
    return {
      level,
      port: Number(entry.port),
      ...('publicPort' in entry && { publicPort: Number(entry.publicPort) }),
    };
  } catch {
    return { level: ERROR };
  }
}

/** How to start it otherwise. */
export interface PluginProgram {
  /** Another program, which tells its port in the same way. */
  readonly program?: string;
  /** A command that runs the command after it. */
  readonly via?: readonly string[];
  /** Options of Node. */
  readonly nodeOptions?: readonly string[];
}

/**
 * Starts the process. Only the variables given here reach it, so that no setting of the caller's shell does.
 *
 * @param cwd a scratch directory, so that no ./settings or ./data is found by chance
 */
export function startPlugin(
  env: Readonly<Record<string, string>>,
  cwd: string,
  { program = MAIN, via = [], nodeOptions = [] }: PluginProgram = {},
): PluginProcess {
  const [command = process.execPath, ...args] = [...via, process.execPath, ...nodeOptions, program];
  const child = spawn(command, args, {
    cwd,
    env: { PATH: process.env.PATH, HOST: '127.0.0.1', ...onePort(env) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const errors: string[] = [];
  const warnings: string[] = [];
  const ended = once(child, 'exit').then(([code, signal]) => (signal === null ? `code ${code}` : String(signal)));
  const said = new Promise<LogLine | undefined>((resolve) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const read = readLine(line);
      if (read.level >= ERROR) errors.push(line);
      else if (read.level >= WARNING) warnings.push(line);
      if (read.port !== undefined) resolve(read);
    });
    ended.then(() => resolve(undefined));
  });
  createInterface({ input: child.stderr }).on('line', (line) => errors.push(line));
  return {
    child,
    listening: said.then((line) => line?.port),
    publicListening: said.then((line) => line?.publicPort),
    ended,
    errors,
    warnings,
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

/** Clock ticks of Linux, in which it counts the processor time of processes. */
const TICKS_PER_SECOND = 100;

/** Processor time that a process has taken so far, in seconds (Linux only). */
export function processorSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name in parentheses may hold spaces; user and system time are the 12th and 13th field behind it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** Samples of the process's metrics: the sum over all label values, by the metric's name. */
export async function readMetrics(url: string): Promise<ReadonlyMap<string, number>> {
  const response = await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(5_000) });
  const sums = new Map<string, number>();
  for (const [, name = '', value] of (await response.text()).matchAll(/^(\w+)(?:\{.*\})? (\S+)$/gm))
    sums.set(name, (sums.get(name) ?? 0) + Number(value));
  return sums;
}
