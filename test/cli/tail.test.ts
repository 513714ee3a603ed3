// statsig-cdp tail: events on standard output, notices on standard error, and no line lost unsaid.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { CommandError, NothingFound } from '../../src/cli/running-process.js';
import { tail, toTailLine } from '../../src/cli/tail.js';
import type { LiveEntry } from '../../src/operate/live/shapes.js';
import { runCli, says } from '../../testkit/command-line.js';
import { startLive } from '../../testkit/live.js';
import { serve } from '../../testkit/loopback.js';
import { until } from '../../testkit/until.js';

const SHOP = { id: 'shop', paused: true, trackingApi: { writeKeys: ['write-key-of-the-shop'] } };
const COMMAND = fileURLToPath(new URL('../../../bin/statsig-cdp.js', import.meta.url));

const track = (event: string) => ({ type: 'track', event, userId: 'u', messageId: `m-${event}` });
const batch = (...events: readonly string[]) => ({ writeKey: 'write-key-of-the-shop', batch: events.map(track) });

function follow(context: TestContext, url: string, token: string, more: { limit?: number; query?: string } = {}) {
  const lines: string[] = [];
  const notices: string[] = [];
  const stop = new AbortController();
  const { limit = Number.POSITIVE_INFINITY, query = '' } = more;
  const done = tail(
    { url, token },
    { query: new URLSearchParams(query), signal: stop.signal, pauseMs: [1, 5] },
    {
      json: true,
      width: undefined,
      limit,
      sayLine: async (text) => void lines.push(text),
      notice: (text) => void notices.push(text),
    },
  );
  context.after(() => stop.abort());
  const events = () => lines.map((line) => JSON.parse(line).event);
  return { lines, notices, stop, done, events };
}

const tokenOf = ({ Authorization }: { Authorization: string }) => Authorization.replace('Bearer ', '');

test('it prints what comes until there is enough, filtered as it is asked to', async (context) => {
  const { post, url, authorization } = await startLive(context, { documents: [SHOP] });
  const all = follow(context, url, tokenOf(authorization), { limit: 3 });
  const paid = follow(context, url, tokenOf(authorization), { query: 'event=Paid' });
  await until(() => all.notices.length + paid.notices.length === 2, 'both are connected');
  await post('/v1/batch', batch('Seen', 'Paid', 'Left'));
  await all.done;
  assert.deepEqual(all.events(), ['Seen', 'Paid', 'Left']);
  await until(() => paid.lines.length === 1, 'the one is printed');
  paid.stop.abort();
  await paid.done;
  assert.deepEqual(paid.events(), ['Paid']);
  assert.deepEqual(all.notices, [`Connected to ${url}.`]);
});

test('a connection that breaks is made anew without a gap, and a process that starts anew is said', async (context) => {
  const first = await startLive(context, { documents: [SHOP] });
  const other = await startLive(context, { documents: [SHOP] });
  let app = first.app;
  // Where both are to be found, one after the other.
  const front = await serve((request, response) => app.handler(request, response));
  context.after(() => front.close());
  const { lines, notices, events, stop, done } = follow(context, front.url, tokenOf(first.authorization));
  await until(() => notices.length === 1, 'it is connected');
  await first.post('/v1/batch', batch('One'));
  await until(() => lines.length === 1, 'one');
  front.server.closeAllConnections();
  await first.post('/v1/batch', batch('Two', 'Three'));
  await until(() => lines.length === 3, 'three');
  assert.deepEqual(events(), ['One', 'Two', 'Three']);
  assert.ok(!notices.some((text) => text.startsWith('Gap')), notices.join('\n'));

  app = other.app;
  front.server.closeAllConnections();
  await until(() => notices.some((text) => text.startsWith('Gap: the process has started anew')), 'it is said');
  await other.post('/v1/batch', batch('Four'));
  await until(() => lines.length === 4, 'four');
  stop.abort();
  await done;
});

test('a wrong token, no process, and no live log end it with a sentence and a code', async (context) => {
  const { url, authorization } = await startLive(context, { documents: [SHOP], environment: { LIVE_LOG: 'off' } });
  await assert.rejects(follow(context, url, 'wrong').done, /ADMIN_REFUSED/);
  await assert.rejects(follow(context, url, tokenOf(authorization)).done, (error) => {
    assert.ok(error instanceof NothingFound);
    return error.exitCode === 3;
  });
  const gone = await serve(() => {});
  await gone.close();
  await assert.rejects(follow(context, gone.url, 'any').done, CommandError);
  const page = await serve((_request, response) => response.end('<html>'));
  context.after(() => page.close());
  await assert.rejects(follow(context, page.url, 'any').done, /is no statsig-cdp/);
});

