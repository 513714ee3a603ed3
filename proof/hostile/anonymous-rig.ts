// A process with workspaces that hold keys, with events that wait and dead letters, and the other senders that an attacker must not disturb.

import { createHmac } from 'node:crypto';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { type PluginProcess, processorSeconds, startPlugin } from '../../testkit/plugin-process.js';
import { signWebhook, webhookEvent } from '../../testkit/statsig-webhook.js';

/** Found nowhere by chance. */
const SHOP = 'kaimana-shop';
const BANK = 'kaimana-bank';
/** As long as the ids of those that exist. */
export const NOWHERE = 'kaimana-none';

/** Write keys stand in apps and pages: anybody can have it. */
export const PUBLIC_KEY = 'write-public-kaimana';

const SECRETS = {
  secretKey: 'secret-kaimana-statsig',
  consoleKey: 'console-kaimana-key',
  header: 'header-kaimana-proof',
  shared: 'shared-kaimana-proof',
  webhook: 'webhook-kaimana-proof',
  target: 'target-kaimana-write',
  admin: 'admin-kaimana-token',
};

/** What no answer may hold, unless the request did. */
export const PRIVATE_WORDS: readonly string[] = [SHOP, BANK, ...Object.values(SECRETS), 'shop.yaml', 'bank.yaml'];

const HEAP_MB = 512;
const VICTIMS = 40;

/** What an attacker has seen on its way once. */
export interface Captured {
  readonly path: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** The process and what is around it. */
export interface AnonymousRig {
  readonly publicPort: number;
  readonly workspaces: readonly string[];
  readonly captured: readonly Captured[];
  /** Where nothing may ever arrive. */
  readonly canaryUrl: string;
  readonly canaryCalls: () => number;
  /** Bodies of all calls to Statsig and to targets, with their lines. */
  readonly sent: readonly string[];
  /** How it ended, if it has. */
  readonly ended: () => string | undefined;
  /** Processor time that it has taken, in milliseconds. */
  readonly processorMs: () => number;
  /** Waiting events and dead letters of the workspaces attacked, as the private port says. */
  counts(): Promise<{ readonly waiting: number; readonly dead: number }>;
  /** One request of another sender, through either port. */
  other(turn: number): Promise<void>;
  /** Starts it again with everything well, and waits for what waited. @returns names of what is lost */
  settle(): Promise<readonly string[]>;
  close(): Promise<void>;
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)));
}

function documentOf(id: string, url: string): object {
  return {
    id,
    eventsUrl: url,
    apiUrl: url,
    consoleUrl: url,
    secretKey: SECRETS.secretKey,
    ...(id === SHOP && {
      consoleKey: SECRETS.consoleKey,
      trackingApi: { writeKeys: [PUBLIC_KEY] },
    }),
    segment: { sharedSecrets: [SECRETS.shared], ...(id === SHOP && { headerSecrets: [SECRETS.header] }) },
    outbound: {
      signingSecrets: [SECRETS.webhook],
      targets: [{ name: 'cdp', writeKey: SECRETS.target, host: url }],
    },
  };
}

const sha1 = (text: string) => createHmac('sha1', SECRETS.shared).update(text).digest('hex');
const track = (event: string) => ({ type: 'track', event, userId: 'user-42', messageId: event });

