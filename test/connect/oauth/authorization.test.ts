// The authorization code grant against the stand-in: what leaves the process, and what becomes of each answer.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { inspect } from 'node:util';
import { Secret } from '../../../src/base/secret.js';
import { beginAuthorization } from '../../../src/connect/oauth/authorization.js';
import { keepToken } from '../../../src/connect/oauth/token-keeper.js';
import { AT_ONCE, CALLBACK, connectFault, oauthApp } from '../../../testkit/oauth-app.js';
import { INSTALL, OAUTH_SOURCE, type OAuthStandIn, serveOAuth } from '../../../testkit/oauth-stand-in.js';

let standIn: OAuthStandIn;
let fault: Parameters<typeof serveOAuth>[0] = {};

before(async () => {
  standIn = await serveOAuth({ faultOf: (call, count) => fault?.faultOf?.(call, count) });
});

after(() => standIn.close());

/** Each test is alone in the workspace. */
function begin(changed: Parameters<typeof oauthApp>[1] = {}) {
  standIn.uninstall();
  fault = {};
  return beginAuthorization(oauthApp(standIn, changed), AT_ONCE);
}

test('who allows it is asked with state and PKCE, and the code becomes a token and the names that were picked', async () => {
  const pending = await begin();
  const { searchParams: asked, origin, pathname } = new URL(pending.url);
  assert.equal(origin + pathname, standIn.addresses.authorizeUrl);
  assert.deepEqual([...asked.keys()].sort(), [
    'client_id',
    'code_challenge',
    'code_challenge_method',
    'redirect_uri',
    'response_type',
    'scope',
    'state',
  ]);
  const { searchParams } = await standIn.answerConsent(pending.url);
  const { allowed, token } = await pending.finish(searchParams);
  assert.deepEqual(allowed, { install: INSTALL, workspaces: ['workspaces/shop'], sources: [OAUTH_SOURCE] });
  assert.ok(standIn.given.includes(token.secret.reveal()));
  assert.ok((token.expiresAt ?? 0) > Date.now());
  assert.deepEqual(standIn.broken, []);
});

test('without PKCE neither challenge nor verifier is sent', async () => {
  const pending = await begin({ pkce: false });
  assert.doesNotMatch(pending.url, /challenge/);
  const { allowed } = await pending.finish((await standIn.answerConsent(pending.url)).searchParams);
  assert.equal(allowed.install, INSTALL);
  assert.deepEqual(standIn.broken, []);
});

test('an answer with another state, or none, or two, is refused without a call, and does not end the request', async () => {
  const pending = await begin();
  const { searchParams: right } = await standIn.answerConsent(pending.url);
  const calls = standIn.calls.length;
  for (const change of [
    (query: URLSearchParams) => query.set('state', 'another-state-of-somebody-else'),
    (query: URLSearchParams) => query.delete('state'),
    (query: URLSearchParams) => query.append('state', pending.state),
    (query: URLSearchParams) => query.set('state', ''),
  ]) {
    const query = new URLSearchParams(right);
    change(query);
    assert.equal(pending.isAnswer(query), false);
    await assert.rejects(pending.finish(query), connectFault('refused', /state/));
  }
  assert.equal(standIn.calls.length, calls, 'no code was sent');
  assert.equal((await pending.finish(right)).allowed.install, INSTALL);
});

test('consent that is denied ends it, in words, without a call', async () => {
  const pending = await begin();
  const { searchParams } = await standIn.answerConsent(pending.url, 'deny');
  const calls = standIn.calls.length;
  await assert.rejects(
    pending.finish(searchParams),
    connectFault('refused', /not allowed.*access_denied.*owner denied/),
  );
  assert.equal(standIn.calls.length, calls);
});

test('a code that has ended, and an answer that comes twice, are told from each other', async () => {
  const expired = await begin();
  const late = (await standIn.answerConsent(expired.url)).searchParams;
  standIn.expireCodes();
  await assert.rejects(expired.finish(late), connectFault('refused', /code has ended/));
  const pending = await begin();
  const { searchParams } = await standIn.answerConsent(pending.url);
  const both = await Promise.allSettled([pending.finish(searchParams), pending.finish(searchParams)]);
  assert.deepEqual(
    both.map(({ status }) => status),
    ['fulfilled', 'rejected'],
  );
  await assert.rejects(pending.finish(searchParams), connectFault('refused', /taken already/));
});

