// The running process, while its settings lose a key, a target or everything: what was accepted for delivery waits, and is never shown as a dry run instead.

import assert from 'node:assert/strict';
import { renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { startHere, type TestServer } from '../../testkit/server.js';
import { temporaryDirectory } from '../../testkit/settings.js';
import { signWebhook, webhookEvent } from '../../testkit/statsig-webhook.js';
import { until } from '../../testkit/until.js';

const OPTIONS = { timeout: 120_000 };
const HEADERS = { 'X-Statsig-Cdp-Secret': 'header-example' };

/** Statsig, its console and a CDP in one: takes all, or nothing. */
async function serveEverything(context: TestContext) {
  const taken: string[] = [];
  const state = { isDown: true, asked: 0 };
  const server = createServer(async (request, response) => {
    const bytes = await buffer(request);
    const body = (request.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes).toString();
    state.asked += 1;
    if (state.isDown) {
      response.writeHead(503, { 'retry-after': '1' }).end();
      return;
    }
    taken.push(`${request.method} ${request.url} ${body}`);
    const list = '{"data":{"id":"vip","type":"id_list","idType":"userID","count":0}}';
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(request.method === 'GET' ? list : '{"success":true}');
  });
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, taken, state, has: (word: string) => taken.some((line) => line.includes(word)) };
}

type Everything = Awaited<ReturnType<typeof serveEverything>>;

const PARTS = {
  key: 'secretKey: secret-example',
  console: 'consoleKey: console-example',
  target:
    'outbound:\n  signingSecrets: [webhook-example]\n  targets:\n    - { name: cdp, writeKey: write-example, host: HOST }',
};

/** The text of a document; what it does not hold comes last in the file. */
function settingsText({ url }: Everything, ...parts: readonly string[]): string {
  const head = [
    'id: shop',
    `eventsUrl: ${url}`,
    `apiUrl: ${url}`,
    `consoleUrl: ${url}`,
    'audiences: { windowMs: 0 }',
    'segment: { headerSecrets: [header-example] }',
  ];
  return `${[...head, ...parts].join('\n').replaceAll('HOST', url)}\n`;
}

interface Readiness {
  readonly checks: {
    readonly settings: { readonly missing?: readonly string[]; readonly lastError?: string };
    readonly delivery: { readonly lanes?: readonly { readonly target: string; readonly problem?: string }[] };
  };
}

/** The process on a file of settings. */
async function startShop(context: TestContext, everything: Everything, first: string) {
  let running: TestServer | undefined;
  // Before the directory goes away: what still runs writes to it.
  const end = async () => {
    await running?.stop();
  };
  context.after(end);
  const directory = temporaryDirectory(context);
  const file = join(directory, 'shop.yaml');
  const environment = {
    STATSIG_CDP_SETTINGS: file,
    OUTBOX_DIRECTORY: join(directory, 'data', 'outbox'),
    LOG_LEVEL: 'debug',
    ADMIN_TOKEN: 'open-sesame',
  };
  writeFileSync(file, first);
  running = await startHere(environment);
  const lines: string[] = [];

  async function readyz(): Promise<Readiness> {
    return (await (await fetch(`${running?.url}/readyz`)).json()) as Readiness;
  }
  async function problemOf(target: string): Promise<string> {
    const { checks } = await readyz();
    const lane = checks.delivery.lanes?.find((each: { target: string }) => each.target === target);
    return lane?.problem ?? '';
  }
  return {
    everything,
    readyz,
    problemOf,
    lines: () => [...lines, ...(running?.lines ?? [])],
    /** In place of the file, in one step. */
    replace(content: string) {
      writeFileSync(`${file}.next`, content);
      renameSync(`${file}.next`, file);
    },
    /** As an editor that is stopped in the middle. */
    overwrite: (content: string) => writeFileSync(file, content),
    async restart() {
      await running?.stop();
      lines.push(...(running?.lines ?? []));
      running = await startHere(environment);
    },
    async push(event: object): Promise<{ status: number; message: string }> {
      const response = await fetch(`${running?.url}/segment/shop`, {
        method: 'POST',
        headers: HEADERS,
        body: JSON.stringify(event),
      });
      const { message = '' } = (await response.json()) as { readonly message?: string };
      return { status: response.status, message };
    },
    async pushOut(name: string): Promise<Response> {
      const body = JSON.stringify([webhookEvent({ eventName: name, timeUUID: name })]);
      return fetch(`${running?.url}/statsig/shop`, {
        method: 'POST',
        headers: signWebhook(body, 'webhook-example'),
        body,
      });
    },
    async drop(target: string): Promise<string> {
      const response = await fetch(`${running?.url}/api/waiting/drop`, {
        method: 'POST',
        headers: { authorization: 'Bearer open-sesame' },
        body: JSON.stringify({ workspace: 'shop', target }),
      });
      return response.text();
    },
    async delivered(): Promise<number> {
      const scraped = await (await fetch(`${running?.url}/metrics`)).text();
      return [...scraped.matchAll(/^statsig_cdp_events_total\{[^}]*"delivered"[^}]*\} (\d+)$/gm)].reduce(
        (sum, [, count]) => sum + Number(count),
        0,
      );
    },
  };
}

