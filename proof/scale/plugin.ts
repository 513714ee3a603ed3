// A real process with many workspaces or lanes, and what its work costs it and those who wait for it.

import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type PluginProcess, processorSeconds, readMetrics, startPlugin } from '../../testkit/plugin-process.js';

/** What a piece of work cost. */
export interface Cost {
  /** Of the process, from the beginning of the work until it had nothing to do. */
  readonly processorSeconds: number;
  /** The longest that a request for the health waited meanwhile, in milliseconds. */
  readonly longestWaitMs: number;
}

/** The process. */
export interface ScalePlugin {
  readonly url: string;
  /** Of the start that is the last one: milliseconds until `/healthz` answered, and until `/readyz` was 200. */
  readonly healthyAfterMs: number;
  readonly readyAfterMs: number;
  /** Where the settings are, one file for each document. */
  readonly settings: string;
  start(): Promise<void>;
  kill(): Promise<void>;
  /** Measures some work and what follows of it: for some time, and then until the process has nothing to do. */
  cost(work: () => Promise<void>, leastMs: number): Promise<Cost>;
  processorSeconds(): number;
  metric(name: string): Promise<number>;
  post(path: string, headers: Readonly<Record<string, string>>, body: unknown): Promise<number>;
}

const BEAT_MS = 20;
const LOOK_MS = 500;

/** A process that takes less than this part of a look has nothing to do. */
const IDLE = 0.1;
const PATIENCE_MS = 180_000;

async function until(isSo: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!(await isSo().catch(() => false))) {
    if (performance.now() > deadline) throw new Error('it takes too long');
    await sleep(5);
  }
}

async function statusOf(url: string): Promise<number> {
  const response = await fetch(url, { signal: AbortSignal.timeout(PATIENCE_MS) });
  await response.arrayBuffer();
  return response.status;
}

/** Asks for the health, one request after the other, until it is stopped. @returns the longest wait */
function watchHealth(url: string): () => Promise<number> {
  let isOver = false;
  let longest = 0;
  const watching = (async () => {
    while (!isOver) {
      const from = performance.now();
      await statusOf(`${url}/healthz`).catch(() => 0);
      longest = Math.max(longest, performance.now() - from);
      await sleep(BEAT_MS);
    }
  })();
  return async () => {
    isOver = true;
    await watching;
    return longest;
  };
}

/** Runs something with a process on these documents, or lists of documents. Each is a file of its own, named by its id. */
export async function withScalePlugin<T>(
  documents: readonly { readonly id: string }[],
  port: number,
  run: (plugin: ScalePlugin) => Promise<T>,
  environment: Readonly<Record<string, string>> = {},
): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), 'statsig-cdp-scale-'));
  const settings = join(directory, 'settings');
  mkdirSync(settings);
  for (const { id, ...document } of documents) {
    const content = 'workspaces' in document ? document : { id, ...document };
    writeFileSync(join(settings, `${id}.json`), JSON.stringify(content));
  }
  const url = `http://127.0.0.1:${port}`;
  const times = { healthyAfterMs: 0, readyAfterMs: 0 };
  let running: PluginProcess | undefined;
  const taken = () => processorSeconds(running?.child.pid ?? 0);

  const plugin: ScalePlugin = {
    url,
    settings,
    get healthyAfterMs() {
      return times.healthyAfterMs;
    },
    get readyAfterMs() {
      return times.readyAfterMs;
    },
    async start() {
      const from = performance.now();
      running = startPlugin(
        {
          PORT: String(port),
          STATSIG_CDP_SETTINGS: settings,
          OUTBOX_DIRECTORY: join(directory, 'data', 'outbox'),
          LOG_LEVEL: 'error',
          ...environment,
        },
        directory,
      );
      await until(async () => (await statusOf(`${url}/healthz`)) === 200);
      times.healthyAfterMs = performance.now() - from;
      await until(async () => (await statusOf(`${url}/readyz`)) === 200);
      times.readyAfterMs = performance.now() - from;
    },
    async kill() {
      await running?.end('SIGKILL');
    },
    async cost(work, leastMs) {
      const stop = watchHealth(url);
      const before = taken();
      const deadline = performance.now() + PATIENCE_MS;
      await work();
      await sleep(leastMs);
      for (let part = 1; part > IDLE && performance.now() < deadline; ) {
        const last = taken();
        await sleep(LOOK_MS);
        part = (taken() - last) / (LOOK_MS / 1000);
      }
      return { longestWaitMs: await stop(), processorSeconds: taken() - before };
    },
    processorSeconds: taken,
    metric: async (name) => (await readMetrics(url)).get(name) ?? 0,
    async post(path, headers, body) {
      const response = await fetch(url + path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
      await response.arrayBuffer();
      return response.status;
    },
  };
  try {
    await plugin.start();
    return await run(plugin);
  } finally {
    await plugin.kill();
    await rm(directory, { recursive: true, force: true, maxRetries: 20 });
  }
}
