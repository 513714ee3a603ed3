// docs/troubleshooting.md: each mistake of its rows is made, its first step is taken, and what the row quotes has to be there.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createStatsigStandIn, type StatsigStandIn } from '../../src/contract/stand-ins/statsig-stand-in.js';
import type { TesterSource } from '../../src/operate/tester/shapes.js';
import { freePort } from '../../testkit/free-port.js';
import { CLI } from '../../testkit/programs.js';
import { startHere, type TestServer } from '../../testkit/server.js';
import { until } from '../../testkit/until.js';

const PAGE = readFileSync(new URL('../../../docs/troubleshooting.md', import.meta.url), 'utf8');
const TOKEN = 'token-example';

/** A row of the page. */
interface Row {
  readonly wrong: string;
  readonly first: string;
  /** What is quoted. */
  readonly says: readonly string[];
}

const ROWS: readonly Row[] = PAGE.split('\n')
  .filter((line) => line.startsWith('| ') && !/^\| (?:---|What is wrong)/.test(line))
  .map((line) => {
    const [wrong = '', first = '', says = ''] = line.slice(2).split(' | ');
    return { wrong, first, says: [...says.matchAll(/`([^`]+)`/g)].map(([, quoted = '']) => quoted) };
  });

const ORDER = {
  type: 'track',
  event: 'Order Completed',
  userId: 'user-42',
  timestamp: '2026-01-02T03:04:05.000Z',
  properties: { revenue: 19.99 },
};
const CUSTOM = { eventName: 'Checkout', userID: 'user-42', user: { userID: 'user-42' }, timestamp: '1767323045000' };

/** Files of a settings directory that `check` looks at, each with a mistake. */
const FAULTY: Readonly<Record<string, string>> = {
  'prefix.yaml': 'includeEvents: ["segment::Order Completed"]',
  'console.yaml': 'secretKey: console-example',
  'client.yaml': 'secretKey: client-example',
  'unfilled.yaml': `secretKey: $${'{STATSIG_KEY}'}`,
  'path.yaml': 'identifierMappings: [{ from: $.anonymousId, to: stableID }]',
  'shop.yaml.txt': 'id: shop',
};

let directory: string;
let statsig: StatsigStandIn;
let plugin: TestServer;
let full: TestServer;
let checked: Promise<string>;

const get = async (path: string, server = plugin) =>
  (await fetch(server.url + path, { headers: { authorization: `Bearer ${TOKEN}` } })).text();

const post = async (path: string, body: unknown, headers: Readonly<Record<string, string>> = {}, server = plugin) =>
  (
    await fetch(server.url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    })
  ).text();

const track = (writeKey: string, event: object = {}, server = plugin) =>
  post('/v1/track', { ...ORDER, ...event, writeKey }, {}, server);

/** What stands at the page's first step, as soon as it is all there. */
async function shows(path: string, { says }: Row, server = plugin): Promise<string> {
  let text = '';
  await until(
    async () => {
      text = await get(path, server);
      return says.every((quoted) => text.includes(quoted));
    },
    `${path} says ${says.join(' and ')}`,
  ).catch(() => {});
  return text;
}

const overview = (row: Row) => shows('/api/overview', row);
const live = (row: Row, server = plugin) => shows('/api/live?limit=1000', row, server);
const letters = (row: Row) => shows('/api/dead-letters/groups', row);
const check = () => checked;

function tester(source: TesterSource, body: unknown, workspace = 'shop') {
  return () => post('/api/tester', { source, workspace, body }, { authorization: `Bearer ${TOKEN}` });
}

/** Makes a mistake where it is not in the settings already, and takes the first step. */
const CASES: Readonly<Record<string, (row: Row) => Promise<string>>> = {
  async 'The URL names a workspace that there is not'(row) {
    await post('/segment/shopp', ORDER, { authorization: 'Bearer header-good' });
    return overview(row);
  },
  async 'The header secret is wrong'(row) {
    await post('/segment/shop', ORDER, { authorization: 'Bearer header-bad' });
    return overview(row);
  },
  async 'The signature is made with another secret'(row) {
    await post('/segment/shop', ORDER, { 'x-signature': '0123456789'.repeat(4) });
    return overview(row);
  },
  async 'The webhook posts to a path that there is not'(row) {
    await post('/segments/shop', ORDER, { authorization: 'Bearer header-good' });
    return overview(row);
  },
  async 'The write key is in none of the settings'(row) {
    await track('write-none');
    return overview(row);
  },
  async 'RudderStack asks for another destination than Statsig, and there is no upstream'(row) {
    await post('/v0/destinations/ga4', [
      { message: ORDER, metadata: { jobId: 1 }, destination: { ID: 'x', Config: {} } },
    ]);
    return live(row);
  },
  async 'The outbox is full'(row) {
    await track('write-full', {}, full);
    return live(row, full);
  },
  'A pattern of `excludeEvents` keeps it': tester('segment', { ...ORDER, event: 'Debug Click' }),
  '`includeEvents` does not name it': tester('segment', ORDER, 'narrow'),
  "A pattern is written with the prefix of Statsig's names": check,
  'Its type is not selected': tester('segment', { ...ORDER, type: 'group', groupId: 'g' }, 'narrow'),
  'It is an identify call about no audience': tester('segment', { type: 'identify', userId: 'user-42' }),
  'It came out of Statsig before': tester('segment', { ...ORDER, context: { library: { name: 'statsig' } } }),
  'Its sender switched Statsig off': tester('tracking-api', { ...ORDER, integrations: { Statsig: false } }),
  'A track call has no name': tester('segment', { ...ORDER, event: '' }),
  async 'Its `messageId` came before'(row) {
    for (let time = 0; time < 2; time += 1) await track('write-shop', { messageId: 'message-1' });
    return live(row);
  },
  async 'The workspace has no key: it is a dry run'(row) {
    await track('write-dry');
    return overview(row);
  },
  async 'The workspace is paused'(row) {
    await track('write-paused');
    return overview(row);
  },
  async 'Statsig does not answer'(row) {
    await track('write-away');
    return overview(row);
  },
  async "The key is another project's, or was revoked"(row) {
    await track('write-revoked');
    return letters(row);
  },
  'A Console API key stands under `secretKey`': check,
  'A client key stands where deletions are to be made': check,
  '`${NAME}` was never filled in': check,
  'It counts to no one: `anonymousId` is not mapped': tester('segment', {
    ...ORDER,
    userId: null,
    anonymousId: 'anon-7',
  }),
  'A mapping begins with `$.` or `message.`': check,
  'It has the time at which it was received': tester('segment', { ...ORDER, timestamp: 'yesterday' }),
  'It is in another environment than production': tester('segment', {
    ...ORDER,
    properties: { statsigEnvironment: 'staging' },
  }),
  'Some of its properties are missing': tester('segment', { ...ORDER, properties: { long: 'x'.repeat(5_000) } }),
  async 'The edit has a fault: the settings before are in force'(row) {
    writeFileSync(join(directory, 'settings/narrow.json'), JSON.stringify({ id: 'narrow', evntTypes: [] }));
    return overview(row);
  },
  'The file is not read: its name ends otherwise': check,
  'The upstream is this process': check,
  async 'The signing secret is wrong'(row) {
    await post('/statsig/shop', [CUSTOM], { 'x-statsig-signature': 'v0=00', 'x-statsig-request-timestamp': '1' });
    return overview(row);
  },
  'Its environment is not selected': tester('statsig', [
    { ...CUSTOM, user: { userID: 'user-42', statsigEnvironment: { tier: 'staging' } } },
  ]),
  'It names no one': tester('statsig', [{ eventName: 'Checkout', timestamp: '1767323045000' }]),
  'There is no target: it is a dry run': overview,
};

/** What the page calls a first step, and the cases that take it. */
const STEPS = ['Overview', 'Live log', 'Tester', 'Dead letters', '`check`'];

/** @param away where no one listens */
function documentsAt(
  url: string,
  away: string,
): readonly ({ readonly id: string } & Readonly<Record<string, unknown>>)[] {
  const at = { eventsUrl: url, apiUrl: url, secretKey: 'secret-good' };
  return [
    {
      id: 'shop',
      ...at,
      excludeEvents: ['Debug *'],
      segment: { headerSecrets: ['header-good'], sharedSecrets: ['shared-good'] },
      trackingApi: { writeKeys: ['write-shop'] },
      outbound: { signingSecrets: ['signing-good'], environments: ['production'] },
    },
    { id: 'narrow', includeEvents: ['Signed Up'], eventTypes: ['track'] },
    { id: 'revoked', ...at, secretKey: 'secret-revoked', trackingApi: { writeKeys: ['write-revoked'] } },
    { id: 'away', ...at, eventsUrl: away, trackingApi: { writeKeys: ['write-away'] } },
    { id: 'paused', ...at, paused: true, trackingApi: { writeKeys: ['write-paused'] } },
    { id: 'dry', trackingApi: { writeKeys: ['write-dry'] } },
  ];
}

/** One run for all rows that begin with it. */
function runCheck(): Promise<string> {
  const cwd = join(directory, 'faulty');
  mkdirSync(join(cwd, 'settings'), { recursive: true });
  for (const [name, text] of Object.entries(FAULTY)) writeFileSync(join(cwd, 'settings', name), text);
  const env = { PATH: process.env.PATH, UPSTREAM_TRANSFORMER_URL: 'http://localhost:9090' };
  return new Promise((resolve) => {
    execFile(process.execPath, [CLI, 'check'], { cwd, env }, (_, stdout) => resolve(stdout));
  });
}

before(async () => {
  directory = mkdtempSync(join(tmpdir(), 'troubleshooting-'));
  statsig = await createStatsigStandIn({ keys: ['secret-good'] });
  mkdirSync(join(directory, 'settings'));
  for (const document of documentsAt(statsig.url, `http://127.0.0.1:${await freePort()}`))
    writeFileSync(join(directory, 'settings', `${document.id}.json`), JSON.stringify(document));
  const environment = { LOG_LEVEL: 'warn', ADMIN_TOKEN: TOKEN };
  plugin = await startHere({
    ...environment,
    STATSIG_CDP_SETTINGS: join(directory, 'settings'),
    OUTBOX_DIRECTORY: join(directory, 'data/outbox'),
    SETTINGS_POLL_MS: '100',
  });
  writeFileSync(
    join(directory, 'full.json'),
    JSON.stringify({ id: 'full', trackingApi: { writeKeys: ['write-full'] } }),
  );
  full = await startHere({
    ...environment,
    STATSIG_CDP_SETTINGS: join(directory, 'full.json'),
    OUTBOX_DIRECTORY: join(directory, 'full/outbox'),
    OUTBOX_MAX_BYTES: '1',
  });
  checked = runCheck();
});
after(async () => {
  await Promise.all([plugin.stop(), full.stop()]);
  await statsig.close();
  rmSync(directory, { recursive: true, force: true, maxRetries: 20 });
});

test('each row has a case, each case a row, and each first step is one that is taken here', () => {
  assert.deepEqual(ROWS.map(({ wrong }) => wrong).sort(), Object.keys(CASES).sort());
  assert.deepEqual(
    [...new Set(ROWS.map(({ first }) => first))].filter((first) => !STEPS.includes(first)),
    [],
  );
  assert.ok(ROWS.length > 20);
});

test('of an event without a fault the tester says none of it', async () => {
  const text = await tester('segment', ORDER)();
  for (const { first, says } of ROWS)
    if (first === 'Tester')
      assert.ok(
        says.some((quoted) => !text.includes(quoted)),
        says.join(),
      );
});

for (const row of ROWS)
  test(`${row.wrong}: ${row.first} finds it`, async () => {
    const step = CASES[row.wrong];
    assert.ok(step !== undefined && row.says.length > 0);
    const text = await step(row);
    for (const quoted of row.says) assert.ok(text.includes(quoted), `${quoted}\n${text.slice(0, 4_000)}`);
  });
