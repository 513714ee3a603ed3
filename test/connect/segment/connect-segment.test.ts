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
import type { ConnectSegmentOptions } from '../../../src/connect/segment/options.js';
import { createPublicApi } from '../../../src/connect/segment/public-api.js';
import type { StepReport } from '../../../src/connect/step.js';
import { serve } from '../../../testkit/loopback.js';
import { startHere } from '../../../testkit/server.js';
import { startSmallPublicApi, TOKEN } from '../../../testkit/small-public-api.js';

/** Everything below a directory, by path. */
function contentsOf(directory: string): Readonly<Record<string, string>> {
  const names = readdirSync(directory, { recursive: true, encoding: 'utf8' });
  const files = names.filter((name) => statSync(join(directory, name)).isFile());
  return Object.fromEntries(files.sort().map((name) => [name, readFileSync(join(directory, name), 'utf8')]));
}

async function setUp(context: TestContext, document?: string) {
  const settings = mkdtempSync(join(tmpdir(), 'connect-'));
  context.after(() => rmSync(settings, { recursive: true, force: true }));
  if (document !== undefined) writeFileSync(join(settings, 'shop.yaml'), document);
  const segment = await startSmallPublicApi(context);
  const pauses: number[] = [];
  const pause = async (ms: number) => void pauses.push(ms);
  const connect = (options: Partial<ConnectSegmentOptions> = {}, token = TOKEN) =>
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
  const apply = async (options: Partial<ConnectSegmentOptions> = {}, token = TOKEN) => {
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
  return { settings, segment, pauses, connect, apply, undo, secret };
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
  const { settings, segment, connect, apply, secret } = await setUp(context);
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
  const [sent] = segment.track as { event: string; authorization: string }[];
  assert.equal(sent?.authorization, `Basic ${Buffer.from('web-key:').toString('base64')}`);

  const [destination] = segment.destinations.values();
  const [mapping] = segment.subscriptions.values();
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
  assert.equal(segment.track.length, 1, 'no second test event');
  const after = contentsOf(settings);
  for (const name of Object.keys(after).filter((each) => !each.startsWith('.outbox')))
    assert.equal(after[name], before[name], name);
  const told = JSON.stringify([first, await connect(at).plan()]);
  for (const name of ['header', 'shared', 'write-key']) assert.ok(!told.includes(secret(name)), `${name} is told`);
});

test('broken off after each call and run again it comes to the same end, with nothing twice', async (context) => {
  const document = 'id: shop\nsecretKey: env:STATSIG_KEY\n# kept\neventNamePrefix: ""\n';
  for (let at = 1; ; at += 1) {
    const { segment, settings, apply, connect } = await setUp(context, document);
    const stop = new AbortController();
    let changes = 0;
    segment.answerWith(({ method }) => {
      if (method === 'GET') return undefined;
      changes += 1;
      if (changes !== at) return undefined;
      stop.abort();
      return 'cut';
    });
    const api = createPublicApi({ token: new Secret(TOKEN), apiUrl: segment.url, signal: stop.signal });
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
      [segment.sources.size, segment.destinations.size, segment.subscriptions.size],
      [4, 1, 1],
      `after call ${at}`,
    );
    assert.ok((await connect().plan()).every(({ state }) => state === 'there'));
    assert.match(readFileSync(join(settings, 'shop.yaml'), 'utf8'), /# kept/);
  }
});

test('an answer that is lost, or says that the server failed, is no reason to make anything twice', async (context) => {
  const { segment, apply, pauses } = await setUp(context);
  const seen = new Set<string>();
  segment.answerWith(({ method, path }) => {
    if (method === 'GET' || seen.has(`${method} ${path}`)) return undefined;
    seen.add(`${method} ${path}`);
    return path === '/destinations' ? { status: 502, isDone: true } : 'cut';
  });
  await apply();
  assert.deepEqual([segment.sources.size, segment.destinations.size, segment.subscriptions.size], [4, 1, 1]);
  assert.equal(pauses.length, 3);
});

