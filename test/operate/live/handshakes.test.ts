// That the URL of Statsig's event webhook was verified is in the log and in the live log: with whose question it was, and at most once a second however many ask.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createHandshakeNotice } from '../../../src/operate/handshakes.js';
import type { LiveEntry } from '../../../src/operate/live/shapes.js';
import { startLive } from '../../../testkit/live.js';
import { rememberingLog } from '../../../testkit/settings.js';

const SHOP = { id: 'shop', outbound: { signingSecrets: ['webhook-12345'] } };
const QUESTION = { data: { event: 'url_verification', verification_code: 'code-1' } };

const told = ({ direction, protocol, stage, outcome, workspace, type, note }: LiveEntry) =>
  [direction, protocol, stage, outcome, workspace, type, note].filter((part) => part !== undefined).join(' ');

test('the live log shows who asked: Statsig, our own command, or for no workspace', async (context) => {
  const { post, stream } = await startLive(context, { documents: [SHOP] });
  const reading = await stream('?protocol=statsig');
  const ask = (workspace: string, agent: string) => post(`/statsig/${workspace}`, QUESTION, { 'user-agent': agent });
  await ask('shop', 'node');
  await ask('shop', 'statsig-cdp/9.9.9');
  await ask('shpo', 'node');
  await reading.until(() => reading.entries.length === 3);
  assert.deepEqual(reading.entries.map(told), [
    'outbound statsig ingest received shop url_verification',
    'outbound statsig ingest received shop url_check',
    'outbound statsig ingest received url_verification no workspace is called shpo',
  ]);
  assert.doesNotMatch(JSON.stringify(reading.entries), /code-1/);
});

test('a stranger who asks a thousand times fills neither log', async () => {
  const log = rememberingLog();
  const entries: string[] = [];
  let now = 0;
  const notice = createHandshakeNotice({
    log: { ...log, debug: () => {} },
    live: ({ workspaceId }) => entries.push(workspaceId),
    now: () => now,
  });
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  for (let at = 0; at < 1_000; at += 1) {
    notice({ workspaceId: `stranger-${at}`, isKnown: false, isOwnCheck: false });
    notice({ workspaceId: 'shop', isKnown: true, isOwnCheck: false });
  }
  assert.deepEqual(entries, [], 'in a later turn, so that no answer waits for it');
  await turn();
  assert.deepEqual(entries, ['stranger-0', 'shop']);
  assert.equal(log.lines.length, 2);
  assert.match(log.lines[0] ?? '', /"level":"warn".*names no workspace/);
  assert.match(log.lines[1] ?? '', /"workspace":"shop","level":"info".*Statsig verified the URL/);
  now += 1_000;
  notice({ workspaceId: 'shop', isKnown: true, isOwnCheck: true });
  notice({ workspaceId: 'shop', isKnown: true, isOwnCheck: false });
  await turn();
  assert.deepEqual(entries.slice(2), ['shop', 'shop']);
  assert.match(log.lines[2] ?? '', /checked by `statsig-cdp connect`/);
});