const order = (name: string) => ({ type: 'track', event: name, userId: 'user-42', messageId: name });
const ENTERS = {
  type: 'identify',
  userId: 'user-7',
  messageId: 'enters',
  traits: { vip: true },
  context: { personas: { computation_class: 'audience', computation_key: 'vip' } },
};

type Shop = Awaited<ReturnType<typeof startShop>>;

async function fillLanes(shop: Shop): Promise<void> {
  for (const event of [order('First'), order('Second'), ENTERS, { type: 'delete', userId: 'user-9', messageId: 'd' }])
    assert.equal((await shop.push(event)).status, 200);
  assert.equal((await shop.pushOut('out_first')).status, 200);
}

async function untilEverythingCame(shop: Shop, ...more: readonly string[]): Promise<void> {
  const { everything } = shop;
  everything.state.isDown = false;
  for (const word of ['First', 'Second', 'user-7', 'user-9', 'out_first', ...more])
    await until(
      () => everything.has(word),
      () => `${word} has come; taken: ${everything.taken.join('\n')}`,
    );
  assert.deepEqual(
    shop.lines().filter((line) => line.includes('dry run: this request')),
    [],
  );
}

test(
  'a file that is half written for a moment changes nothing, for what waits or for senders',
  OPTIONS,
  async (context) => {
    const everything = await serveEverything(context);
    const whole = settingsText(everything, PARTS.key, PARTS.console, PARTS.target);
    const shop = await startShop(context, everything, whole);
    await fillLanes(shop);
    await until(() => everything.state.asked > 0, 'something was tried');
    const isHeld = async (word: string) => {
      const { missing = [] } = (await shop.readyz()).checks.settings;
      return missing.some((each: string) => each.includes(word));
    };
    shop.overwrite('id: shop\n');
    await until(() => isHeld('shop: secretKey'), 'the settings are said to have lost the key');
    const { status, message } = await shop.push(order('Meanwhile'));
    assert.equal(status, 200);
    assert.match(message, /sent to Statsig next/);
    assert.equal((await shop.pushOut('out_meanwhile')).status, 200);
    shop.overwrite(whole);
    await until(async () => !(await isHeld('')), 'nothing is missing');
    shop.overwrite('');
    await until(async () => (await shop.readyz()).checks.settings.lastError !== undefined, 'an empty file is a fault');
    shop.overwrite(whole);
    assert.equal(await shop.delivered(), 0);
    await untilEverythingCame(shop, 'Meanwhile', 'out_meanwhile');
  },
);

