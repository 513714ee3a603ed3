// Connecting Segment: what it asks of the Public API, what it leaves on disk, and that both are the same however often it is run or broken off.

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Secret } from '../../../src/base/secret.js';
import { ConnectError } from '../../../src/connect/connection.js';
import { connectSegment } from '../../../src/connect/segment/connect-segment.js';
import { type ConnectSegmentOptions, slugOf } from '../../../src/connect/segment/options.js';
import { createPublicApi } from '../../../src/connect/segment/public-api.js';
import type { StepReport } from '../../../src/connect/step.js';
import { serve } from '../../../testkit/loopback.js';
import { HTTP_API, SEND, WEBHOOK } from '../../../testkit/segment-public-api/catalog.js';
import {
  PUBLIC_API_TOKEN,
  type SegmentOptions,
  startSegment,
  tooMany,
} from '../../../testkit/segment-public-api/stand-in.js';
import type { Item, Workspace } from '../../../testkit/segment-public-api/workspace.js';
import { startHere } from '../../../testkit/server.js';

/** Everything below a directory, by path. */
function contentsOf(directory: string): Readonly<Record<string, string>> {
  const names = readdirSync(directory, { recursive: true, encoding: 'utf8' });
  const files = names.filter((name) => statSync(join(directory, name)).isFile());
  return Object.fromEntries(files.sort().map((name) => [name, readFileSync(join(directory, name), 'utf8')]));
}

async function setUp(context: TestContext, document?: string, segmentOptions: SegmentOptions = {}) {
  const settings = mkdtempSync(join(tmpdir(), 'connect-'));
  context.after(() => rmSync(settings, { recursive: true, force: true }));
  if (document !== undefined) writeFileSync(join(settings, 'shop.yaml'), document);
  const segment = await startSegment(context, segmentOptions);
  const { workspace } = segment;
  const pauses: number[] = [];
  const pause = async (ms: number) => void pauses.push(ms);
  const connect = (options: Partial<ConnectSegmentOptions> = {}, token = PUBLIC_API_TOKEN) =>
    connectSegment({
      api: createPublicApi({ token: new Secret(token), apiUrl: segment.url, pause }),
      region: 'us',
      trackingUrl: segment.url,
      source: 'web',
      workspace: 'shop',
      publicUrl: 'https://cdp.example',
      settingsLocation: settings,
      outbound: true,
      test: 'never',
      ...options,
    });
  const apply = async (options: Partial<ConnectSegmentOptions> = {}, token = PUBLIC_API_TOKEN) => {
    const reports: StepReport[] = [];
    await connect(options, token).apply((report) => reports.push(report));
    return reports;
  };
  const undo = async (options: Partial<ConnectSegmentOptions> = {}) => {
    const reports: StepReport[] = [];
    await connect(options).undo((report) => reports.push(report));
    return reports;
  };
  const secret = (what: string) => readFileSync(join(settings, 'secrets', `shop-segment-${what}`), 'utf8').trim();
  return { settings, segment, workspace, pauses, connect, apply, undo, secret };
}

/** The first that a workspace has of something. */
function firstOf(items: Workspace['sources']): Item {
  const [first] = items.values();
  assert.ok(first);
  return first;
}

const mappingTo = (url: string) => ({
  name: 'theirs',
  actionId: SEND.id,
  trigger: 'type = "track"',
  enabled: true,
  settings: { url, method: 'POST' },
});

/** A destination of our name that posts elsewhere. */
function addOfOthers(workspace: Workspace, sourceId: string): Item {
  const given = { sourceId, metadataId: WEBHOOK.id, name: 'statsig-cdp shop', settings: {} };
  const destination = workspace.addDestination(given);
  workspace.addSubscription(destination, mappingTo('https://else.example/segment/shop'));
  return destination;
}

const results = (reports: readonly StepReport[]) => reports.map(({ step: { id }, result }) => `${id}: ${result}`);

