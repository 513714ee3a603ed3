// Connecting by OAuth, from the plan to its undoing: what reaches Segment and what is on disk.

import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { connectSegmentByOAuth, type OAuthConnection } from '../../../src/connect/oauth/connect.js';
import type { ConnectByOAuthOptions } from '../../../src/connect/oauth/options.js';
import type { StepReport } from '../../../src/connect/step.js';
import { AT_ONCE, connectFault, oauthApp } from '../../../testkit/oauth-app.js';
import { INSTALL, OAUTH_SOURCE, type OAuthStandIn, startOAuth } from '../../../testkit/oauth-stand-in.js';

const WEBHOOKS = `${OAUTH_SOURCE}/destinations/webhooks`;
const COMPONENT = `${OAUTH_SOURCE}/destinations/shop-events`;
const PUBLIC_URL = 'https://plugin.example';
const URL_OF_SHOP = `${PUBLIC_URL}/segment/shop`;

interface Place {
  readonly standIn: OAuthStandIn;
  readonly directory: string;
  connection(changed?: Partial<ConnectByOAuthOptions>): OAuthConnection;
  /** Every file, with what it holds. */
  files(): Readonly<Record<string, string>>;
}

async function startPlace(
  context: TestContext,
  settings?: string,
  options: Parameters<typeof startOAuth>[1] = {},
): Promise<Place> {
  const standIn = await startOAuth(context, options);
  const directory = mkdtempSync(join(tmpdir(), 'statsig-cdp-oauth-'));
  context.after(() => rmSync(directory, { recursive: true, force: true }));
  if (settings !== undefined) writeFileSync(join(directory, 'shop.yaml'), settings);
  return {
    standIn,
    directory,
    connection: ({ app = oauthApp(standIn), ...changed } = {}) =>
      connectSegmentByOAuth({
        app,
        workspace: 'shop',
        publicUrl: PUBLIC_URL,
        settingsLocation: directory,
        reach: false,
        patience: AT_ONCE,
        ...changed,
      }),
    files() {
      const names = readdirSync(directory, { recursive: true, encoding: 'utf8' }).sort();
      const files = names.filter((name) => statSync(join(directory, name)).isFile());
      return Object.fromEntries(files.map((name) => [name, readFileSync(join(directory, name), 'utf8')]));
    },
  };
}

async function allow(connection: OAuthConnection, standIn: OAuthStandIn): Promise<void> {
  const { url } = await connection.begin();
  await connection.finish((await standIn.answerConsent(url)).searchParams);
}

async function apply(connection: OAuthConnection): Promise<readonly string[]> {
  const reports: StepReport[] = [];
  await connection.apply((report) => reports.push(report));
  return reports.map(({ step, result }) => `${result} ${step.id}`);
}

const CHANGES = /^(?:POST|PATCH|DELETE) \/v1beta/;

test('the plan before consent shows every step, asks no one, and writes nothing; to apply it is refused', async (context) => {
  const { standIn, connection, files } = await startPlace(context);
  const before = connection();
  assert.equal(await before.needsConsent(), true);
  const steps = await before.plan();
  assert.deepEqual(
    steps.map(({ id, state }) => `${state} ${id}`),
    [
      'to-do allow',
      'to-do make-header',
      'to-do make-signature',
      'to-do write-settings',
      'to-do create-destination',
      'to-do send-test',
    ],
  );
  assert.match(
    steps.find(({ id }) => id === 'create-destination')?.call?.url ?? '',
    /chosen in Segment.*destinations$/,
  );
  await assert.rejects(apply(before), connectFault('right-missing', /not allowed in Segment yet/));
  assert.deepEqual([standIn.calls, files()], [[], {}]);
});

test('once it is allowed the destination is made; a second run changes nothing, and needs no second consent', async (context) => {
  const { standIn, connection, files } = await startPlace(context);
  const first = connection();
  await allow(first, standIn);
  assert.deepEqual(await apply(first), [
    ...['there allow', 'done make-header', 'done make-signature', 'done write-settings'],
    ...['done create-destination', 'by-hand send-test'],
  ]);
  const made = files();
  const header = made['secrets/shop-segment-oauth-header']?.trim() ?? '';
  const signature = made['secrets/shop-segment-oauth-signature']?.trim();
  assert.match(header, /^[0-9a-f]{64}$/);
  const destination = standIn.destinations.get(WEBHOOKS);
  assert.equal(destination?.enabled, true);
  assert.deepEqual(
    destination?.config.map(({ name, value }) => [name.slice(WEBHOOKS.length), value]),
    [
      ['/config/hooks', [{ hook: URL_OF_SHOP, headers: [{ key: 'Authorization', value: `Bearer ${header}` }] }]],
      ['/config/sharedSecret', signature],
    ],
  );
  assert.match(made['shop.yaml'] ?? '', /headerSecrets:\s+- file:secrets\/shop-segment-oauth-header/);
  for (const [file, text] of Object.entries(made))
    for (const secret of standIn.given) assert.ok(!text.includes(secret), `${file} holds a code, a token or a state`);

  const second = connection();
  assert.equal(await second.needsConsent(), false);
  const calls = standIn.calls.length;
  assert.deepEqual(await apply(second), [
    ...['there allow', 'there make-header', 'there make-signature', 'there write-settings', 'there create-destination'],
  ]);
  assert.deepEqual(standIn.calls.slice(calls), [`GET /v1beta/${INSTALL}/token`, `GET /v1beta/${WEBHOOKS}`]);
  assert.deepEqual(files(), made);
});

