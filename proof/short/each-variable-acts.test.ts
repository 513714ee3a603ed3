// Each environment variable that the manifest lists acts: of two processes that differ in it alone, something else is answered, called, written or refused.

import assert from 'node:assert/strict';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { after, before, type TestContext, test } from 'node:test';
import { Analytics } from '@segment/analytics-node';
import { startServer } from '../../src/server/server.js';
import { manifest } from '../../src/settings/manifest.js';
import { freePort } from '../../testkit/free-port.js';
import { send, serve } from '../../testkit/loopback.js';
import { sumSamples } from '../../testkit/metric-samples.js';
import { runSql, testSchema } from '../../testkit/postgres.js';
import { temporaryDirectory } from '../../testkit/settings.js';
import { signWebhook } from '../../testkit/statsig-webhook.js';
import { until } from '../../testkit/until.js';

type Environment = Readonly<Record<string, string>>;

/** One of two processes, in this one. */
interface Side {
  readonly url: string;
  readonly publicPort: number | undefined;
  readonly lines: readonly string[];
  stop(): Promise<void>;
}

async function start(context: TestContext, environment: Environment): Promise<Side> {
  const lines: string[] = [];
  const env = {
    HOST: '127.0.0.1',
    PORT: '0',
    OUTBOX_DIRECTORY: join(temporaryDirectory(context), 'outbox'),
    OUTBOX_RESERVE_BYTES: '0',
    ADMIN_TOKEN: 'token',
    ...(environment.PUBLIC_PORT === undefined && { SINGLE_PORT: 'true' }),
    ...environment,
  };
  const { port, publicPort, stop } = await startServer(env, (line) => lines.push(line));
  context.after(stop);
  return { url: `http://127.0.0.1:${port}`, publicPort, lines, stop };
}

/** Whom the processes call. */
interface World {
  readonly url: string;
  readonly calls: { readonly path: string | undefined; readonly authorization: string | undefined }[];
  /** Of what is answered; requests to `/held` are not. */
  status: number;
  close(): Promise<void>;
}

const SHOP = { id: 'shop', trackingApi: { writeKeys: ['write-key'] } };

let world: World;
before(async () => {
  const calls: World['calls'] = [];
  const server = await serve(({ url, headers }, response) => {
    calls.push({ path: url, authorization: headers.authorization });
    if (url?.startsWith('/held')) return;
    const isSettings = url?.startsWith('/settings') === true;
    response.writeHead(isSettings ? 200 : world.status, { 'content-type': 'application/json' });
    response.end(isSettings ? JSON.stringify({ workspaces: [SHOP] }) : '{"success":true}');
  });
  world = { url: server.url, calls, status: 200, close: server.close };
});
after(() => world.close());

/** An environment with a settings file that says this. */
function settingsOf(context: TestContext, document: object): Environment {
  const path = join(temporaryDirectory(context), 'shop.json');
  writeFileSync(path, JSON.stringify({ ...SHOP, ...document }));
  return { STATSIG_CDP_SETTINGS: path };
}