const fails = (code: ConnectError['code'], message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof ConnectError, String(error));
  assert.equal(error.code, code);
  assert.match(error.message, message);
  return true;
};

test('the plan tells every call and every change, and makes none; no secret stands in it', async (context) => {
  const { settings, segment, connect } = await setUp(context);
  const steps = await connect().plan();
  assert.deepEqual(
    steps.map(({ id, state }) => `${id}: ${state}`),
    [
      'header-secret: to-do',
      'shared-secret: to-do',
      'create-source: to-do',
      'write-key: to-do',
      'settings: to-do',
      'create-destination: to-do',
      'create-mapping: to-do',
      'statsig-webhook: to-do',
    ],
  );
  const [made, , mapped] = steps.flatMap(({ call }) => call ?? []);
  assert.deepEqual(made, {
    method: 'POST',
    url: `${segment.url}/sources`,
    body: { slug: 'statsig-cdp-shop', enabled: true, metadataId: '3x07B5Dn5h' },
  });
  assert.deepEqual(mapped?.body, {
    name: 'statsig-cdp shop',
    actionId: 'nFPnRozhz1mh4Gbx4MLvT5',
    trigger: 'type = "track" or type = "page" or type = "screen" or type = "group"',
    enabled: true,
    settings: {
      url: 'https://cdp.example/segment/shop',
      method: 'POST',
      headers: { Authorization: '(secret)' },
      data: { '@path': '$.' },
      enable_batching: true,
      batch_size: 1000,
    },
  });
  const { change = '' } = steps.find(({ id }) => id === 'settings') ?? {};
  assert.deepEqual(
    change.split('\n').filter((line) => line.startsWith('+') && line.includes('secrets/')),
    [
      '+    - file:secrets/shop-segment-header',
      '+    - file:secrets/shop-segment-shared',
      `+    - { name: segment, writeKey: file:secrets/shop-segment-write-key, host: ${segment.url} }`,
    ],
  );
  assert.deepEqual(segment.changes(), []);
  assert.deepEqual(contentsOf(settings), {});
});

test('it connects; a second run changes nothing, and what Segment then posts is taken', async (context) => {
  const { workspace, settings, segment, connect, apply, secret } = await setUp(context);
  const plugin = await startHere({ STATSIG_CDP_SETTINGS: settings, OUTBOX_DIRECTORY: join(settings, '.outbox') });
  context.after(() => plugin.stop());
  const at = { publicUrl: plugin.publicUrl, test: 'after-changes' } as const;
  const first = await apply(at);
  assert.deepEqual(results(first), [
    'header-secret: done',
    'shared-secret: done',
    'create-source: done',
    'write-key: done',
    'settings: done',
    'reach: done',
    'create-destination: done',
    'create-mapping: done',
    'test-event: by-hand',
    'statsig-webhook: by-hand',
  ]);
  assert.deepEqual(
    segment.tracked.map(({ writeKey }) => writeKey),
    ['write-key-of-web'],
  );

  const [destination] = workspace.destinations.values();
  const [mapping] = workspace.subscriptions.values();
  assert.deepEqual(destination?.settings, { sharedSecret: secret('shared') });
  assert.ok(mapping);
  const { headers, url } = mapping.settings as { headers: Record<string, string>; url: string };
  assert.deepEqual(headers, { Authorization: `Bearer ${secret('header')}` });
  for (const name of ['header', 'shared', 'write-key'])
    assert.equal(statSync(join(settings, 'secrets', `shop-segment-${name}`)).mode & 0o777, 0o600, name);

  const body = JSON.stringify({ type: 'track', event: 'Order', userId: 'u', messageId: 'm1' });
  const signature = createHmac('sha1', secret('shared')).update(body).digest('hex');
  const post = (proof: Record<string, string>) =>
    fetch(url, { method: 'POST', body, headers: { 'content-type': 'application/json', ...proof } });
  assert.equal((await post({ ...headers, 'x-signature': signature })).status, 200);
  assert.equal((await post({ 'x-signature': signature })).status, 401);

  const [before, made] = [contentsOf(settings), segment.changes().length];
  assert.deepEqual(new Set((await apply(at)).map(({ result }) => result)), new Set(['there']));
  assert.equal(segment.changes().length, made);
  assert.equal(segment.tracked.length, 1, 'no second test event');
  const after = contentsOf(settings);
  for (const name of Object.keys(after).filter((each) => !each.startsWith('.outbox')))
    assert.equal(after[name], before[name], name);
  const told = JSON.stringify([first, await connect(at).plan()]);
  for (const name of ['header', 'shared', 'write-key']) assert.ok(!told.includes(secret(name)), `${name} is told`);
});

