// The real process, on its own and with a transformer behind it, with stand-ins for everything it calls.

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type PluginProcess, startPlugin } from '../../testkit/plugin-process.js';
import { serveSegment, serveStatsig, serveUpstream } from './stand-ins.js';
import { ADMIN_TOKEN, writeDocuments } from './workspaces.js';

/** A process that serves. */
export interface RigServer {
  readonly plugin: Pick<PluginProcess, 'ended' | 'errors' | 'end'>;
  readonly port: number;
  /** Host and port. */
  readonly authority: string;
  /** Of the listener for senders outside; `port` where there is none. */
  readonly publicPort: number;
}

/** All that runs. */
export interface Rig {
  readonly alone: RigServer;
  readonly behind: RigServer;
  readonly statsigUrl: string;
  close(): Promise<void>;
}

const NO_INTERNET = new URL('./no-internet.js', import.meta.url).href;

/** Lines at the level of an error that tell of what a target did, not of a fault of ours. */
const EXPECTED_LINES = ['Given up, the events are dead letters now', 'Cannot send, the deliveries wait'];

/** Equal for lines of the same fault: the message and the first place in code that is ours. */
function kindOf(line: string): string {
  const [, message = line] = /"message":"([^"]*)"/.exec(line) ?? [];
  return `${message} ${/\/dist\/src\/[^)\\]*/.exec(line)?.[0] ?? ''}`;
}

/** Log lines that should not be there, each kind once. */
export function unexpectedLines({ plugin }: RigServer): readonly string[] {
  const lines = plugin.errors.filter((line) => !EXPECTED_LINES.some((expected) => line.includes(expected)));
  const kinds = new Map(lines.map((line) => [kindOf(line), line]));
  return [...kinds.values()];
}

/** What `start` gives; where it fails, what was started before is closed. */
export async function orClose<T>(close: () => Promise<void>, start: () => Promise<T>): Promise<T> {
  try {
    return await start();
  } catch (error) {
    await close();
    throw error;
  }
}

const READY_MS = 30_000;

/** Resolves when the process takes events: it reads its outbox first. One that does not become ready is tried as it is. */
async function whenReady(port: number): Promise<void> {
  const until = performance.now() + READY_MS;
  while (performance.now() < until) {
    const response = await fetch(`http://127.0.0.1:${port}/readyz`);
    await response.body?.cancel();
    if (response.ok) return;
    await sleep(20);
  }
}

/** Starts the process in a scratch directory, and waits until it is ready. @param environment beside what every process of the rig has */
export async function startRigServer(
  directory: string,
  settings: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<RigServer & { readonly plugin: PluginProcess }> {
  mkdirSync(directory, { recursive: true });
  const plugin = startPlugin(
    {
      PORT: '0',
      STATSIG_CDP_SETTINGS: settings,
      ADMIN_TOKEN,
      LOG_LEVEL: 'info',
      ...environment,
      NODE_OPTIONS: `--import=${NO_INTERNET} ${environment.NODE_OPTIONS ?? ''}`,
    },
    directory,
  );
  const port = await plugin.listening;
  if (port === undefined) throw new Error(`the process ended: ${await plugin.ended}: ${plugin.errors.join(' ')}`);
  await whenReady(port);
  return { plugin, port, authority: `127.0.0.1:${port}`, publicPort: (await plugin.publicListening) ?? port };
}

/** Small, so that small bodies reach the limits. */
const LIMITS = { MAX_BODY_BYTES: '100000' };

/** Starts all of it. */
export async function startRig(): Promise<Rig> {
  const directory = mkdtempSync(join(tmpdir(), 'fuzz-'));
  const settings = join(directory, 'settings');
  const places = await Promise.all([serveStatsig(), serveSegment(), serveUpstream()]);
  const [statsig, segment, upstream] = places;
  writeDocuments(settings, { statsig: statsig.url, segment: segment.url });
  const started: RigServer[] = [];
  async function close(): Promise<void> {
    await Promise.all(started.map(({ plugin }) => plugin.end('SIGKILL')));
    await Promise.all(places.map((place) => place.close()));
    rmSync(directory, { recursive: true, force: true });
  }
  async function start(name: string, environment: Readonly<Record<string, string>>): Promise<RigServer> {
    const server = await startRigServer(join(directory, name), settings, environment);
    started.push(server);
    return server;
  }
  return orClose(close, async () => ({
    alone: await start('alone', LIMITS),
    behind: await start('behind', { ...LIMITS, UPSTREAM_TRANSFORMER_URL: upstream.url }),
    statsigUrl: statsig.url,
    close,
  }));
}