test('a code that somebody else has used before is refused, without the code in what is said', async () => {
  const pending = await begin();
  const { searchParams } = await standIn.answerConsent(pending.url);
  const other = await beginAuthorization(oauthApp(standIn));
  const stolen = new URLSearchParams(searchParams);
  stolen.set('state', other.state);
  // Another request has another verifier: PKCE.
  await assert.rejects(other.finish(stolen), connectFault('refused', /verifier/));
  await assert.rejects(pending.finish(searchParams), (error) => {
    assert.doesNotMatch(inspect(error), new RegExp(searchParams.get('code') ?? ''));
    return connectFault('refused', /code has ended, was used/)(error);
  });
});

test('two requests at once have their own answers', async () => {
  const [one, two] = [await begin(), await begin()];
  assert.notEqual(one.state, two.state);
  const answers = await Promise.all([one, two].map(({ url }) => standIn.answerConsent(url)));
  const [first, second] = answers.map(({ searchParams }) => searchParams);
  assert.ok(first !== undefined && second !== undefined);
  await assert.rejects(one.finish(second), connectFault('refused', /state/));
  assert.equal((await two.finish(second)).allowed.install, INSTALL);
  standIn.uninstall();
  assert.equal((await one.finish(first)).allowed.install, INSTALL);
});

test('a redirect URI that is not registered is told to the person, and sent nowhere', async () => {
  const { url } = await begin({ redirectUri: 'http://localhost:8888/another' });
  const response = await fetch(url, { redirect: 'manual' });
  assert.deepEqual([response.status, response.headers.get('location')], [400, null]);
});

test('a code of one redirect URI is no code of another', async () => {
  const pending = await begin({ pkce: false });
  const { searchParams } = await standIn.answerConsent(pending.url);
  standIn.redirectUris.add('http://localhost:8888/second');
  const other = await beginAuthorization(
    oauthApp(standIn, { pkce: false, redirectUri: 'http://localhost:8888/second' }),
  );
  searchParams.set('state', other.state);
  await assert.rejects(other.finish(searchParams), connectFault('refused', /redirect URI is another/));
});

/** What an error holds, also in base64, as in the header of Basic authentication, and percent-encoded. */
function heldBy(error: unknown): string {
  const text = inspect(error);
  const decoded = (text.match(/[\w+/]{8,}=*/g) ?? []).map((run) => Buffer.from(run, 'base64').toString('latin1'));
  const all = [text, ...decoded].join('\n');
  return `${all}\n${all.replace(/%([0-9A-F]{2})/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))}`;
}

test('a wrong client secret is told without it', async () => {
  const pending = await begin({ clientSecret: new Secret('another-secret') });
  const { searchParams } = await standIn.answerConsent(pending.url);
  await assert.rejects(pending.finish(searchParams), (error) => {
    assert.doesNotMatch(heldBy(error), /another-secret/);
    return connectFault('token-refused', /client ID or the client secret is wrong/)(error);
  });
});

test('a server that repeats what it was sent makes none of it known: client secret, code and verifier', async () => {
  const pending = await begin({ clientSecret: new Secret('another-secret') });
  const { searchParams } = await standIn.answerConsent(pending.url);
  fault = { faultOf: () => 'repeated' };
  await assert.rejects(pending.finish(searchParams), (error) => {
    const held = heldBy(error);
    assert.doesNotMatch(held, /another-secret/);
    assert.doesNotMatch(held, /code-example/);
    assert.doesNotMatch(held, /code_verifier=(?!\[redacted\])/);
    return connectFault('refused', /It says: Basic \[redacted\] was sent, and .*code=\[redacted\]/)(error);
  });
});