test('broken off after each call and run again it comes to the same end, with nothing twice', async (context) => {
  const document = 'id: shop\nsecretKey: env:STATSIG_KEY\n# kept\neventNamePrefix: ""\n';
  for (let at = 1; ; at += 1) {
    const { workspace, segment, settings, apply, connect } = await setUp(context, document);
    const stop = new AbortController();
    let changes = 0;
    segment.trouble(({ method }) => {
      if (method === 'GET') return undefined;
      changes += 1;
      if (changes !== at) return undefined;
      stop.abort();
      return { connection: 'cut', isDone: true };
    });
    const api = createPublicApi({ token: new Secret(PUBLIC_API_TOKEN), apiUrl: segment.url, signal: stop.signal });
    const run = apply({ api });
    if (at > 3) {
      await run;
      assert.equal(changes, 3, 'each of the three calls was one that was broken off');
      break;
    }
    await assert.rejects(run, fails('stopped', /goes on where it was/));
    const reports = await apply();
    assert.ok(
      reports.every(
        ({ result, step }) => result !== 'failed' && (result !== 'by-hand' || step.id === 'statsig-webhook'),
      ),
    );
    assert.deepEqual(
      [workspace.sources.size, workspace.destinations.size, workspace.subscriptions.size],
      [4, 1, 1],
      `after call ${at}`,
    );
    assert.ok((await connect().plan()).every(({ state }) => state === 'there'));
    assert.match(readFileSync(join(settings, 'shop.yaml'), 'utf8'), /# kept/);
  }
});

test('an answer that is lost, or says that the server failed, is no reason to make anything twice', async (context) => {
  const { workspace, segment, apply, pauses } = await setUp(context);
  const seen = new Set<string>();
  segment.trouble(({ method, id }) => {
    if (method === 'GET' || seen.has(id)) return undefined;
    seen.add(id);
    return id === 'createDestination' ? { status: 502, isDone: true } : { connection: 'cut', isDone: true };
  });
  await apply();
  assert.deepEqual([workspace.sources.size, workspace.destinations.size, workspace.subscriptions.size], [4, 1, 1]);
  assert.equal(pauses.length, 3);
});

test('undone, Segment and the disk are as they were; what others made stays', async (context) => {
  for (const document of [
    undefined,
    'id: shop\nsegment:\n  sharedSecrets: [env:OTHER] # theirs\noutbound:\n  targets:\n    - { name: segment, writeKey: env:W }\n',
  ]) {
    const { workspace, settings, apply, connect, undo } = await setUp(context, document);
    const theirs = addOfOthers(workspace, 'source-2');
    const before = contentsOf(settings);
    await apply();
    assert.equal(workspace.sources.size, 4);
    const planned = await connect().planUndo();
    assert.equal(workspace.destinations.size, 2, 'planned only');
    const reports = await undo();
    assert.deepEqual(
      reports.map(({ step }) => step),
      planned,
    );
    assert.deepEqual([...workspace.destinations.keys()], [theirs.id]);
    assert.deepEqual([workspace.sources.size, workspace.subscriptions.size], [3, 1]);
    assert.deepEqual(contentsOf(settings), before);
    assert.ok(!existsSync(join(settings, 'secrets')));
    assert.deepEqual(await undo(), []);
  }
});

test('a workspace whose senders only sign goes on with signatures alone', async (context) => {
  const { settings, apply } = await setUp(context, 'id: shop\nsegment:\n  sharedSecrets: [env:OTHER]\n');
  const reports = await apply();
  const text = readFileSync(join(settings, 'shop.yaml'), 'utf8');
  assert.match(text, /sharedSecrets:.*env:OTHER.*file:secrets\/shop-segment-shared/);
  assert.ok(!text.includes('headerSecrets'));
  assert.match(reports.find(({ step }) => step.id === 'settings')?.step.note ?? '', /headerSecrets/);
});

test('where mappings are not enabled for the workspace a person makes the mapping, with the values to paste', async (context) => {
  const { segment, settings, apply, connect } = await setUp(context, undefined, { hasAlpha: false });
  const reports = await apply({ test: 'after-changes', publicUrl: 'http://127.0.0.1:9' });
  const mapping = reports.find(({ step }) => step.id === 'create-mapping');
  assert.equal(mapping?.result, 'by-hand');
  const pasted = mapping?.step.byHand?.flatMap(({ paste }) => paste ?? []);
  assert.ok(pasted?.includes('http://127.0.0.1:9/segment/shop'));
  assert.ok(pasted?.includes(`Bearer (the secret in ${join(settings, 'secrets', 'shop-segment-header')})`));
  assert.match(reports.find(({ step }) => step.id === 'test-event')?.problem ?? '', /--test/);
  assert.deepEqual(segment.tracked, []);
  const [shown] = (await connect({ showSecrets: true }).plan()).filter(({ id }) => id === 'create-mapping');
  const header = readFileSync(join(settings, 'secrets', 'shop-segment-header'), 'utf8').trim();
  assert.ok(shown?.byHand?.some(({ paste }) => paste === `Bearer ${header}`));
});

test('what the plan of the workspace does not allow is left to a person, and the rest is connected', async (context) => {
  const { workspace, segment, settings, apply } = await setUp(context);
  segment.trouble(({ id }) =>
    id === 'createSource' ? { status: 403, message: 'Your plan has reached its limit of sources' } : undefined,
  );
  const reports = await apply();
  assert.deepEqual(results(reports).slice(2, 4), ['create-source: by-hand', 'write-key: by-hand']);
  assert.match(reports[2]?.problem ?? '', /Your plan has reached its limit of sources/);
  assert.equal(workspace.destinations.size, 1);
  assert.ok(!readFileSync(join(settings, 'shop.yaml'), 'utf8').includes('outbound'), 'no target without a write key');
});

test('a token that is not known, that may not do it, and one asked to wait end with what to do', async (context) => {
  const { segment, settings, apply, pauses } = await setUp(context);
  await assert.rejects(apply({}, 'wrong'), fails('token-refused', /--region/));
  segment.trouble(({ method }) =>
    method === 'POST' ? { status: 403, message: `Forbidden for ${PUBLIC_API_TOKEN}` } : undefined,
  );
  await assert.rejects(apply(), (error) => {
    assert.ok(error instanceof ConnectError && !error.message.includes(PUBLIC_API_TOKEN));
    return fails('right-missing', /Workspace Owner.*Forbidden for \[redacted\]/)(error);
  });
  assert.ok(existsSync(join(settings, 'secrets', 'shop-segment-header')));

  let refusals = 2;
  segment.trouble(() => (refusals-- > 0 ? { ...tooMany(1), headers: { 'retry-after': '7' } } : undefined));
  await apply();
  assert.deepEqual(pauses, [7_000, 7_000]);
  refusals = 1;
  segment.trouble(() => (refusals-- > 0 ? tooMany(1_234) : undefined));
  await apply();
  assert.deepEqual(pauses, [7_000, 7_000, 1_234]);
  segment.trouble(() => ({ status: 429, headers: { 'retry-after': '300' } }));
  await assert.rejects(apply(), fails('rate-limited', /300 seconds/));
  segment.trouble(() => ({ status: 500 }));
  await assert.rejects(apply(), fails('unavailable', /fails \(500\)/));
});

test('in the EU the outbound source is of another kind, and its target has the host of the EU', async (context) => {
  const { segment, workspace, settings, apply } = await setUp(context, undefined, { region: 'eu' });
  await apply({ region: 'eu' });
  assert.deepEqual([...workspace.sources.values()].at(-1)?.metadata, HTTP_API);
  assert.match(readFileSync(join(settings, 'shop.yaml'), 'utf8'), new RegExp(`host: ${segment.url}`));
});

test('kinds are found by their names where their ids are others', async (context) => {
  const webhook = { ...WEBHOOK, id: 'new-id', slug: 'webhooks', actions: [{ ...SEND, id: 'new-action' }] };
  const others = ['Other', 'Another'].map((name) => ({ ...WEBHOOK, id: name, name, slug: name, actions: [] }));
  const source = { ...HTTP_API, id: 'new-source' };
  const catalog = { sources: [source], destinations: [...others, webhook] };
  const { workspace, apply } = await setUp(context, undefined, { catalog });
  await apply();
  assert.deepEqual([...workspace.destinations.values()][0]?.metadata, webhook);
  assert.equal([...workspace.subscriptions.values()][0]?.actionId, 'new-action');
  assert.deepEqual([...workspace.sources.values()].at(-1)?.metadata, source);
});

test('what another has made under our name is left alone', async (context) => {
  const { workspace, segment, apply } = await setUp(context);
  addOfOthers(workspace, 'source-1');
  await assert.rejects(apply(), fails('ambiguous', /posts elsewhere/));
  assert.deepEqual(segment.changes(), []);
  workspace.destinations.clear();
  workspace.addSource('statsig-cdp-shop', 'x');
  await assert.rejects(apply(), fails('ambiguous', /of another kind/));
});

test('a destination that a person has renamed, or made, and that posts here is told: a second would send every event again', async (context) => {
  const { workspace, connect, apply } = await setUp(context);
  await apply();
  const destination = firstOf(workspace.destinations);
  workspace.destinations.set(String(destination.id), { ...destination, name: 'Statsig for the shop' });
  await assert.rejects(connect().plan(), fails('ambiguous', /"Statsig for the shop" that posts to .* already/));
  assert.equal(workspace.destinations.size, 1);
  const steps = await connect({ name: 'Statsig for the shop', outbound: false }).plan();
  assert.deepEqual(
    steps.filter(({ state }) => state === 'to-do'),
    [],
  );
});

test('what has changed since is put right, and what people chose is kept', async (context) => {
  const { workspace, apply, secret } = await setUp(context);
  await apply();
  const mapping = () => firstOf(workspace.subscriptions);
  const destination = () => firstOf(workspace.destinations);
  Object.assign(mapping(), { trigger: 'type = "track"', enabled: false });
  Object.assign(mapping().settings as object, {
    batch_size: 50,
    headers: { 'X-Own': '1', Authorization: 'Bearer old' },
  });
  Object.assign(destination(), { enabled: false });
  await apply();
  assert.equal(destination().enabled, true);
  assert.equal(mapping().trigger, 'type = "track"');
  const { batch_size, headers } = mapping().settings as { batch_size: number; headers: object };
  assert.deepEqual([batch_size, headers], [50, { 'X-Own': '1', Authorization: `Bearer ${secret('header')}` }]);
  await apply({ batchSize: 0, types: ['track', 'identify'] });
  assert.equal(mapping().trigger, 'type = "track" or type = "identify"');
  assert.equal((mapping().settings as { enable_batching: boolean }).enable_batching, false);
});

test('the source is the one that is named, by its id, slug or name; a name of two is none', async (context) => {
  const { connect } = await setUp(context);
  await assert.rejects(connect({ source: 'App' }).plan(), fails('ambiguous', /ios.*android/));
  await assert.rejects(connect({ source: 'nothing' }).plan(), fails('not-found', /Web \(web\)/));
  for (const source of ['source-1', 'web', 'Web'])
    assert.ok((await connect({ source }).plan()).some(({ title }) => title.includes('"Web"')));
});

test('of a config service the document names variables, nothing is written on this machine, and a person changes it', async (context) => {
  const { workspace, segment, apply, undo } = await setUp(context);
  const token = 'token-of-the-service';
  let document: object = { id: 'shop', secretKey: 'env:KEY_OF_SHOP' };
  const server = await serve((request, response) => {
    response.statusCode = request.headers.authorization === `Bearer ${token}` ? 200 : 401;
    response.end(JSON.stringify({ workspaces: [{ id: 'blog' }, document] }, null, 2));
  });
  context.after(() => server.close());
  const settingsLocation = `${server.url}/settings?token=hidden`;
  const service = { settingsLocation, settingsToken: new Secret(token) };
  await assert.rejects(apply({ settingsLocation }), fails('settings', /answer.*401/));
  await assert.rejects(
    apply(service),
    fails('settings', /SEGMENT_SHOP_HEADER_SECRET is not set: .*openssl rand -hex 32/),
  );
  assert.deepEqual(segment.changes(), []);
  const variables = { SEGMENT_SHOP_HEADER_SECRET: 'header-of-tests', SEGMENT_SHOP_SHARED_SECRET: 'shared-of-tests' };
  Object.assign(process.env, variables);
  context.after(() => {
    for (const name of Object.keys(variables)) delete process.env[name];
  });
  const reports = await apply(service);
  assert.deepEqual(results(reports), [
    'create-source: done',
    'write-key: by-hand',
    'settings: by-hand',
    'create-destination: done',
    'create-mapping: done',
    'statsig-webhook: by-hand',
  ]);
  const told = JSON.stringify(reports);
  for (const name of ['env:SEGMENT_SHOP_HEADER_SECRET', 'env:SEGMENT_SHOP_SHARED_SECRET', 'env:SEGMENT_SHOP_WRITE_KEY'])
    assert.ok(told.includes(name), name);
  assert.ok(!/hidden|of-tests|of-the-service|file:(?!PATH)/.test(told), told);
  // Against what the service has: who takes over the whole of it loses nothing.
  const change = reports.find(({ step: { id } }) => id === 'settings')?.step.change ?? '';
  assert.match(change, /^[ +] +"secretKey": "env:KEY_OF_SHOP",?$/m);
  assert.ok(!/no Statsig key/.test(told), told);
  document = {
    ...document,
    segment: {
      headerSecrets: ['env:SEGMENT_SHOP_HEADER_SECRET'],
      sharedSecrets: ['env:SEGMENT_SHOP_SHARED_SECRET'],
    },
    outbound: { targets: [{ name: 'segment', writeKey: 'env:SEGMENT_SHOP_WRITE_KEY', host: segment.url }] },
  };
  assert.ok(results(await apply(service)).includes('settings: there'));
  assert.equal([...workspace.destinations.values()][0]?.sourceId, 'source-1');
  assert.ok(!existsSync('http:'));
  assert.deepEqual(results(await undo(service)), [
    'delete-destination: done',
    'delete-source: done',
    'settings: by-hand',
  ]);
  document = { id: 'shop' };
  assert.deepEqual(await undo(service), []);
});

test('undone with another address than it was made with, nothing is taken away', async (context) => {
  const { segment, settings, apply, connect, undo } = await setUp(context);
  await apply();
  const before = contentsOf(settings);
  const made = segment.changes().length;
  await assert.rejects(
    connect({ publicUrl: 'https://other.example' }).planUndo(),
    fails('ambiguous', /--public-url that it was made with/),
  );
  await assert.rejects(undo({ publicUrl: 'https://other.example' }), fails('ambiguous', /--public-url/));
  assert.deepEqual([contentsOf(settings), segment.changes().length], [before, made]);
});

test('each name has a source of its own', () => {
  const slugs = ['shop', 'Shop', '日本', '日本 2', 'Shop (EU)', 'shop-eu'].map((name) =>
    slugOf({ workspace: 'shop', name }),
  );
  assert.equal(new Set(slugs).size, slugs.length);
  for (const slug of slugs) assert.match(slug, /^[a-z0-9]+(?:-[a-z0-9]+)*$/);
  assert.equal(slugOf({ workspace: 'shop_eu' }), 'statsig-cdp-shop_eu');
});

test('undone, what people have hung on what was made stays: mappings of the destination, destinations of the source', async (context) => {
  const { workspace, settings, apply, connect, undo } = await setUp(context);
  await apply();
  const [destination] = workspace.destinations.values();
  const outbound = [...workspace.sources.values()].find(({ slug }) => slug === 'statsig-cdp-shop');
  assert.ok(destination && outbound);
  const theirs = workspace.addSubscription(destination, mappingTo('https://else.example'));
  const analysts = workspace.addDestination({
    sourceId: outbound.id,
    metadataId: WEBHOOK.id,
    name: 'Analysts',
    settings: {},
  });
  const planned = await connect().planUndo();
  assert.match(planned.find(({ id }) => id === 'delete-source')?.note ?? '', /Analysts/);
  assert.deepEqual(results(await undo()), [
    'delete-mapping: done',
    'delete-source: by-hand',
    'settings: done',
    'remove-file: done',
    'remove-file: done',
    'remove-file: done',
  ]);
  assert.deepEqual([...workspace.subscriptions.keys()], [theirs.id]);
  assert.deepEqual([...workspace.destinations.keys()], [destination.id, analysts.id]);
  assert.ok(workspace.sources.has(outbound.id));
  assert.deepEqual(contentsOf(settings), {});
  assert.deepEqual(results(await undo()), ['delete-source: by-hand']);
});

test('a list whose pages overlap has each item once, and one that goes in a circle ends', async (context) => {
  const { workspace, connect } = await setUp(context);
  let nextOf = (url: URL): string | undefined => (url.searchParams.has('pagination[cursor]') ? undefined : 'b');
  const sources = [...workspace.sources.values()];
  const overlapping = await serve((request, response) => {
    const url = new URL(request.url ?? '', 'http://x');
    const data = { sources, pagination: { current: 'a', next: nextOf(url) } };
    response.end(JSON.stringify({ data }));
  });
  context.after(() => overlapping.close());
  const api = createPublicApi({ token: new Secret(PUBLIC_API_TOKEN), apiUrl: overlapping.url });
  assert.equal((await api.list('/sources', 'sources')).length, 3);
  nextOf = ({ searchParams }) => (searchParams.get('pagination[cursor]') === 'b' ? 'c' : 'b');
  await assert.rejects(api.list('/sources', 'sources'), fails('answer-unclear', /without end/));
  Object.assign(firstOf(workspace.sources), { name: 'Web\ndone: Delete everything' });
  const titles = (await connect().plan()).map(({ title }) => title);
  assert.deepEqual(
    titles.filter((title) => title.includes('\n')),
    [],
  );
});

test('undone, a destination of which nothing tells whose it is is left to a person', async (context) => {
  const { workspace, segment, settings, apply, undo } = await setUp(context);
  segment.trouble(({ id }) => (/Subscription/.test(id) ? { status: 404 } : undefined));
  await apply();
  rmSync(join(settings, 'secrets', 'shop-segment-shared'));
  const [first] = await undo();
  assert.deepEqual([first?.step.id, first?.result], ['delete-destination', 'by-hand']);
  assert.equal(workspace.destinations.size, 1);
});

test('names of ten thousand characters are cut where they are told', async (context) => {
  const { workspace, connect } = await setUp(context);
  Object.assign(firstOf(workspace.sources), { name: 'x'.repeat(10_000) });
  for (const { title } of await connect().plan()) assert.ok(title.length < 300, title.slice(0, 80));
});
