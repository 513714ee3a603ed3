// Runs the load of the ingest benchmark in a child process.

import { spawn } from 'node:child_process';
import { once } from 'node:events';

const LOAD = new URL('./ingest-load.js', import.meta.url).pathname;

/** What load to make. */
export interface Load {
  /** Base URL of the server. */
  readonly url: string;
  readonly connections: number;
  readonly seconds: number;
  /** 1 for single calls, more for batches. */
  readonly eventsPerCall: number;
}

/** What the load saw. */
export interface LoadSeen {
  /** Only those that were answered 200. */
  readonly events: number;
  readonly eventsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Calls by status. */
  readonly statuses: Readonly<Record<string, number>>;
  /** How much of a core the load itself took: near 1 it is the load that could not go faster. */
  readonly cores: number;
}

/** Makes the load; resolves when it is over. @throws Error when the child fails */
export async function makeLoad(load: Load): Promise<LoadSeen> {
  const child = spawn(process.execPath, [LOAD, JSON.stringify(load)], { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`the load ended with code ${code}`);
  return JSON.parse(text);
}
