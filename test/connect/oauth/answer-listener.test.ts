// The listener for the answer of a browser: one answer counts, and nothing else does any harm.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listenForAnswer } from '../../../src/connect/oauth/answer-listener.js';
import { send, serve } from '../../../testkit/loopback.js';
import { connectFault } from '../../../testkit/oauth-app.js';

const FREE = 'http://127.0.0.1:0/auth/segment/callback';

const isRight = (query: URLSearchParams) => query.get('state') === 'right';

async function textOf(url: string): Promise<string> {
  return (await fetch(url)).text();
}

test('foreign requests change nothing; the answer is led to a page without its query, and a second one counts for nothing', async () => {
  const listener = await listenForAnswer({ redirectUri: FREE });
  const { redirectUri } = listener;
  const { port, origin, pathname } = new URL(redirectUri);
  const taken: string[] = [];
  const done = listener.waitFor(isRight, async (query) => void taken.push(query.get('code') ?? ''));
  const statuses: number[] = [];
  for (const [method, path, headers] of [
    ['GET', '/', []],
    ['GET', `${pathname}?code=a&state=wrong`, []],
    ['GET', pathname, []],
    ['POST', `${pathname}?code=a&state=right`, []],
    // A page of another name that was made to lead here.
    ['GET', `${pathname}?code=a&state=right`, ['Host', `evil.example:${port}`]],
    ['GET', `http://evil.example:${port}${pathname}?code=a&state=right`, []],
    ['GET', '/done', []],
  ] as const) {
    const host = headers.length > 0 ? headers : ['Host', `127.0.0.1:${port}`];
    const answer = await send(Number(port), method, path, host);
    answer.resume();
    statuses.push(answer.statusCode ?? 0);
  }
  assert.deepEqual(statuses, [404, 400, 400, 405, 421, 421, 200]);
  assert.deepEqual(taken, []);

  const answer = await fetch(`${redirectUri}?code=first&state=right`, { redirect: 'manual' });
  assert.deepEqual([answer.status, answer.headers.get('location')], [303, '/done']);
  for (const [name, value] of [
    ['cache-control', 'no-store'],
    ['referrer-policy', 'no-referrer'],
  ] as const)
    assert.equal(answer.headers.get(name), value);
  const second = await fetch(`${redirectUri}?code=second&state=right`, { redirect: 'manual' });
  assert.equal(second.status, 303, 'who comes twice sees what became of the first');
  assert.match(await textOf(`${origin}/done`), /allowed/);
  await done;
  assert.deepEqual(taken, ['first']);
  await listener.close();
  await assert.rejects(fetch(redirectUri));
});

test('what comes of the answer is told in the browser, and thrown', async () => {
  const listener = await listenForAnswer({ redirectUri: FREE });
  const { redirectUri } = listener;
  const refused = new Error('with a secret');
  const done = listener.waitFor(isRight, () => Promise.reject(refused));
  const seen = textOf(`${redirectUri}?state=right`);
  await assert.rejects(done, refused);
  assert.match(await seen, /terminal says why/);
  await listener.close();
});

test('it waits as long as it is told, and ends when it is told to', async () => {
  const late = await listenForAnswer({ redirectUri: FREE, timeoutMs: 1 });
  await assert.rejects(
    late.waitFor(isRight, async () => {}),
    connectFault('stopped', /No answer came/),
  );
  await late.close();
  const stop = new AbortController();
  const ended = await listenForAnswer({ redirectUri: FREE, signal: stop.signal });
  const waiting = ended.waitFor(isRight, async () => {});
  stop.abort();
  await assert.rejects(waiting, connectFault('stopped', /ended before/));
  await ended.close();
});

test('a port that is taken, and an address that is not of this machine, are told with what to do', async () => {
  const other = await serve((_request, response) => response.end());
  await assert.rejects(
    listenForAnswer({ redirectUri: `${other.url}/callback` }),
    connectFault('refused', /EADDRINUSE.*--redirect-uri/),
  );
  await other.close();
  for (const redirectUri of [
    'https://plugin.example/callback',
    'http://plugin.example/callback',
    'callback',
    'http://localhost:0/done',
  ])
    await assert.rejects(listenForAnswer({ redirectUri }), connectFault('settings', /redirect URI/));
});
