// Runs rudder-server and posts events to its gateway.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Child, startChild } from './child.js';
import type { Requirements } from './requirements.js';
import type { Resources } from './resources.js';
import { serverEnvironment } from './rudder-server-env.js';
import type { SourceEvent } from './traffic.js';
import { bodyOf, until } from './wait.js';
import { WRITE_KEY } from './workspace-config.js';

/** rudder-server, which may be stopped and started again at the same address. */
export interface Gateway {
  readonly url: string;
  /** Where the source of this write key takes webhooks. */
  webhookUrl(writeKey: string): string;
  /** Posts events in one request; they are stored when it resolves. */
  post(events: readonly SourceEvent[]): Promise<void>;
  /** Posts events a few at a time, in order, over `overMs` milliseconds. */
  stream(events: readonly SourceEvent[], overMs: number): Promise<void>;
  /** Sends SIGTERM and waits for the end. Resolves to how it ended. */
  stop(): Promise<string>;
  /** Starts it and waits until its gateway takes events. */
  start(): Promise<void>;
  /** @throws Error when the server has ended by itself */
  assertAlive(): void;
  /** The last lines of its log that tell of trouble. */
  tail(lines: number): readonly string[];
  /** What its processor and router, which talk to the plugin, warned of. */
  complaints(): readonly string[];
}

/** How to run it. */
export interface GatewayOptions {
  /** Free now. */
  readonly port: number;
  readonly transformerUrl: string;
  /** The workspace configuration. */
  readonly workspace: object;
  /** Environment over that which all runs have. */
  readonly env: Readonly<Record<string, string>>;
  readonly database: string;
  /** A scratch directory. */
  readonly directory: string;
}

const STREAM_SLICE = 10;
const STOP_GRACE_MS = 20_000;

/** Address of a gateway on a port of this machine. */
export function gatewayUrl(port: number): string {
  return `http://127.0.0.1:${port}`;
}

/** Starts rudder-server on a port of this machine; resolves when its gateway takes events. */
export async function startGateway(
  { binary, postgres }: Requirements,
  { port, transformerUrl, workspace, env, database, directory }: GatewayOptions,
  resources: Resources,
): Promise<Gateway> {
  const url = gatewayUrl(port);
  const configFile = join(directory, 'workspaceConfig.json');
  writeFileSync(configFile, JSON.stringify(workspace));
  const place = { gatewayPort: port, transformerUrl, configFile, directory, postgres, database };
  let child: Child | undefined;

  const linesOf = (lines: number, pattern: RegExp) => child?.tail(lines, pattern) ?? [];
  const tail = (lines: number) => linesOf(lines, /\t(WARN|ERROR|FATAL)\t|^panic: /);
  const complaints = () => linesOf(20, /\t(WARN|ERROR|FATAL)\t(processor|router|transformer)|^panic: /);
  const assertAlive = () => {
    const end = child?.end();
    if (end !== undefined) throw new Error(`rudder-server ended by itself with ${end}`);
  };

  async function start(): Promise<void> {
    const started = await startChild({
      name: 'rudder-server',
      command: binary,
      args: [],
      env: { ...serverEnvironment(place), ...env },
      cwd: directory,
      logFile: join(directory, 'rudder-server.log'),
    });
    child = started;
    resources.add(() => started.stop('SIGTERM'));
    await until('rudder-server opens its gateway', async () => {
      assertAlive();
      return (await bodyOf(`${url}/health`)).includes('"server":"UP"') ? undefined : 'not open';
    });
  }

  await start();
  async function post(events: readonly SourceEvent[]): Promise<void> {
    const response = await fetch(`${url}/v1/batch`, {
      method: 'POST',
      headers: {
        authorization: `Basic ${Buffer.from(`${WRITE_KEY}:`).toString('base64')}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify({ batch: events }),
    }).catch(async (error: unknown) => {
      // Its connections break a moment before its end is known.
      await sleep(500);
      assertAlive();
      throw error;
    });
    const text = await response.text();
    if (response.status !== 200) throw new Error(`the gateway answered ${response.status}: ${text}`);
  }

  async function stream(events: readonly SourceEvent[], overMs: number): Promise<void> {
    const pauseMs = (overMs * STREAM_SLICE) / events.length;
    for (let start = 0; start < events.length; start += STREAM_SLICE) {
      await post(events.slice(start, start + STREAM_SLICE));
      await sleep(pauseMs);
    }
  }

  return {
    url,
    webhookUrl: (writeKey) => `${url}/v1/webhook?writeKey=${writeKey}`,
    post,
    stream,
    stop: async () => (await child?.stop('SIGTERM', STOP_GRACE_MS)) ?? '',
    start,
    assertAlive,
    tail,
    complaints,
  };
}