for (const refresh of ['install', 'refresh-token'] as const)
  test(`nor where a token is replaced by the ${refresh}`, async () => {
    const app = oauthApp(standIn, { refresh, clientSecret: new Secret('another-secret') });
    const refreshToken = new Secret('refresh-example');
    const token = { secret: new Secret('token-example'), expiresAt: 0, refreshToken };
    fault = { faultOf: () => 'repeated' };
    const keeper = keepToken({ app, token, install: INSTALL, patience: AT_ONCE, now: Date.now });
    await assert.rejects(keeper.use(), (error) => {
      assert.doesNotMatch(heldBy(error), /another-secret|refresh-example|token-example/);
      return connectFault('refused', /It says: Basic \[redacted\] was sent/)(error);
    });
  });

test('a second install of the app is told with what to do', async () => {
  const first = await begin();
  await first.finish((await standIn.answerConsent(first.url)).searchParams);
  const again = await beginAuthorization(oauthApp(standIn));
  const { searchParams } = await standIn.answerConsent(again.url);
  await assert.rejects(again.finish(searchParams), connectFault('refused', /--install installs/));
});

const ANSWERS = [
  { name: 'fails', answer: { status: 500, body: {} }, calls: 1, refused: connectFault('unavailable', /fails \(500\)/) },
  { name: 'is cut', answer: 'cut after', calls: 1, refused: connectFault('unavailable', /does not answer/) },
  {
    name: 'leads elsewhere',
    answer: { status: 302, headers: { location: CALLBACK } },
    calls: 1,
    refused: connectFault('answer-unclear', /OAuth 2/),
  },
  {
    name: 'has no token',
    answer: { status: 200, body: { token_type: 'bearer' } },
    calls: 1,
    refused: connectFault('answer-unclear', /OAuth 2/),
  },
  {
    name: 'is of another kind of token',
    answer: { status: 200, body: { access_token: 'a', token_type: 'mac' } },
    calls: 1,
    refused: connectFault('answer-unclear', /OAuth 2/),
  },
  {
    name: 'names what would lead elsewhere',
    answer: { status: 200, body: { access_token: 'a', token_type: 'bearer', install_name: '../workspaces' } },
    calls: 1,
    refused: connectFault('answer-unclear', /install_name/),
  },
  {
    name: "names another workspace's source",
    answer: {
      status: 200,
      body: {
        access_token: 'a',
        token_type: 'bearer',
        workspace_names: ['workspaces/a'],
        source_names: ['workspaces/b/sources/c'],
      },
    },
    calls: 1,
    refused: connectFault('answer-unclear', /source_names/),
  },
  {
    name: 'wants fewer requests',
    answer: { status: 429, headers: { 'retry-after': '1' } },
    calls: 5,
    refused: connectFault('rate-limited', /fewer/),
  },
] as const;

for (const { name, answer, calls, refused } of ANSWERS)
  test(`a token endpoint that ${name}: ${calls} calls, because a code counts once`, async () => {
    const pending = await begin();
    const { searchParams } = await standIn.answerConsent(pending.url);
    const seen = standIn.calls.length;
    fault = { faultOf: () => answer };
    await assert.rejects(pending.finish(searchParams), refused);
    assert.equal(standIn.calls.length - seen, calls);
  });

test('addresses over which others could listen, and scopes that lead elsewhere, are refused before anybody is asked', async () => {
  for (const [changed, words] of [
    [{ authorizeUrl: 'http://id.example/auth' }, /authorization endpoint has to begin with https/],
    [{ tokenUrl: 'ftp://id.example/token' }, /token endpoint/],
    [{ configUrl: 'https://user:pass@api.example' }, /user, a password/],
    [{ redirectUri: 'http://plugin.example/callback' }, /redirect URI has to/],
    [{ redirectUri: `${CALLBACK}?a=b` }, /cannot have a query/],
    [{ scope: 'workspace' }, /destination\/SLUG/],
    [{ scope: 'destination/statsig' }, /Statsig's own/],
    [{ clientId: '' }, /client ID/],
  ] as const)
    await assert.rejects(begin(changed), connectFault('settings', words));
});