async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listen(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Starts it, with events that wait in each lane and some dead letters. */
export async function startAnonymousRig(): Promise<AnonymousRig> {
  const directory = mkdtempSync(join(tmpdir(), 'statsig-cdp-anonymous-'));
  const settings = join(directory, 'settings');
  mkdirSync(settings);
  const sent: string[] = [];
  let isDown = false;
  let canaryCalls = 0;
  const world = createServer(async (request, response) => {
    const bytes = await buffer(request).catch(() => Buffer.alloc(0));
    const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes).toString() : bytes.toString();
    sent.push(`${request.method} ${request.url} ${body}`);
    if (isDown) return void response.writeHead(503).end();
    response.writeHead(body.includes('poison') ? 400 : 200, { 'content-type': 'application/json' });
    response.end('{"success":true}');
  });
  const canary = createServer((_request, response) => {
    canaryCalls += 1;
    response.end();
  });
  const url = `http://127.0.0.1:${await listen(world)}`;
  const canaryUrl = `http://127.0.0.1:${await listen(canary)}`;
  for (const [name, id] of [
    ['shop', SHOP],
    ['bank', BANK],
  ] as const)
    writeFileSync(join(settings, `${name}.yaml`), JSON.stringify(documentOf(id, url)));

  const [port, publicPort] = [await freePort(), await freePort()];
  const environment = {
    PORT: String(port),
    PUBLIC_PORT: String(publicPort),
    STATSIG_CDP_SETTINGS: settings,
    OUTBOX_DIRECTORY: join(directory, 'data', 'outbox'),
    ADMIN_TOKEN: SECRETS.admin,
  };
  const nodeOptions = [`--max-old-space-size=${HEAP_MB}`];
  let ended: string | undefined;
  async function start(): Promise<PluginProcess> {
    const started = startPlugin(environment, directory, { nodeOptions });
    void started.ended.then((how) => {
      ended = `${how}: ${started.errors.slice(-2).join(' ').slice(0, 300)}`;
    });
    if ((await started.listening) === undefined) throw new Error(`it does not start: ${started.errors.join('\n')}`);
    return started;
  }
  let running = await start();
  const privateUrl = `http://127.0.0.1:${port}`;
  const publicUrl = `http://127.0.0.1:${publicPort}`;

  async function post(base: string, path: string, body: string, headers: Readonly<Record<string, string>> = {}) {
    const response = await fetch(base + path, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json', ...headers },
    });
    const answer = await response.text();
    if (response.status !== 200) throw new Error(`${path} was answered ${response.status}: ${answer.slice(0, 200)}`);
  }
  const signed = (id: string, body: string, first: string): Captured => ({
    path: `/segment/${id}`,
    body,
    headers: { 'X-Signature': sha1(first) },
  });
  /** Lanes to which the write key of a page adds nothing. */
  async function counts() {
    const scraped = await (await fetch(`${privateUrl}/metrics`)).text();
    const isPublic = (line: string) => line.includes(`workspace="${SHOP}"`) && line.includes('target="statsig"');
    const sum = (name: string) =>
      scraped
        .split('\n')
        .filter((line) => line.startsWith(`${name}{`) && !isPublic(line))
        .reduce((total, line) => total + Number(line.slice(line.lastIndexOf(' '))), 0);
    return { waiting: sum('statsig_cdp_outbox_events'), dead: sum('statsig_cdp_dead_letters') };
  }
  async function until(holds: () => Promise<boolean> | boolean, what: string, ms = 60_000): Promise<void> {
    const end = performance.now() + ms;
    while (!(await holds())) {
      if (performance.now() > end) throw new Error(`never happened: ${what}`);
      await sleep(50);
    }
  }

  const proof = { 'X-Statsig-Cdp-Secret': SECRETS.header };
  const poison = JSON.stringify([track('poison-1')]);
  await post(publicUrl, `/segment/${BANK}`, poison, { 'X-Signature': sha1(poison) });
  await until(async () => (await counts()).dead > 0, 'a dead letter');
  isDown = true;
  const names: string[] = [];
  const captured: Captured[] = [];
  for (let index = 0; index < VICTIMS; index += 1) {
    const inbound = track(`victim-${index}-in`);
    const body = JSON.stringify([inbound]);
    const call = signed(BANK, body, JSON.stringify(inbound));
    await post(publicUrl, call.path, body, call.headers);
    captured.push(call);
    const change = {
      type: 'identify',
      userId: `victim-${index}-member`,
      messageId: `victim-${index}-list`,
      traits: { vip: true },
      context: { personas: { computation_class: 'audience', computation_key: 'vip' } },
    };
    const single = JSON.stringify([track(`victim-${index}-shop`), change]);
    await post(publicUrl, `/segment/${SHOP}`, single, { ...proof, 'X-Signature': sha1(single) });
    const name = `victim-${index}-out`;
    const webhook = JSON.stringify([webhookEvent({ eventName: name, timeUUID: name })]);
    const headers = signWebhook(webhook, SECRETS.webhook);
    await post(publicUrl, `/statsig/${BANK}`, webhook, headers);
    captured.push({ path: `/statsig/${BANK}`, body: webhook, headers });
    names.push(`victim-${index}-in`, `victim-${index}-shop`, `victim-${index}-member`, name);
  }

  if ((await counts()).waiting < 3 * VICTIMS) throw new Error('nothing waits that could be lost');
  return {
    publicPort,
    workspaces: [SHOP, BANK],
    captured,
    canaryUrl,
    canaryCalls: () => canaryCalls,
    sent,
    ended: () => ended,
    processorMs: () => 1000 * processorSeconds(running.child.pid ?? 0),
    counts,
    async other(turn) {
      if (turn % 2 === 0)
        return post(publicUrl, '/v1/track', JSON.stringify({ ...track(`other-${turn}`), writeKey: PUBLIC_KEY }));
      const response = await fetch(`${privateUrl}/healthz`);
      await response.arrayBuffer();
    },
    async settle() {
      await running.end('SIGTERM');
      isDown = false;
      ended = undefined;
      running = await start();
      const isThere = (name: string) => sent.some((line) => line.includes(`"${name}"`));
      const before = sent.length;
      const arrived = () => {
        const since = sent.slice(before).join('\n');
        return names.filter((name) => !since.includes(name));
      };
      await until(() => arrived().length === 0, 'all has come').catch(() => {});
      return arrived().filter((name) => !isThere(name) || arrived().includes(name));
    },
    async close() {
      await running.end('SIGKILL');
      for (const server of [world, canary]) {
        server.closeAllConnections();
        server.close();
      }
      await rm(directory, { recursive: true, force: true, maxRetries: 20 });
    },
  };
}