async function ask(url: string, path: string, body?: unknown, headers: Environment = {}) {
  const response = await fetch(url + path, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return { status: response.status, text: await response.text() };
}

const statusOf = async (side: Side, path: string, body?: unknown, headers?: Environment) =>
  (await ask(side.url, path, body, headers)).status;

const track = (messageId: string, filling = '') => ({
  type: 'track',
  event: 'Order Completed',
  userId: 'user-1',
  messageId,
  properties: { filling },
  writeKey: 'write-key',
});

const push = (side: Side, messageId: string) => ask(side.url, '/v1/track', track(messageId));

const metric = async (side: Side, name: string, labels: Environment = {}) =>
  sumSamples((await ask(side.url, '/metrics')).text, name, labels);

/** Who answers at an address. */
const answersAt = (port: number | string | undefined, host = '127.0.0.1') =>
  fetch(`http://${host}:${port}/healthz`).then(
    ({ status }) => status,
    () => 'no one',
  );

const portOf = ({ url }: Side) => Number(new URL(url).port);

/** A request of which only a part is sent. */
function beginRequest(side: Side) {
  const body = new PassThrough();
  const text = JSON.stringify(track('begun'));
  const outcome = send(portOf(side), 'POST', '/v1/track', ['Content-Type', 'application/json'], body).then(
    ({ statusCode }: IncomingMessage) => statusCode,
    () => 'cut',
  );
  body.write(text.slice(0, 50));
  return { outcome, finish: () => body.end(text.slice(50)) };
}

/** A message for a destination with a Config of its own. */
const elementFor = (destination: string) => ({
  message: track('m-1'),
  metadata: { jobId: 1 },
  destination: { ID: destination, Config: { secretKey: `secret-${destination}` } },
});

/** What is seen of two values. */
type Seen = readonly [unknown, unknown];

/** The test says itself that it is skipped. */
const SKIPPED: Seen = [0, 1];
type Look = (side: Side) => Promise<unknown>;

/** Two processes, one after the other, with the values; `undefined` for unset. */
async function compare(
  context: TestContext,
  name: string,
  values: readonly [string | undefined, string | undefined],
  look: Look,
  environment: Environment = {},
): Promise<Seen> {
  const seen: unknown[] = [];
  for (const value of values) {
    const all = { ...environment, ...(value !== undefined && { [name]: value }) };
    seen.push(await start(context, all).then(look, (error: Error) => `refused: ${error.name}`));
  }
  return [seen[0], seen[1]];
}

const deadLetters = (side: Side) => metric(side, 'statsig_cdp_dead_letters');

/** The directory of an outbox with one dead letter. */
async function outboxWithLetter(context: TestContext): Promise<Environment> {
  const document = settingsOf(context, { secretKey: 'secret-shop', eventsUrl: `${world.url}/refused` });
  const environment = { ...document, OUTBOX_DIRECTORY: join(temporaryDirectory(context), 'outbox') };
  const side = await start(context, environment);
  world.status = 400;
  await push(side, 'm-1');
  await until(async () => (await deadLetters(side)) > 0, 'the event is given up');
  world.status = 200;
  await side.stop();
  return environment;
}

/** The one keeps no dead letter, the other does. */
async function compareLetters(context: TestContext, name: string, values: readonly [string, string]): Promise<Seen> {
  const kept = await start(context, { ...(await outboxWithLetter(context)), [name]: values[1] });
  const dropped = await start(context, { ...(await outboxWithLetter(context)), [name]: values[0] });
  await until(async () => (await deadLetters(dropped)) === 0, 'the dead letter is dropped');
  return [0, await deadLetters(kept)];
}

type Row = (context: TestContext, name: string) => Promise<Seen>;

const ROWS: Readonly<Record<string, Row>> = {
  async PORT(context, name) {
    const ports = [String(await freePort()), String(await freePort())] as const;
    return compare(context, name, ports, async (side) => portOf(side));
  },
  HOST: (context, name) => compare(context, name, ['127.0.0.1', '127.0.0.2'], (side) => answersAt(portOf(side))),
  PUBLIC_PORT: (context, name) =>
    compare(context, name, [undefined, '0'], async ({ publicPort }) => publicPort !== undefined),
  PUBLIC_HOST: (context, name) =>
    compare(context, name, ['127.0.0.1', '127.0.0.2'], ({ publicPort }) => answersAt(publicPort), { PUBLIC_PORT: '0' }),
  SINGLE_PORT: (context, name) =>
    compare(context, name, ['true', 'false'], async () => 'started', settingsOf(context, { secretKey: 'secret-shop' })),
  TRUST_PROXY: (context, name) =>
    compare(
      context,
      name,
      ['true', 'false'],
      async ({ url }) => {
        const headers = { 'x-forwarded-host': 'cdp.example' };
        return (await ask(url, '/v1/projects/write-key/settings', undefined, headers)).text.includes('cdp.example');
      },
      settingsOf(context, {}),
    ),
  STATSIG_CDP_SETTINGS: (context, name) =>
    compare(context, name, [undefined, settingsOf(context, {}).STATSIG_CDP_SETTINGS], (side) =>
      statusOf(side, '/v1/projects/write-key/settings'),
    ),
  STATSIG_CDP_SETTINGS_TOKEN: (context, name) =>
    compare(context, name, ['token-a', 'token-b'], async () => world.calls.at(-1)?.authorization, {
      STATSIG_CDP_SETTINGS: `${world.url}/settings`,
    }),
  /** The one asks again and again, the other once a day. */
  async STATSIG_CDP_SETTINGS_POLL_MS(context, name) {
    const count = (path: string) => world.calls.filter((call) => call.path === path).length;
    await start(context, { [name]: '86400000', STATSIG_CDP_SETTINGS: `${world.url}/settings-daily` });
    await start(context, { [name]: '100', STATSIG_CDP_SETTINGS: `${world.url}/settings-often` });
    await until(() => count('/settings-often') > 2, 'the service is asked again');
    return [count('/settings-daily') > 2, count('/settings-often') > 2];
  },
  async STATSIG_CDP_DATA(context, name) {
    const directory = temporaryDirectory(context);
    const files = async () => readdirSync(directory).length > 0;
    return compare(context, name, [undefined, directory], files, { STATSIG_CDP_SETTINGS: `${world.url}/settings` });
  },
  UPSTREAM_TRANSFORMER_URL: (context, name) =>
    compare(context, name, [undefined, world.url], (side) => statusOf(side, '/somewhere-else', {})),
  ROUTER_TRANSFORM: (context, name) =>
    compare(context, name, ['true', 'false'], async ({ url }) => (await ask(url, '/features')).text),
  MAX_BODY_BYTES: (context, name) =>
    compare(context, name, ['1000', '100000'], (side) =>
      statusOf(side, '/v0/destinations/statsig', [elementFor('x'.repeat(2_000))]),
    ),
  TRACKING_MAX_BODY_BYTES: (context, name) =>
    compare(
      context,
      name,
      ['1000', '100000'],
      (side) => statusOf(side, '/v1/track', track('m-1', 'x'.repeat(2_000))),
      settingsOf(context, {}),
    ),
  TRACKING_MAX_EVENT_BYTES: (context, name) =>
    compare(
      context,
      name,
      ['1000', '100000'],
      async ({ url }) => (await ask(url, '/v1/track', track('m-1', 'x'.repeat(2_000)))).text,
      settingsOf(context, {}),
    ),
  MAX_BYTES_IN_FLIGHT: (context, name) =>
    compare(
      context,
      name,
      ['100', '100000'],
      async (side) => {
        const { outcome, finish } = beginRequest(side);
        await until(async () => (await metric(side, 'statsig_cdp_bytes_in_flight')) > 0, 'a part of the body is held');
        const { status } = await push(side, 'm-2');
        finish();
        await outcome;
        return status;
      },
      settingsOf(context, {}),
    ),
  CONFIG_CACHE_SIZE: (context, name) =>
    compare(context, name, ['1', '1000'], async (side) => {
      for (const destination of ['a', 'b', 'a', 'b'])
        await ask(side.url, '/v0/destinations/statsig', [elementFor(destination)]);
      return (await ask(side.url, '/metrics')).text.match(/^statsig_cdp_config_cache.*/gm);
    }),
  /** The one cuts what is under way, the other waits for it. */
  async DRAIN_TIMEOUT_MS(context, name) {
    const ask = async (value: string) => {
      const side = await start(context, { [name]: value, ...settingsOf(context, {}) });
      const begun = beginRequest(side);
      await until(async () => (await metric(side, 'statsig_cdp_bytes_in_flight')) > 0, 'a request is under way');
      return { ...begun, stopped: side.stop() };
    };
    const [cut, patient] = [await ask('0'), await ask('600000')];
    await cut.stopped;
    for (const { finish } of [cut, patient]) finish();
    const seen = await Promise.all([cut.outcome, patient.outcome]);
    await patient.stopped;
    return [seen[0], seen[1]];
  },
  async OUTBOX_DIRECTORY(context, name) {
    const directory = join(temporaryDirectory(context), 'other');
    const values = [undefined, directory] as const;
    return compare(
      context,
      name,
      values,
      async (side) => [await push(side, 'm-1'), existsSync(directory)],
      settingsOf(context, {}),
    );
  },
  /** A database that does not answer. */
  OUTBOX_URL: (context, name) =>
    compare(
      context,
      name,
      [undefined, 'postgres://plugin:pass@127.0.0.1:1/outbox'],
      async (side) => (await push(side, 'm-1')).status,
      settingsOf(context, {}),
    ),
  async OUTBOX_SCHEMA(context, name) {
    const database = await testSchema(context);
    if (database === undefined) return SKIPPED;
    const { url, schema } = database;
    return compare(
      context,
      name,
      [schema, `${schema}_other`],
      async (side) => {
        await push(side, 'm-1');
        const waiting = (of: string) =>
          `select 1 from pg_tables where schemaname = '${of}' and tablename = 'event_row'`;
        return (await runSql(url, waiting(`${schema}_other`))).length;
      },
      { ...settingsOf(context, {}), OUTBOX_URL: url },
    );
  },
  async OUTBOX_LEASE_MS(context, name) {
    const database = await testSchema(context);
    if (database === undefined) return SKIPPED;
    const { url, schema } = database;
    return compare(
      context,
      name,
      ['15000', '600000'],
      async (side) => {
        await push(side, 'm-1');
        const [replica] = await runSql<{ long: boolean }>(
          url,
          `select max(alive_until) > now() + interval '60 s' as long from ${schema}.replica`,
        );
        return replica?.long;
      },
      { ...settingsOf(context, {}), OUTBOX_URL: url, OUTBOX_SCHEMA: schema },
    );
  },
  OUTBOX_MAX_BYTES: (context, name) =>
    compare(context, name, ['1', '100000'], async (side) => (await push(side, 'm-1')).status, settingsOf(context, {})),
  /** No disk has so much. */
  OUTBOX_RESERVE_BYTES: (context, name) =>
    compare(
      context,
      name,
      ['0', String(2 ** 52)],
      async (side) => (await push(side, 'm-1')).status,
      settingsOf(context, {}),
    ),
  DEAD_LETTERS_MAX_BYTES: (context, name) => compareLetters(context, name, ['0', '100000']),
  DEAD_LETTERS_MAX_AGE_MS: (context, name) => compareLetters(context, name, ['1', '100000000']),
  /** What is too old is not sent. */
  OUTBOX_MAX_AGE_MS: (context, name) =>
    compare(
      context,
      name,
      ['1', '100000000'],
      async (side) => {
        const before = world.calls.filter(({ path }) => path?.startsWith('/aged')).length;
        await push(side, 'm-1');
        const sent = () => world.calls.filter(({ path }) => path?.startsWith('/aged')).length > before;
        await until(async () => sent() || (await deadLetters(side)) > 0, 'the event is sent or given up');
        return sent();
      },
      settingsOf(context, { secretKey: 'secret-shop', eventsUrl: `${world.url}/aged` }),
    ),
  DEDUPE_WINDOW_MS: (context, name) =>
    compare(
      context,
      name,
      ['0', '100000'],
      async (side) => [await push(side, 'm-1'), await push(side, 'm-1')],
      settingsOf(context, {}),
    ),
  /** Two workspaces whose target does not answer. */
  async DELIVERY_CONCURRENCY(context, name) {
    const underWay = async (value: string) => {
      const directory = temporaryDirectory(context);
      for (const id of ['a', 'b']) {
        const document = {
          id,
          secretKey: 'secret-shop',
          eventsUrl: `${world.url}/held-${value}`,
          trackingApi: { writeKeys: [`key-${id}`] },
        };
        writeFileSync(join(directory, `${id}.json`), JSON.stringify(document));
      }
      const side = await start(context, { [name]: value, STATSIG_CDP_SETTINGS: directory, DRAIN_TIMEOUT_MS: '0' });
      for (const id of ['a', 'b']) await ask(side.url, '/v1/track', { ...track(`m-${id}`), writeKey: `key-${id}` });
      return () => world.calls.filter(({ path }) => path?.startsWith(`/held-${value}/`)).length;
    };
    const [one, eight] = [await underWay('1'), await underWay('8')];
    await until(() => one() > 0 && eight() === 2, 'the requests are under way');
    return [one(), eight()];
  },
  /** Which clients are closed shows nowhere else than at the SDK. */
  async SEGMENT_CLIENTS(context, name) {
    const close = context.mock.method(Analytics.prototype, 'closeAndFlush');
    const targets = ['a', 'b'].map((each) => ({ name: each, writeKey: `key-${each}`, host: world.url }));
    const event = { eventName: 'Checkout', user: { userID: 'u' }, userID: 'u', timestamp: '1767323045000' };
    const document = settingsOf(context, { outbound: { signingSecrets: ['signing'], targets } });
    const countSent = () => world.calls.filter(({ path }) => path === '/v1/batch').length;
    const sendToBoth = async (value: string) => {
      const sent = countSent();
      const side = await start(context, { ...document, [name]: value });
      await ask(side.url, '/statsig/shop', [event], signWebhook(JSON.stringify([event]), 'signing'));
      await until(() => countSent() === sent + 2, 'both targets are called');
      return close.mock.callCount();
    };
    const withRoom = await sendToBoth('1000');
    await sendToBoth('1');
    await until(() => close.mock.callCount() > withRoom, 'a client is closed for another');
    return [withRoom, close.mock.callCount()];
  },
  ADMIN_TOKEN: (context, name) =>
    compare(context, name, ['one', 'other'], (side) =>
      statusOf(side, '/api/dead-letters', undefined, { authorization: 'Bearer one' }),
    ),
  ADMIN_READ_TOKEN: (context, name) =>
    compare(context, name, ['one', 'other'], (side) =>
      statusOf(side, '/api/dead-letters', undefined, { authorization: 'Bearer one' }),
    ),
  /** Of one port there is one process, unless the outbox is shared. */
  WORKERS: (context, name) => compare(context, name, ['1', '2'], async () => 'started', { SINGLE_PORT: 'true' }),
  LIVE_LOG: (context, name) =>
    compare(
      context,
      name,
      ['on', 'off'],
      async ({ url }) =>
        /"state":"\w+"/.exec((await ask(url, '/api/live', undefined, { authorization: 'Bearer one' })).text),
      { ADMIN_TOKEN: 'one' },
    ),
  LOG_LEVEL: (context, name) => compare(context, name, ['info', 'error'], async ({ lines }) => lines.length > 0),
  LOG_FORMAT: (context, name) =>
    compare(context, name, ['json', 'pretty'], async ({ lines }) => lines.every((line) => line.startsWith('{'))),
};

test('each variable that the manifest lists has a row here, and each row a variable', () => {
  assert.deepEqual(Object.keys(ROWS).sort(), manifest.environment.map(({ name }) => name).sort());
});

for (const [name, look] of Object.entries(ROWS))
  test(`a change of ${name} changes something`, async (context) => {
    const [one, other] = await look(context, name);
    assert.notDeepEqual(one, other);
  });