test(
  'what waits for a key that is taken out waits on, also after a restart, and goes when it is back',
  OPTIONS,
  async (context) => {
    const everything = await serveEverything(context);
    const paused = (...parts: string[]) => settingsText(everything, ...parts, 'paused: true');
    const shop = await startShop(context, everything, paused(PARTS.key, PARTS.console, PARTS.target));
    await fillLanes(shop);
    await until(async () => (await shop.problemOf('statsig')).includes('paused'), 'the pause is said');
    assert.match((await shop.push(order('Paused'))).message, /settings say so/);

    shop.replace(settingsText(everything));
    await until(async () => (await shop.problemOf('statsig')).includes('no secretKey any more'), 'the key is missing');
    await until(async () => (await shop.problemOf('statsig-list-vip')).includes('no consoleKey'), 'so is the other');
    assert.match(await shop.problemOf('cdp'), /no settings for this target/);
    assert.match((await shop.push(order('Without'))).message, /has lost its Statsig key/);
    await shop.push({ ...ENTERS, userId: 'user-8', messageId: 'enters-8' });

    await shop.restart();
    await until(async () => (await shop.problemOf('statsig')).includes('no secretKey any more'), 'it is known still');
    assert.match((await shop.push(order('Restarted'))).message, /has lost its Statsig key/);
    assert.equal(everything.state.asked, 0, 'nothing was sent to anybody');
    assert.equal(await shop.delivered(), 0);

    shop.replace(settingsText(everything, PARTS.key, PARTS.console, PARTS.target));
    await untilEverythingCame(shop, 'Paused', 'Without', 'Restarted', 'user-8');
  },
);

test(
  'outbound targets that are gone: what waits for them waits, and new events are refused, not shown',
  OPTIONS,
  async (context) => {
    const everything = await serveEverything(context);
    const signing = 'outbound:\n  signingSecrets: [webhook-example]';
    const shop = await startShop(context, everything, settingsText(everything, `${PARTS.target}\n  paused: true`));
    assert.equal((await shop.pushOut('out_first')).status, 200);
    await until(async () => (await shop.problemOf('cdp')) === 'paused by the settings', 'the pause is said');
    shop.replace(settingsText(everything, signing));
    await until(async () => (await shop.problemOf('cdp')).includes('drop what waits'), 'it is said what to do');
    const refused = await shop.pushOut('out_second');
    assert.equal(refused.status, 503);
    assert.match(await refused.text(), /TARGETS_MISSING/);
    shop.replace(settingsText(everything, PARTS.target));
    everything.state.isDown = false;
    await until(() => everything.has('out_first'), 'it has come');
  },
);

test('what was accepted as a dry run is shown, and not sent when there is a key', OPTIONS, async (context) => {
  const everything = await serveEverything(context);
  everything.state.isDown = false;
  const shop = await startShop(context, everything, settingsText(everything));
  assert.match((await shop.push(order('Shown'))).message, /dry run/);
  shop.replace(settingsText(everything, PARTS.key));
  await until(
    async () => /sent to Statsig next/.test((await shop.push(order('Sent'))).message) || everything.has('Sent'),
    'the key is in force',
  );
  await until(() => everything.has('Sent'), 'it has come');
  await until(
    () => shop.lines().some((line) => line.includes('dry run: this request') && line.includes('Shown')),
    'shown',
  );
  assert.ok(!everything.has('Shown'));
});

test(
  'what waits for a target that is gone is dropped when somebody says so, and not before',
  OPTIONS,
  async (context) => {
    const everything = await serveEverything(context);
    const shop = await startShop(context, everything, settingsText(everything, PARTS.key, PARTS.target));
    assert.equal((await shop.pushOut('out_first')).status, 200);
    assert.match(await shop.drop('cdp'), /TARGET_IN_FORCE/);
    shop.replace(settingsText(everything, PARTS.key, PARTS.target.replace('name: cdp', 'name: other')));
    await until(async () => (await shop.problemOf('cdp')).includes('statsig-cdp waiting drop'), 'it is said how');
    assert.equal(await shop.drop('cdp'), '{"dropped":1,"left":0}');
    assert.equal(await shop.drop('cdp'), '{"dropped":0,"left":0}');
  },
);
