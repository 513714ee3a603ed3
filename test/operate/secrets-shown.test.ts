// No secret that a sender wrote at the wrong place is shown: not the process's own tokens, not a key in percent-encoding, not one within an event that was given up.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { serveLogEvent } from '../../testkit/log-event-stand-in.js';
import { startHere } from '../../testkit/server.js';
import { until } from '../../testkit/until.js';

const WRITE = 'write-token-of-ours';
const READ = 'read-token-of-ours';
const KEY = 'KEYDDD/multi+word=4';
const TARGET_KEY = 'key-of-the-target/1';

async function start(context: TestContext, tokens: Readonly<Record<string, string>>) {
  const directory = mkdtempSync(join(tmpdir(), 'secrets-shown-'));
  const statsig = await serveLogEvent(context, () => ({ status: 400, body: '{"error":"bad event"}' }));
  const settings = join(directory, 'shop.yaml');
  writeFileSync(
    settings,
    `secretKey: secret-example
eventsUrl: ${statsig.url}
trackingApi: { writeKeys: ['${KEY}'] }
outbound: { targets: [{ name: segment, writeKey: '${TARGET_KEY}' }] }
`,
  );
  const plugin = await startHere({
    STATSIG_CDP_SETTINGS: settings,
    OUTBOX_DIRECTORY: join(directory, 'outbox'),
    ...tokens,
  });
  context.after(async () => {
    await plugin.stop();
    rmSync(directory, { recursive: true, force: true });
  });
  const asker = (token: string) => async (path: string, body?: object) => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const request = body === undefined ? { headers } : { headers, method: 'POST', body: JSON.stringify(body) };
    const response = await fetch(plugin.url + path, request);
    return { status: response.status, text: await response.text() };
  };
  return { ...plugin, directory, asker };
}

/** What of a text may be a piece of a secret, however often it was percent-encoded. */
function decodedFully(text: string): string {
  return text
    .replace(/%25/g, '%')
    .replace(/%25/g, '%')
    .replace(/%[0-7][\da-f]/gi, (each) => decodeURIComponent(each));
}

/** Everything that is told of refused requests. */
async function toldTo(ask: (path: string) => Promise<{ text: string }>, count: number, lines: readonly string[]) {
  let told = '';
  await until(async () => {
    const { text } = await ask('/api/live?outcome=refused');
    const { entries } = JSON.parse(text) as { entries: { id: string; count?: number }[] };
    const details = await Promise.all(entries.map(async ({ id }) => (await ask(`/api/live/entry?id=${id}`)).text));
    told = [text, ...details, (await ask('/api/overview')).text, ...lines].join('\n');
    return entries.reduce((sum, each) => sum + (each.count ?? 1), 0) >= count;
  }, 'all refusals are told');
  return told;
}

const everyCharacter = (text: string) =>
  [...Buffer.from(text)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');

test('the own tokens of the process are masked wherever a path, a header or an event has them', async (context) => {
  const { url, asker, lines } = await start(context, {
    ADMIN_TOKEN: WRITE,
    ADMIN_READ_TOKEN: READ,
    STATSIG_CDP_SETTINGS_TOKEN: 'settings-token-of-ours',
  });
  const ask = asker(READ);
  const paths = [`/api/${WRITE}/settings-token-of-ours/${READ}`, `/segment/${WRITE}`];
  for (const path of paths) {
    const headers = { 'user-agent': `agent ${WRITE}` };
    assert.ok((await fetch(url + path, { method: 'POST', body: '{}', headers })).status >= 400);
  }
  const event = { type: 'track', userId: 'u', event: `paid ${WRITE}`, properties: { token: WRITE }, messageId: 'm' };
  await fetch(`${url}/v1/track`, { method: 'POST', body: JSON.stringify({ ...event, writeKey: KEY }) });
  const told = await toldTo(ask, paths.length, lines);
  const samples = await ask('/api/live/samples?workspace=shop');
  const live = await ask('/api/live');
  assert.match(live.text, /paid \[redacted\]/);
  assert.match(samples.text, /paid \[redacted\]/);
  const names = await ask('/api/live/names?workspace=shop');
  for (const text of [told, samples.text, live.text, names.text])
    assert.doesNotMatch(text, /(?:write|read|settings)-token-of-ours/);
  assert.match(told, /\/segment\/\[redacted\]/);
  assert.match(lines.join('\n'), /"unknownWorkspace":"\[redacted\]"/);
});

test('so is the token that the process made for this machine', async (context) => {
  const { url, asker, lines, directory } = await start(context, { ADMIN_READ_TOKEN: READ });
  const token = readFileSync(join(directory, 'admin-token'), 'utf8');
  for (const path of [`/api/${token}`, `/segment/${token}`]) await fetch(url + path, { method: 'POST', body: '{}' });
  const told = await toldTo(asker(READ), 2, lines);
  assert.ok(!told.includes(token));
});

test('a key is masked in percent-encoding, too', async (context) => {
  const { url, asker, lines } = await start(context, { ADMIN_TOKEN: WRITE, ADMIN_READ_TOKEN: READ });
  const once = encodeURIComponent(KEY);
  // Two rows of refusals, of which the first is told each.
  for (const path of [`/nothing/${once}`, `/segment/${everyCharacter(KEY)}%ff`])
    await fetch(url + path, { method: 'POST', body: '{}', headers: { 'user-agent': once } });
  const event = { type: 'page', userId: 'u', name: 'p', context: { page: { url: `https://x.example/?k=${once}` } } };
  await fetch(`${url}/v1/page`, { method: 'POST', body: JSON.stringify({ ...event, messageId: 'm', writeKey: KEY }) });
  const told = await toldTo(asker(READ), 2, lines);
  const { text } = await asker(READ)('/api/live/samples?workspace=shop');
  assert.match(text, /\?k=\[redacted\]/);
  for (const each of [told, text]) assert.ok(!decodedFully(each).toLowerCase().includes(KEY.toLowerCase()));
});

test('a key within an event that was given up is shown to no one, by list, group or preview', async (context) => {
  const { url, asker } = await start(context, { ADMIN_TOKEN: WRITE, ADMIN_READ_TOKEN: READ });
  const event = {
    type: 'track',
    userId: `user ${TARGET_KEY}`,
    event: `Paid ${TARGET_KEY}`,
    properties: { token: WRITE, page: encodeURIComponent(TARGET_KEY) },
    messageId: `m ${KEY}`,
    writeKey: KEY,
  };
  assert.equal((await fetch(`${url}/v1/track`, { method: 'POST', body: JSON.stringify(event) })).status, 200);
  const paths = ['/api/dead-letters', '/api/dead-letters/groups'];
  for (const token of [READ, WRITE]) {
    const ask = asker(token);
    let list = '';
    await until(async () => {
      list = (await ask(paths[0] ?? '')).text;
      return list !== '';
    }, 'it is given up');
    const { key, payload, user } = JSON.parse(list);
    assert.equal(user, 'user [redacted]');
    assert.equal(typeof payload, 'object');
    const groups = await ask(paths[1] ?? '');
    assert.match(groups.text, /Paid \[redacted\]/);
    const preview = await ask('/api/dead-letters/preview', { key });
    assert.equal(preview.status, 200);
    assert.equal(JSON.parse(preview.text).redelivery.kind, 'sends');
    for (const text of [list, groups.text, preview.text]) {
      assert.ok(!decodedFully(text).includes(TARGET_KEY), text);
      assert.ok(!text.includes(WRITE));
      assert.ok(!text.includes(KEY));
    }
  }
});