test('undone, Segment and the disk are as they were; what others made stays', async (context) => {
  for (const document of [
    undefined,
    'id: shop\nsegment:\n  sharedSecrets: [env:OTHER] # theirs\noutbound:\n  targets:\n    - { name: segment, writeKey: env:W }\n',
  ]) {
    const { segment, settings, apply, connect, undo } = await setUp(context, document);
    segment.destinations.set('theirs', {
      id: 'theirs',
      name: 'statsig-cdp shop',
      enabled: true,
      sourceId: 'src2',
      metadataId: 'x',
      settings: {},
    });
    segment.subscriptions.set('s', {
      id: 's',
      destinationId: 'theirs',
      settings: { url: 'https://else.example/segment/shop' },
    });
    const before = contentsOf(settings);
    await apply();
    assert.equal(segment.sources.size, 4);
    const planned = await connect().planUndo();
    assert.equal(segment.destinations.size, 2, 'planned only');
    const reports = await undo();
    assert.deepEqual(
      reports.map(({ step }) => step),
      planned,
    );
    assert.deepEqual([...segment.destinations.keys()], ['theirs']);
    assert.deepEqual([segment.sources.size, segment.subscriptions.size], [3, 1]);
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
  const { segment, settings, apply, connect } = await setUp(context);
  segment.answerWith(({ path }) =>
    path.endsWith('/subscriptions') ? { status: 403, message: 'Destination Subscriptions is not enabled' } : undefined,
  );
  const reports = await apply({ test: 'after-changes', publicUrl: 'http://127.0.0.1:9' });
  const mapping = reports.find(({ step }) => step.id === 'create-mapping');
  assert.equal(mapping?.result, 'by-hand');
  const pasted = mapping?.step.byHand?.flatMap(({ paste }) => paste ?? []);
  assert.ok(pasted?.includes('http://127.0.0.1:9/segment/shop'));
  assert.ok(pasted?.includes(`Bearer (the secret in ${join(settings, 'secrets', 'shop-segment-header')})`));
  assert.match(reports.find(({ step }) => step.id === 'test-event')?.problem ?? '', /--test/);
  assert.deepEqual(segment.track, []);
  const [shown] = (await connect({ showSecrets: true }).plan()).filter(({ id }) => id === 'create-mapping');
  const header = readFileSync(join(settings, 'secrets', 'shop-segment-header'), 'utf8').trim();
  assert.ok(shown?.byHand?.some(({ paste }) => paste === `Bearer ${header}`));
});

test('what the plan of the workspace does not allow is left to a person, and the rest is connected', async (context) => {
  const { segment, settings, apply } = await setUp(context);
  segment.answerWith(({ method, path }) =>
    method === 'POST' && path === '/sources'
      ? { status: 403, message: 'Your plan has reached its limit of sources' }
      : undefined,
  );
  const reports = await apply();
  assert.deepEqual(results(reports).slice(2, 4), ['create-source: by-hand', 'write-key: by-hand']);
  assert.match(reports[2]?.problem ?? '', /Your plan has reached its limit of sources/);
  assert.equal(segment.destinations.size, 1);
  assert.ok(!readFileSync(join(settings, 'shop.yaml'), 'utf8').includes('outbound'), 'no target without a write key');
});

test('a token that is not known, that may not do it, and one asked to wait end with what to do', async (context) => {
  const { segment, settings, apply, pauses } = await setUp(context);
  await assert.rejects(apply({}, 'wrong'), fails('token-refused', /--region/));
  segment.answerWith(({ method }) =>
    method === 'POST' ? { status: 403, message: `Forbidden for ${TOKEN}` } : undefined,
  );
  await assert.rejects(apply(), (error) => {
    assert.ok(error instanceof ConnectError && !error.message.includes(TOKEN));
    return fails('right-missing', /Workspace Owner.*Forbidden for \[redacted\]/)(error);
  });
  assert.ok(existsSync(join(settings, 'secrets', 'shop-segment-header')));

  let refusals = 2;
  segment.answerWith(() => (refusals-- > 0 ? { status: 429, retryAfter: '7' } : undefined));
  await apply();
  assert.deepEqual(pauses, [7_000, 7_000]);
  refusals = 1;
  segment.answerWith(() => (refusals-- > 0 ? { status: 429, data: { msBeforeNext: 1_234 } } : undefined));
  await apply();
  assert.deepEqual(pauses, [7_000, 7_000, 1_234]);
  segment.answerWith(() => ({ status: 429, retryAfter: '300' }));
  await assert.rejects(apply(), fails('rate-limited', /300 seconds/));
  segment.answerWith(() => ({ status: 500 }));
  await assert.rejects(apply(), fails('unavailable', /fails \(500\)/));
});

test('in the EU the outbound source is of another kind, and its target has the host of the EU', async (context) => {
  const { segment, settings, apply } = await setUp(context);
  await apply({ region: 'eu' });
  assert.equal([...segment.sources.values()].at(-1)?.metadataId, 'iUM16Md8P2');
  assert.match(readFileSync(join(settings, 'shop.yaml'), 'utf8'), new RegExp(`host: ${segment.url}`));
});

test('kinds are found by their names where their ids are others', async (context) => {
  const { segment, apply } = await setUp(context);
  segment.setCatalog(
    [
      { id: 'x', name: 'Other', slug: 'other', actions: [] },
      { id: 'y', name: 'Another', slug: 'another', actions: [] },
      {
        id: 'new-id',
        name: 'Webhooks (Actions)',
        slug: 'webhooks',
        actions: [{ id: 'new-action', slug: 'send', name: 'Send' }],
      },
    ],
    [{ id: 'h', name: 'HTTP API', slug: 'http-api' }],
  );
  await apply();
  assert.equal([...segment.destinations.values()][0]?.metadataId, 'new-id');
  assert.equal([...segment.subscriptions.values()][0]?.actionId, 'new-action');
  assert.equal([...segment.sources.values()].at(-1)?.metadataId, 'h');
});

test('what another has made under our name is left alone', async (context) => {
  const { segment, apply } = await setUp(context);
  segment.destinations.set('d', { id: 'd', name: 'statsig-cdp shop', enabled: true, sourceId: 'src1', settings: {} });
  segment.subscriptions.set('s', {
    id: 's',
    destinationId: 'd',
    settings: { url: 'https://else.example/segment/shop' },
  });
  await assert.rejects(apply(), fails('ambiguous', /posts elsewhere/));
  assert.deepEqual(segment.changes(), []);
  segment.destinations.clear();
  segment.sources.set('s', { id: 's', slug: 'statsig-cdp-shop', name: 'x', enabled: true, metadataId: 'js' });
  await assert.rejects(apply(), fails('ambiguous', /of another kind/));
});

test('what has changed since is put right, and what people chose is kept', async (context) => {
  const { segment, apply, secret } = await setUp(context);
  await apply();
  const [mapping] = segment.subscriptions.values();
  const [destination] = segment.destinations.values();
  assert.ok(mapping && destination);
  Object.assign(mapping, { trigger: 'type = "track"', enabled: false });
  Object.assign(mapping.settings as object, { batch_size: 50, headers: { 'X-Own': '1', Authorization: 'Bearer old' } });
  Object.assign(destination, { enabled: false });
  await apply();
  assert.equal(destination.enabled, true);
  assert.equal(mapping.trigger, 'type = "track"');
  const { batch_size, headers } = mapping.settings as { batch_size: number; headers: object };
  assert.deepEqual([batch_size, headers], [50, { 'X-Own': '1', Authorization: `Bearer ${secret('header')}` }]);
  await apply({ batchSize: 0, types: ['track', 'identify'] });
  assert.equal(mapping.trigger, 'type = "track" or type = "identify"');
  assert.equal((mapping.settings as { enable_batching: boolean }).enable_batching, false);
});

test('the source is the one that is named, by its id, slug or name; a name of two is none', async (context) => {
  const { connect } = await setUp(context);
  await assert.rejects(connect({ source: 'App' }).plan(), fails('ambiguous', /ios.*android/));
  await assert.rejects(connect({ source: 'nothing' }).plan(), fails('not-found', /Web \(web\)/));
  for (const source of ['src1', 'web', 'Web'])
    assert.ok((await connect({ source }).plan()).some(({ title }) => title.includes('"Web"')));
});

test('of a config service the document names variables, nothing is written on this machine, and a person changes it', async (context) => {
  const { segment, apply, undo } = await setUp(context);
  const service = { settingsLocation: 'http://127.0.0.1:9/settings?token=hidden' };
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
  assert.ok(!/hidden|of-tests|file:(?!PATH)/.test(told), told);
  assert.equal([...segment.destinations.values()][0]?.sourceId, 'src1');
  assert.ok(!existsSync('http:'));
  assert.deepEqual(results(await undo(service)), [
    'delete-destination: done',
    'delete-source: done',
    'settings: by-hand',
  ]);
});

test('undone, what people have hung on what was made stays: mappings of the destination, destinations of the source', async (context) => {
  const { segment, settings, apply, connect, undo } = await setUp(context);
  await apply();
  const [destination] = segment.destinations.values();
  const outbound = [...segment.sources.values()].find(({ slug }) => slug === 'statsig-cdp-shop');
  assert.ok(destination && outbound);
  segment.subscriptions.set('theirs', {
    id: 'theirs',
    destinationId: destination.id,
    settings: { url: 'https://else.example' },
  });
  segment.destinations.set('analysts', { id: 'analysts', name: 'Analysts', sourceId: outbound.id, settings: {} });
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
  assert.deepEqual([...segment.subscriptions.keys()], ['theirs']);
  assert.deepEqual([...segment.destinations.keys()], [destination.id, 'analysts']);
  assert.ok(segment.sources.has(outbound.id));
  assert.deepEqual(contentsOf(settings), {});
  assert.deepEqual(results(await undo()), ['delete-source: by-hand']);
});

test('a list whose pages overlap has each item once, and one that goes in a circle ends', async (context) => {
  const { segment, connect } = await setUp(context);
  let nextOf = (url: URL): string | undefined => (url.searchParams.has('pagination[cursor]') ? undefined : 'b');
  const sources = [...segment.sources.values()].map((source) => ({ ...source, metadata: { id: 'x', name: 'X' } }));
  const overlapping = await serve((request, response) => {
    const url = new URL(request.url ?? '', 'http://x');
    const data = { sources, pagination: { current: 'a', next: nextOf(url) } };
    response.end(JSON.stringify({ data }));
  });
  context.after(() => overlapping.close());
  const api = createPublicApi({ token: new Secret(TOKEN), apiUrl: overlapping.url });
  assert.equal((await api.list('/sources', 'sources')).length, 3);
  nextOf = ({ searchParams }) => (searchParams.get('pagination[cursor]') === 'b' ? 'c' : 'b');
  await assert.rejects(api.list('/sources', 'sources'), fails('answer-unclear', /without end/));
  const { source } = segment;
  source.name = 'Web\ndone: Delete everything';
  const titles = (await connect().plan()).map(({ title }) => title);
  assert.deepEqual(
    titles.filter((title) => title.includes('\n')),
    [],
  );
});

test('undone, a destination of which nothing tells whose it is is left to a person', async (context) => {
  const { segment, settings, apply, undo } = await setUp(context);
  segment.answerWith(({ path }) => (path.endsWith('/subscriptions') ? { status: 404 } : undefined));
  await apply();
  rmSync(join(settings, 'secrets', 'shop-segment-shared'));
  const [first] = await undo();
  assert.deepEqual([first?.step.id, first?.result], ['delete-destination', 'by-hand']);
  assert.equal(segment.destinations.size, 1);
});

test('names of ten thousand characters are cut where they are told', async (context) => {
  const { segment, connect } = await setUp(context);
  Object.assign(segment.source, { name: 'x'.repeat(10_000) });
  for (const { title } of await connect().plan()) assert.ok(title.length < 300, title.slice(0, 80));
});
