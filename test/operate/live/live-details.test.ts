// Details of an entry: the event as received, what is decided of it and why, the requests, the tries; and what none of it ever holds.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import Ajv from 'ajv';
import { startLive } from '../../../testkit/live.js';
import { signWebhook } from '../../../testkit/statsig-webhook.js';

const HEADER_SECRET = 'header-secret-of-the-shop';
const SHOP = {
  id: 'shop',
  segment: { headerSecrets: [HEADER_SECRET] },
  trackingApi: { writeKeys: ['write-key-of-the-shop'] },
  outbound: { signingSecrets: ['signing-secret-of-the-shop'] },
  excludeEvents: ['Noise*'],
  redact: ['context.ip', 'properties.email', 'properties.items.note'],
};
const SECRET = { 'X-Statsig-CDP-Secret': HEADER_SECRET };

/** Of everything that a page or a terminal may take for something else than text. */
const HOSTILE = `</script><img src=x onerror=alert(1)>"'\`$(touch /tmp/x)\u202e\u0007\u001b[2J`;

function track(event: string, more: object = {}) {
  return { type: 'track', event, userId: 'user-1', messageId: `m-${event}`, ...more };
}

test('an entry tells its event, each decision, the request with its keys masked, and how to send it again', async (context) => {
  const { post, list, details } = await startLive(context, {
    documents: [{ ...SHOP, secretKey: 'secret-of-the-shop', eventsUrl: 'http://127.0.0.1:9' }],
  });
  await post('/segment/shop', track('Paid', { properties: { email: 'ann@shop.example', total: 5 } }), SECRET);
  const { entries } = await list('?outcome=received');
  const told = await details(entries[0]?.id ?? '');
  assert.deepEqual(told.event, track('Paid', { properties: { email: '[redacted]', total: 5 } }));
  assert.match(told.eventNote ?? '', /redact/);
  assert.deepEqual(told.masked, ['properties.email']);
  assert.deepEqual(told.curl?.split('\n').slice(0, 2), [
    '# Masked here, write the real values first: properties.email. As it is, the marks would be sent.',
    '# SEGMENT_HEADER_SECRET: one of segment.headerSecrets of workspace shop',
  ]);
  assert.match(JSON.stringify(told.fixture), /"why":"[^"]*Masked here[^"]*properties\.email/);
  assert.equal(told.now?.result, 'converted');
  assert.ok((told.now?.decisions.length ?? 0) > 2);
  assert.equal(told.now?.requests[0]?.headers['statsig-api-key'], '[redacted]');
  assert.equal(told.settingsChanged, false);
  assert.deepEqual(told.tester, { source: 'segment', workspace: 'shop', body: told.event });
  assert.doesNotMatch(JSON.stringify(told), /of-the-shop|ann@/);
});

test('what was filtered says by which rule, what is at fault what is wrong with it', async (context) => {
  const { post, list, details } = await startLive(context, { documents: [SHOP] });
  await post('/v1/batch', { writeKey: 'write-key-of-the-shop', batch: [track('Noise 1'), track('')] });
  const { entries } = await list();
  const [noise] = entries.filter(({ outcome }) => outcome === 'filtered');
  assert.equal(noise?.reason, 'event_excluded');
  const told = await details(noise?.id ?? '');
  assert.equal(told.now?.result, 'filtered');
  assert.match(told.now?.why ?? '', /Noise\*/);
  const [bad] = entries.filter(({ outcome }) => outcome === 'failed_on_ingest');
  assert.equal(bad?.code, 'EVENT_NAME_MISSING');
  assert.match(bad?.note ?? '', /has no name/);
});

test('the commands carry the same event, whatever it holds, and the fixtures fit the schema', async (context) => {
  const { post, list, details, url } = await startLive(context, { documents: [SHOP] });
  const properties = { text: HOSTILE, "it's": '$HOME `id`' };
  await post('/segment/shop', track('Paid', { properties }), SECRET);
  await post('/v1/batch', { writeKey: 'write-key-of-the-shop', batch: [track('Seen', { properties })] });
  const exposures = JSON.stringify([
    { eventName: 'Checkout', user: { userID: 'u' }, timestamp: '1767323045000', metadata: properties },
  ]);
  await post('/statsig/shop', exposures, signWebhook(exposures, 'signing-secret-of-the-shop'));
  const schema = JSON.parse(readFileSync(new URL('../../../../fixtures/fixture.schema.json', import.meta.url), 'utf8'));
  const fits = new Ajv.default({ strict: false }).compile(schema);
  const env = {
    PATH: process.env.PATH,
    SEGMENT_HEADER_SECRET: HEADER_SECRET,
    WRITE_KEY: 'write-key-of-the-shop',
    STATSIG_SIGNING_SECRET: 'signing-secret-of-the-shop',
  };
  const { entries } = await list();
  assert.deepEqual(
    entries.map(({ protocol }) => protocol),
    ['segment', 'tracking_api', 'statsig'],
  );
  for (const { id, event } of entries) {
    const { curl = '', fixture } = await details(id);
    const [comment = ''] = curl.split('\n');
    assert.match(
      comment,
      /^# (?:SEGMENT_HEADER_SECRET: one of segment\.headerSecrets|WRITE_KEY: one of trackingApi\.writeKeys|STATSIG_SIGNING_SECRET: one of outbound\.signingSecrets) of workspace shop$/,
    );
    assert.ok(fits(fixture), JSON.stringify(fits.errors));
    // What the shell makes of it, without curl.
    const printed = execFileSync('sh', ['-c', `curl() { printf '%s\\0' "$@"; }\n${curl}`], { env, encoding: 'utf8' });
    const args = printed.split('\0').slice(0, -1);
    const valuesOf = (name: string) => args.filter((_, at) => args[at - 1] === name);
    const headers = Object.fromEntries(valuesOf('-H').map((line) => line.split(': ')));
    const [user] = valuesOf('-u');
    if (user !== undefined) headers.Authorization = `Basic ${Buffer.from(user).toString('base64')}`;
    const [target = ''] = args.filter((each) => each.startsWith('http'));
    assert.equal(new URL(target).port, new URL(url).port);
    const [body = ''] = valuesOf('--data-raw');
    assert.ok(body.includes(String(event)));
    const answered = await fetch(target.replace('localhost', '127.0.0.1'), { method: 'POST', headers, body });
    assert.match(await answered.text(), /duplicate/, 'it is the event that was sent before');
  }
});

test('hostile names, ids, agents and paths come as data, and secrets of the settings never come', async (context) => {
  const { post, list, details, url } = await startLive(context, { documents: [SHOP] });
  await post('/segment/shop', track(HOSTILE, { userId: HOSTILE, properties: { key: HEADER_SECRET } }), SECRET);
  await post('/segment/shop', track('x'), { 'X-Statsig-CDP-Secret': 'wrong', 'User-Agent': `<b>${HEADER_SECRET}</b>` });
  await post(`/segment/${encodeURIComponent(`<svg onload=x>${HEADER_SECRET}`)}`, track('x'));
  await fetch(`${url}/sägment/shop`, { method: 'POST', body: '{}' });
  // Refusals are worked out in a later turn than their answers.
  await list();
  const answer = await list();
  const [event] = answer.entries.filter(({ outcome }) => outcome === 'received');
  assert.equal(event?.event, HOSTILE);
  assert.equal(event?.user, HOSTILE);
  const refused = answer.entries.filter(({ outcome }) => outcome === 'refused');
  assert.deepEqual(refused.map(({ status }) => status).sort(), [401, 401, 404]);
  const all = [JSON.stringify(answer)];
  for (const { id } of answer.entries) all.push(JSON.stringify(await details(id)));
  for (const text of all) assert.doesNotMatch(text, /header-secret|write-key-of/);
  const told = await details(refused[0]?.id ?? '');
  assert.equal(told.refusal?.workspace, 'shop');
  assert.deepEqual(told.refusal?.sent, ['x-statsig-cdp-secret']);
  const unknown = await details(refused[1]?.id ?? '');
  assert.match(String(unknown.refusal?.unknownWorkspace), /^<svg onload=x>\[redacted\]$/);
});

test('a comment of the command names no field that a shell might run', async (context) => {
  const { post, list, details } = await startLive(context, {
    documents: [SHOP],
  });
  const hostile = track('x', { properties: { [HOSTILE]: HEADER_SECRET, plain: HEADER_SECRET } });
  await post('/segment/shop', hostile, SECRET);
  const { entries } = await list('?outcome=received');
  const { curl = '', masked = [] } = await details(entries[0]?.id ?? '');
  assert.equal(masked.length, 2);
  const comments = curl.split('\n').filter((line) => !/^(?:BODY|curl)/.test(line));
  assert.equal(comments.length, 2);
  for (const line of comments) assert.match(line, /^# [\w.,: -]+$/);
  assert.match(comments[0] ?? '', /first: properties\.plain\./);
});

test('redacted fields are in nothing that is kept, in lists neither', async (context) => {
  const { post, list, details, ask } = await startLive(context, {
    documents: [{ ...SHOP, redact: ['userId', 'properties.items.note', 'traits.email'] }],
  });
  const items = [
    { note: 'for Ann', sku: 1 },
    { note: 'for Bob', sku: 2 },
  ];
  const event = track('Paid', {
    userId: 'ann-42',
    properties: { items },
    context: { traits: { email: 'ann@shop.example' } },
  });
  await post('/segment/shop', event, SECRET);
  await post('/segment/shop', { ...event, type: 'identify', messageId: 'm-2' }, SECRET);
  const { entries } = await list();
  assert.equal(entries.length, 2);
  assert.equal(entries[0]?.user, '[redacted]');
  const samples = await (await ask('/api/live/samples?workspace=shop&source=segment')).text();
  assert.match(samples, /"sku":2/);
  const told = await Promise.all(entries.map(async ({ id }) => JSON.stringify(await details(id))));
  for (const text of [samples, JSON.stringify(entries), ...told]) assert.doesNotMatch(text, /ann|for Bob/);
});

test('with LIVE_LOG=off nothing is kept, and that is said', async (context) => {
  const { post, list, ask, stream } = await startLive(context, { documents: [SHOP], environment: { LIVE_LOG: 'off' } });
  await post('/segment/shop', track('Paid'), SECRET);
  await post('/segment/shop', track('Paid'));
  assert.deepEqual([(await list()).state, (await list()).entries], ['off', []]);
  const reading = await stream();
  await reading.until(() => reading.ended);
  assert.deepEqual(reading.hellos, [{ epoch: '', state: 'off' }]);
  for (const path of ['names?workspace=shop', 'samples?workspace=shop'])
    assert.match(await (await ask(`/api/live/${path}`)).text(), /"state":"off"/);
  const unknown = await ask('/api/live/entry?id=x-1');
  assert.deepEqual([unknown.status, /LIVE_ENTRY_UNKNOWN/.test(await unknown.text())], [404, true]);
});
