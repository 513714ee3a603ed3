// The running server, to which Statsig's webhook posts events for targets on loopback; its settings can be changed, and it can be killed where it is a process of its own.

import assert from 'node:assert/strict';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { LaneReport } from '../src/dispatch/dispatcher-options.js';
import type { LaneStatus } from '../src/outbox/outbox.js';
import { startHere, type startProcess, type TestProcess, type TestServer } from './server.js';
import { temporaryDirectory } from './settings.js';
import { signWebhook, webhookEvent } from './statsig-webhook.js';

const SECRET = 'webhook-example';
const ADMIN_TOKEN = 'open-sesame';
const PATIENCE_MS = 30_000;

/** A target as settings have it. */
export interface TargetSettings {
  readonly name: string;
  readonly writeKey: string;
  readonly host: string;
}

/** The settings of the one workspace, `shop`. */
export interface OutboundParts {
  readonly targets: readonly TargetSettings[];
  readonly exposureWindowMs?: number;
}

/** What the sender is told. */
export interface PushAnswer {
  readonly accepted: number;
  readonly duplicates: number;
  readonly filtered: number;
}

/** A dead letter as the API lists it. */
export interface ListedLetter {
  readonly target: string;
  readonly messageId: string;
  readonly reason: string;
  readonly answer: string;
  readonly payload: { readonly event: string };
}

/** How the lanes stand, from /readyz. */
export interface LanesReport {
  readonly lanes: readonly LaneReport[];
  readonly outbox: { readonly lanes: readonly LaneStatus[] };
}

/** A target for these tests. */
export function targetAt(name: string, { url }: { readonly url: string }, writeKey = `key-of-${name}`): TargetSettings {
  return { name, writeKey, host: url };
}

function isProcess(server: TestServer | TestProcess): server is TestProcess {
  return 'child' in server;
}

/** Starts it; it ends with the test. @param startServer what starts it: a process of its own is for those who kill it */
export async function startOutboundPlugin(
  context: TestContext,
  parts: OutboundParts,
  environment: Readonly<Record<string, string>> = {},
  startServer: typeof startHere | typeof startProcess = startHere,
) {
  const directory = temporaryDirectory(context);
  const settings = join(directory, 'settings.json');
  let plugin: TestServer | TestProcess | undefined;

  function write(outbound: OutboundParts): void {
    const document = { id: 'shop', outbound: { signingSecrets: [SECRET], ...outbound } };
    writeFileSync(`${settings}.new`, JSON.stringify(document));
    renameSync(`${settings}.new`, settings);
  }

  async function start(): Promise<void> {
    plugin = await startServer({
      STATSIG_CDP_SETTINGS: settings,
      OUTBOX_DIRECTORY: join(directory, 'data', 'outbox'),
      ADMIN_TOKEN,
      ...environment,
    });
  }

  const running = () => plugin ?? assert.fail('it is not running');
  const get = async (path: string): Promise<string> => {
    const headers = { authorization: `Bearer ${ADMIN_TOKEN}` };
    return (await fetch(running().url + path, { headers, signal: AbortSignal.timeout(PATIENCE_MS) })).text();
  };

  async function push(events: readonly object[]): Promise<PushAnswer> {
    const body = JSON.stringify(events);
    const headers = signWebhook(body, SECRET);
    const response = await fetch(`${running().url}/statsig/shop`, { method: 'POST', headers, body });
    const answer = await response.text();
    assert.equal(response.status, 200, answer);
    const { accepted, duplicates, filtered, rejected } = JSON.parse(answer);
    assert.deepEqual(rejected, []);
    return { accepted, duplicates, filtered };
  }

  write(parts);
  await start();
  context.after(() => plugin?.stop());

  return {
    write,
    push,
    /** Custom events of these names, each its own id. */
    pushNamed: (names: readonly string[]) =>
      push(names.map((name) => webhookEvent({ eventName: name, timeUUID: `uuid-of-${name}` }))),
    /** Lines of the log so far. */
    lines: () => running().lines,
    async lanes(): Promise<LanesReport> {
      return JSON.parse(await get('/readyz')).checks.delivery;
    },
    async deadLetters(): Promise<readonly ListedLetter[]> {
      const lines = (await get('/api/dead-letters')).split('\n').filter((line) => line !== '');
      return lines.map((line) => JSON.parse(line));
    },
    /** SIGKILL, and another start on the same settings and the same outbox. */
    async killAndRestart(): Promise<void> {
      const killed = running();
      assert.ok(isProcess(killed), 'it is a process of its own');
      killed.child.kill('SIGKILL');
      assert.equal(await killed.exitCode, null, 'killed');
      await start();
    },
  };
}