/** The commands of the page about it. */
const DOCUMENTED = [
  ...readFileSync(new URL('../../../docs/live-log.md', import.meta.url), 'utf8').matchAll(
    /^npx statsig-cdp (tail.*)$/gm,
  ),
].map(([, args = '']) => args.split(' '));

test('each documented command follows the process of this environment and ends clean at Ctrl+C', {
  timeout: 60_000,
}, async (context) => {
  const { post, port, authorization } = await startLive(context, { documents: [SHOP] });
  assert.ok(DOCUMENTED.length >= 3);
  for (const args of DOCUMENTED) {
    const child = spawn(process.execPath, [COMMAND, ...args], {
      env: { PATH: process.env.PATH, ADMIN_TOKEN: tokenOf(authorization), PORT: String(port) },
    });
    context.after(() => child.kill('SIGKILL'));
    const [notice] = await once(createInterface({ input: child.stderr }), 'line');
    assert.match(notice, /^Connected to /, args.join(' '));
    if (args.length === 1) {
      const printed = once(createInterface({ input: child.stdout }), 'line');
      await post('/v1/batch', batch('Paid'));
      assert.deepEqual((await printed)[0].split('\t').slice(1, 7), [
        '→',
        'received',
        'shop',
        'tracking_api',
        'Paid',
        'u',
      ]);
    }
    child.kill('SIGINT');
    assert.deepEqual(await once(child, 'exit'), [0, null], args.join(' '));
  }
});

test('what no entry can have is refused at once with the words that there are, by the command and by the process', async (context) => {
  const { url, authorization } = await startLive(context, { documents: [SHOP] });
  const env = { PATH: process.env.PATH, ADMIN_TOKEN: tokenOf(authorization) };
  const wrong: readonly (readonly [option: string, value: string, said: RegExp])[] = [
    ['--outcome', 'nope', /received, duplicate, filtered, failed_on_ingest, delivered,.*refused/],
    ['--outcome', 'refused,', /received, duplicate/],
    ['--direction', 'x', /inbound, outbound, none/],
    ['--source', 'y', /segment, tracking_api, rudderstack, rudderstack_source, statsig, operations, none/],
    ['--limit', 'abc', /a whole number from 1/],
  ];
  for (const [option, value, said] of wrong)
    await assert.rejects(runCli(['tail', '--url', url, option, value], { env }), says(said));
  for (const path of ['/api/live', '/api/live/stream'])
    for (const query of ['outcome=nope', 'outcome=refused,nope', 'outcome=', 'direction=x', 'protocol=y']) {
      const answer = await fetch(`${url}${path}?${query}`, { headers: authorization });
      assert.equal(answer.status, 400, `${path}?${query}`);
      assert.match(await answer.text(), /REQUEST_INVALID.*(?:failed_delivery|outbound|tracking_api)/);
    }
  await assert.rejects(follow(context, url, tokenOf(authorization), { query: 'outcome=nope' }).done, CommandError);
});

test('a workspace that no settings document has is said, and followed all the same', async (context) => {
  const { url, authorization } = await startLive(context, { documents: [SHOP] });
  const unknown = follow(context, url, tokenOf(authorization), { query: 'workspace=shopp' });
  await until(() => unknown.notices.length === 2, 'it is connected');
  assert.match(unknown.notices[1] ?? '', /^No settings document has the id that --workspace names/);
  const known = follow(context, url, tokenOf(authorization), { query: 'workspace=shop' });
  await until(() => known.notices.length === 1, 'it is connected');
  unknown.stop.abort();
  known.stop.abort();
  await Promise.all([unknown.done, known.done]);
  assert.equal(known.notices.length, 1);
});

test('a line fits the terminal, and nothing in it commands one', () => {
  const entry: LiveEntry = {
    id: 'x-1',
    at: 0,
    direction: 'none',
    protocol: 'none',
    stage: 'request',
    outcome: 'refused',
    code: 'ROUTE_UNKNOWN',
    status: 404,
    method: 'POST',
    path: '/\u001b[2J\u202e',
    note: 'x'.repeat(400),
  };
  const line = toTailLine(entry, 120);
  assert.equal([...line].length, 120);
  assert.match(line, /· {2}refused {11}-/);
  assert.match(toTailLine(entry, undefined), /\/\\u001b\[2J\\u202e/);
});
