// Measures the start, in turn with an Express app of one route in the same run: from spawning the process to its first answer on /health, and its memory when
// idle; and what the command line takes to say its version and its help.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../testkit/free-port.js';
import { CLI, MAIN } from '../testkit/programs.js';

const fileOf = (path: string) => new URL(path, import.meta.url).pathname;
const EXPRESS = fileOf('boot/express-app.js');
const ROUNDS = 9;
const IDLE_MS = 1000;
const GOAL_RATIO = 2;
const GOAL_MIB = 90;
const GOAL_CLI_SECONDS = 0.25;

async function untilHealthy(port: number): Promise<void> {
  for (;;) {
    const healthy = await fetch(`http://127.0.0.1:${port}/health`).then(
      (response) => response.ok,
      () => false,
    );
    if (healthy) return;
    await sleep(2);
  }
}

function residentMiB(pid: number): number {
  const kib = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kib) / 1024;
}

interface Start {
  readonly ms: number;
  readonly mib: number;
}

async function measureStart(file: string): Promise<Start> {
  const port = await freePort();
  const start = performance.now();
  const child = spawn(process.execPath, [file], {
    env: { PORT: String(port), HOST: '127.0.0.1', LOG_LEVEL: 'silent' },
    stdio: 'ignore',
  });
  await untilHealthy(port);
  const ms = performance.now() - start;
  await sleep(IDLE_MS);
  const mib = residentMiB(child.pid ?? 0);
  child.kill('SIGTERM');
  await once(child, 'exit');
  return { ms, mib };
}

/** Tells the processor time of all threads at the end. */
const TELL = `data:text/javascript,${encodeURIComponent(`
import { writeSync } from 'node:fs';
process.on('exit', () => {
  const { user, system } = process.cpuUsage();
  writeSync(3, String((user + system) / 1e6));
});`)}`;

/** Seconds of processor time of a command. */
async function processorSeconds(...args: string[]): Promise<number> {
  const child = spawn(process.execPath, ['--import', TELL, CLI, ...args], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  let text = '';
  child.stdio[3]?.on('data', (part: Buffer) => {
    text += part.toString();
  });
  await once(child, 'close');
  return Number(text);
}

const median = (values: readonly number[]) =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
const range = (values: readonly number[], digits: number) =>
  `${median(values).toFixed(digits)} (${Math.min(...values).toFixed(digits)}–${Math.max(...values).toFixed(digits)})`;

const ours: Start[] = [];
const express: Start[] = [];
const version: number[] = [];
const help: number[] = [];
for (let round = 0; round < ROUNDS; round++) {
  ours.push(await measureStart(MAIN));
  express.push(await measureStart(EXPRESS));
  version.push(await processorSeconds('--version'));
  help.push(await processorSeconds('--help'));
}
const ratios = ours.map(({ ms }, round) => ms / (express[round]?.ms ?? Number.NaN));
const print = (what: string, value: string, goal: string) =>
  console.log(`${what.padEnd(28)}${value.padEnd(26)}goal ${goal}`);
console.log(`median (lowest–highest) of ${ROUNDS} starts, in turn`);
print(
  'to the first /health, ms',
  range(
    ours.map(({ ms }) => ms),
    0,
  ),
  '-',
);
print(
  'the same of an Express app',
  range(
    express.map(({ ms }) => ms),
    0,
  ),
  '-',
);
print('ratio', range(ratios, 2), `< ${GOAL_RATIO}`);
print(
  'memory when idle, MiB',
  range(
    ours.map(({ mib }) => mib),
    0,
  ),
  `< ${GOAL_MIB}`,
);
print('--version, s of processor', range(version, 2), `< ${GOAL_CLI_SECONDS}`);
print('--help, s of processor', range(help, 2), `< ${GOAL_CLI_SECONDS}`);
