// Measures the start: from spawning the process to its first answer on /health, and its memory when idle.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const MAIN = new URL('../src/server/main.js', import.meta.url).pathname;
const ROUNDS = 7;
const IDLE_MS = 1000;
const GOAL_MS = 300;
const GOAL_MIB = 90;

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  return address.port;
}

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

async function measureOnce(): Promise<{ ms: number; mib: number }> {
  const port = await freePort();
  const start = performance.now();
  const child = spawn(process.execPath, [MAIN], {
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

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

const rounds = [];
for (let i = 0; i < ROUNDS; i++) rounds.push(await measureOnce());
const ms = median(rounds.map((round) => round.ms));
const mib = median(rounds.map((round) => round.mib));
console.log(`boot to first /health: median ${ms.toFixed(0)} ms of ${ROUNDS} starts (goal < ${GOAL_MS} ms)`);
console.log(`idle RSS:              median ${mib.toFixed(0)} MiB (goal < ${GOAL_MIB} MiB)`);
