// Runs rudder-server and posts events to its gateway.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startChild } from './child.js';
import { freePort } from './free-port.js';
import type { Requirements } from './requirements.js';
import type { Resources } from './resources.js';
import { serverEnvironment } from './rudder-server-env.js';
import type { SourceEvent } from './traffic.js';
import { bodyOf, until } from './wait.js';
import { WRITE_KEY } from './workspace-config.js';

/** A running rudder-server. */
export interface Gateway {
  /** Posts events in one request; they are stored when it resolves. */
  post(events: readonly SourceEvent[]): Promise<void>;
  /** Posts events a few at a time, in order, over `overMs` milliseconds. */
  stream(events: readonly SourceEvent[], overMs: number): Promise<void>;
  /** @throws Error when the server has ended by itself */
  assertAlive(): void;
  /** The last lines of its log that tell of trouble. */
  tail(lines: number): readonly string[];
  /** What its processor and router, which talk to the plugin, warned of. */
  complaints(): readonly string[];
}

/** How to run it. */
export interface GatewayOptions {
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

/** Starts rudder-server; resolves when its gateway takes events. */
export async function startGateway(
  { binary, postgres }: Requirements,
  { transformerUrl, workspace, env, database, directory }: GatewayOptions,
  resources: Resources,
): Promise<Gateway> {
  const gatewayPort = await freePort();
  const url = `http://127.0.0.1:${gatewayPort}`;
  const configFile = join(directory, 'workspaceConfig.json');
  writeFileSync(configFile, JSON.stringify(workspace));
  const place = { gatewayPort, transformerUrl, configFile, directory, postgres, database };
  const child = await startChild({
    name: 'rudder-server',
    command: binary,
    args: [],
    env: { ...serverEnvironment(place), ...env },
    cwd: directory,
    logFile: join(directory, 'rudder-server.log'),
  });
  resources.add(() => child.stop('SIGTERM'));

  const tail = (lines: number) => child.tail(lines, /\t(WARN|ERROR|FATAL)\t|^panic: /);
  const complaints = () => child.tail(20, /\t(WARN|ERROR|FATAL)\t(processor|router|transformer)|^panic: /);
  const assertAlive = () => {
    const end = child.end();
    if (end !== undefined) throw new Error(`rudder-server ended by itself with ${end}`);
  };
  await until('rudder-server opens its gateway', async () => {
    assertAlive();
    return (await bodyOf(`${url}/health`)).includes('"server":"UP"') ? undefined : 'not open';
  });

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

  return { post, stream, assertAlive, tail, complaints };
}
