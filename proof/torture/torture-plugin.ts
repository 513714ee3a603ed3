// The process that is tortured: starts it on its settings and its outbox, and asks it what it has left.

import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { STATSIG_TARGET } from '../../src/outbox/lane-id.js';
import { freePort } from '../../testkit/free-port.js';
import { type PluginProcess, type PluginProgram, readMetrics, startPlugin } from '../../testkit/plugin-process.js';
import { deliveryId } from './torture-outbound-events.js';
import type { Evidence } from './torture-verdict.js';
import { type Places, type TortureWorkspace, writeWorkspaces } from './torture-workspaces.js';

type DeadLetters = Evidence['deadLetters'];

/** All processes of a run, one after the other, at one address. */
export interface TorturePlugin {
  readonly url: string;
  readonly processes: readonly PluginProcess[];
  start(): PluginProcess;
  countWaiting(): Promise<number>;
  /** Waits until nothing waits. @returns how many are left when the time is up */
  drain(drainMs: number): Promise<number>;
  /** Those of events that went into Statsig, and of those that came out of it. */
  readDeadLetters(): Promise<{ readonly inbound: DeadLetters; readonly outbound: DeadLetters }>;
}

/** A dead letter, as far as it is looked at. */
interface Letter {
  readonly target: string;
  readonly messageId: string;
  readonly reason: string;
  readonly payload: { readonly properties?: { readonly metadata: { readonly id: string } } };
}

const ADMIN_TOKEN = 'torture';

function idOf({ target, messageId, payload }: Letter): string {
  const id = payload.properties?.metadata.id;
  return id === undefined ? messageId : deliveryId(id, target);
}

/** How its processes are started otherwise. */
export interface PluginStart extends Pick<PluginProgram, 'via'> {
  /** Variables beside those of every run. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** @param directory for the settings and the outbox */
export async function preparePlugin(
  directory: string,
  workspaces: readonly TortureWorkspace[],
  places: Places,
  { environment: more = {}, ...program }: PluginStart = {},
): Promise<TorturePlugin> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const processes: PluginProcess[] = [];

  async function countWaiting(): Promise<number> {
    return (await readMetrics(url)).get('statsig_cdp_outbox_events') ?? 0;
  }

  return {
    url,
    processes,
    start() {
      writeWorkspaces(directory, workspaces, places, processes.length);
      const environment = {
        PORT: String(port),
        STATSIG_CDP_SETTINGS: directory,
        OUTBOX_DIRECTORY: join(directory, 'data', 'outbox'),
        ADMIN_TOKEN,
        ...more,
      };
      const started = startPlugin(environment, directory, program);
      processes.push(started);
      return started;
    },
    countWaiting,
    async drain(drainMs) {
      const deadline = performance.now() + drainMs;
      for (;;) {
        const waiting = await countWaiting();
        if (waiting === 0 || performance.now() > deadline) return waiting;
        await sleep(50);
      }
    },
    async readDeadLetters() {
      const headers = { authorization: `Bearer ${ADMIN_TOKEN}` };
      const response = await fetch(`${url}/api/dead-letters`, { headers, signal: AbortSignal.timeout(30_000) });
      const lines = (await response.text()).split('\n').filter((line) => line !== '');
      const letters = lines.map((line): Letter => JSON.parse(line));
      const of = (isInbound: boolean): DeadLetters =>
        letters
          .filter(({ target }) => (target === STATSIG_TARGET) === isInbound)
          .map((letter) => ({ id: idOf(letter), reason: letter.reason }));
      return { inbound: of(true), outbound: of(false) };
    },
  };
}