test('what is shown holds no secret, plan and reports alike', async (context) => {
  const { standIn, connection, files } = await startPlace(context);
  const one = connection();
  await allow(one, standIn);
  const shown: unknown[] = [await one.plan()];
  await one.apply((report) => shown.push(report));
  // Somebody changes the secret in Segment: the plan shows that it is corrected.
  standIn.destinations.get(WEBHOOKS)?.config.splice(1);
  const plan = await one.plan();
  assert.equal(plan.find(({ id }) => id === 'create-destination')?.call?.method, 'PATCH');
  shown.push(plan, await one.planUndo());
  const text = JSON.stringify(shown);
  const kept = Object.entries(files()).filter(([name]) => /-(?:header|signature)$/.test(name));
  assert.equal(kept.length, 2);
  for (const secret of [...standIn.given, ...kept.map(([, value]) => value.trim())]) assert.ok(!text.includes(secret));
  assert.match(text, /\(secret\)/);
  await apply(one);
  assert.equal(standIn.destinations.get(WEBHOOKS)?.config.length, 2, 'it is corrected');
});

test('undone, Segment and disk are as before; what others have written stays', async (context) => {
  const settings = 'id: shop\n# Ours.\nsegment:\n  headerSecrets: [env:SHOP_HEADER]\n';
  const { standIn, connection, files } = await startPlace(context, settings);
  const one = connection();
  await allow(one, standIn);
  await apply(one);
  assert.equal(files()['secrets/shop-segment-oauth-signature'], undefined, 'senders of before show no signature');
  assert.notEqual(files()['shop.yaml'], settings);
  await connection().undo(() => {});
  assert.deepEqual([...standIn.destinations.keys()], []);
  assert.deepEqual(files(), { 'shop.yaml': settings });
});

test('a component of the owner is given an API key; where its events go is checked by hand', async (context) => {
  const { standIn, connection, files } = await startPlace(context);
  const one = connection({ app: oauthApp(standIn, { scope: 'destination/shop-events' }) });
  await allow(one, standIn);
  assert.deepEqual((await apply(one)).slice(1), [
    ...[
      'done make-apikey',
      'done write-settings',
      'done create-destination',
      'by-hand aim-component',
      'by-hand send-test',
    ],
  ]);
  const key = files()['secrets/shop-segment-oauth-apikey']?.trim();
  assert.deepEqual(
    standIn.destinations.get(COMPONENT)?.config.map(({ value }) => value),
    [key],
  );
  assert.match(files()['shop.yaml'] ?? '', /apiKeys:\s+- file:secrets/);
  await one.undo(() => {});
  assert.deepEqual([standIn.destinations.size, files()], [0, {}]);
});

for (const [scope, name, entry] of [
  [
    'destination/webhooks',
    WEBHOOKS,
    { name: `${WEBHOOKS}/config/hooks`, type: 'mixed', value: [{ hook: 'https://another.example' }] },
  ],
  [
    'destination/webhooks',
    WEBHOOKS,
    {
      name: `${WEBHOOKS}/config/hooks`,
      type: 'mixed',
      value: [{ hook: URL_OF_SHOP }, { hook: 'https://another.example' }],
    },
  ],
  ['destination/shop-events', COMPONENT, { name: `${COMPONENT}/config/apiKey`, type: 'string', value: 'another-key' }],
] as const)
  test(`${JSON.stringify(entry.value)} in ${scope} is somebody else's, and stays, undoing included`, async (context) => {
    const { standIn, connection, files } = await startPlace(context);
    const theirs = { name, enabled: true, connection_mode: 'CLOUD', config: [entry] };
    standIn.destinations.set(name, theirs);
    const one = connection({ app: oauthApp(standIn, { scope }) });
    await allow(one, standIn);
    await assert.rejects(apply(one), connectFault('ambiguous', /somebody else has made it/));
    assert.deepEqual(Object.keys(files()), ['secrets/shop-segment-oauth-install'], 'nothing else is written');
    await one.undo(() => {});
    assert.deepEqual([[...standIn.destinations.values()], files()], [[theirs], {}]);
    assert.deepEqual(
      standIn.calls.filter((call) => CHANGES.test(call)),
      [],
    );
  });

test('broken off at any call, before and after it is carried out, the next run ends the same', async (context) => {
  const cut = { at: 0, how: 'cut before' as 'cut before' | 'cut after', seen: 0 };
  const { standIn, connection, files } = await startPlace(context, undefined, {
    faultOf(call) {
      if (call === 'POST /oauth2/token') return undefined;
      cut.seen += 1;
      return cut.seen >= cut.at && cut.at > 0 ? cut.how : undefined;
    },
  });
  const forms: string[] = [];
  for (const how of ['cut before', 'cut after'] as const)
    for (let at = 1; at <= 3; at += 1) {
      const one = connection();
      await allow(one, standIn);
      Object.assign(cut, { at, how, seen: 0 });
      const isBroken = await apply(one).then(
        () => false,
        () => true,
      );
      Object.assign(cut, { at: 0, seen: 0 });
      const again = connection();
      assert.equal(await again.needsConsent(), false, 'the install is remembered from the first moment');
      await apply(again);
      const { config, enabled } = standIn.destinations.get(WEBHOOKS) ?? {};
      forms.push(`${enabled} ${config?.length} ${Object.keys(files()).length}`);
      assert.deepEqual(
        (await again.plan()).filter(({ state }) => state === 'to-do'),
        [],
        `${how} ${at} ${isBroken}`,
      );
      await again.undo(() => {});
      standIn.uninstall();
      assert.deepEqual([standIn.destinations.size, files()], [0, {}]);
    }
  assert.deepEqual(new Set(forms), new Set(['true 2 4']));
});

test('a token that ends between two calls is replaced by the name of the install, once', async (context) => {
  const { standIn, connection } = await startPlace(context);
  const one = connection();
  await allow(one, standIn);
  standIn.expireTokens();
  await apply(one);
  assert.equal(standIn.destinations.size, 1);
  assert.equal(standIn.calls.filter((call) => call === `GET /v1beta/${INSTALL}/token`).length, 1);
  standIn.uninstall();
  await assert.rejects(connection().plan(), connectFault('not-found', /installs\/7.*taken out/));
});

test('with refresh tokens the standard grant is used, each token once', async (context) => {
  const { standIn, connection } = await startPlace(context, undefined, { refreshTokens: true });
  const one = connection({ app: oauthApp(standIn, { refresh: 'refresh-token' }) });
  await allow(one, standIn);
  for (const _ of [1, 2]) {
    standIn.expireTokens();
    await one.plan();
  }
  assert.deepEqual(
    standIn.calls.filter((call) => !/destinations/.test(call)),
    [...['POST /oauth2/consent', 'POST /oauth2/token', 'POST /oauth2/token', 'POST /oauth2/token']],
  );
  assert.equal(await connection({ app: oauthApp(standIn, { refresh: 'refresh-token' }) }).needsConsent(), true);
});

test('an install that is named needs no consent, and a name that is none is refused', async (context) => {
  const { standIn, connection } = await startPlace(context);
  await allow(connection(), standIn);
  const named = connection({ install: INSTALL, source: OAUTH_SOURCE, secretsDirectory: join(tmpdir(), 'none-such') });
  assert.equal(await named.needsConsent(), false);
  await named.plan();
  await assert.rejects(connection({ install: '../workspaces' }).plan(), connectFault('settings', /installs\/7/));
  await assert.rejects(
    connection({ source: 'phone' }).plan(),
    connectFault('ambiguous', /workspaces\/shop\/sources\/web/),
  );
});

test('an answer before anything was asked, and one to an older request, are refused', async (context) => {
  const { standIn, connection, files } = await startPlace(context);
  const one = connection();
  const query = new URLSearchParams({ code: 'code-example', state: 'state-example-of-another' });
  await assert.rejects(one.finish(query), connectFault('refused', /Nothing was asked/));
  const older = await one.begin();
  await one.begin();
  const late = (await standIn.answerConsent(older.url)).searchParams;
  assert.equal(one.isAnswer(late), false);
  await assert.rejects(one.finish(late), connectFault('refused', /state/));
  assert.deepEqual(files(), {});
});

for (const [name, fault, code] of [
  [
    'wants fewer requests',
    { status: 429, headers: { 'retry-after': '1' }, body: { error: 'exhausted', code: 8 } },
    'rate-limited',
  ],
  ['forbids it', { status: 403, body: { error: 'insufficient scope', code: 7 } }, 'right-missing'],
  ['fails', { status: 500, body: { error: 'internal', code: 13 } }, 'unavailable'],
  ['takes no token', { status: 401, body: { error: 'malformed token', code: 16 } }, 'token-refused'],
] as const)
  test(`a Config API that ${name} ends it in words, and the next run goes on`, async (context) => {
    const state = { isOn: false };
    const { standIn, connection } = await startPlace(context, undefined, {
      faultOf: (call) => (state.isOn && call.includes('/destinations') ? fault : undefined),
    });
    const one = connection();
    await allow(one, standIn);
    state.isOn = true;
    await assert.rejects(apply(one), connectFault(code, /./));
    state.isOn = false;
    await apply(connection());
    assert.equal(standIn.destinations.size, 1);
  });

test('settings of a config service are refused before anything is asked: no document of it could name what is made', async (context) => {
  const { standIn, connection } = await startPlace(context);
  const one = connection({ settingsLocation: 'https://config.example/settings' });
  for (const ask of [() => one.plan(), () => one.planUndo(), () => one.needsConsent(), () => apply(one)])
    await assert.rejects(ask(), connectFault('settings', /config service/));
  assert.deepEqual(standIn.calls, []);
});
