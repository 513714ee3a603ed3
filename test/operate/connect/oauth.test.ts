// Connecting Segment by OAuth through /api/connect: asked, allowed or not, planned, gone on with; codes and tokens are nowhere.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { ConnectDeed } from '../../../src/operate/connect/shapes.js';
import { startConnectApi } from '../../../testkit/connect-api.js';
import { OAUTH_CLIENT, serveOAuth } from '../../../testkit/oauth-stand-in.js';
import { assertNone, searchFiles } from '../../../testkit/secret-process.js';

async function start(context: TestContext) {
  const api = await startConnectApi(context);
  const oauth = await serveOAuth();
  context.after(async () => {
    await oauth.close();
    assert.deepEqual(oauth.broken, []);
  });
  const redirectUri = `${api.server.url}/connect/oauth/callback`;
  oauth.redirectUris.add(redirectUri);
  const asked = {
    ...{ workspace: 'shop', clientId: OAUTH_CLIENT.id, clientSecret: OAUTH_CLIENT.secret, redirectUri },
    ...{ scope: 'destination/webhooks', url: api.server.publicUrl, ...oauth.addresses },
  };
  return {
    ...api,
    oauth,
    asked,
    /** @returns the deed once somebody is to be asked */
    async begin(): Promise<ConnectDeed> {
      const { body, text } = await api.ask<ConnectDeed>('/oauth', asked);
      assert.equal(body.state, 'running', text);
      return api.settled(body.id, ['consent', 'failed']);
    },
    /** Comes back as a browser does: with no session. @returns where it is led */
    async comeBack(url: URL): Promise<string | null> {
      const response = await fetch(url, { redirect: 'manual' });
      assert.equal(response.status, 303);
      return response.headers.get('location');
    },
  };
}

const KNOWN = '../../console/#/connect?way=oauth';

test('it is allowed, planned, made when it is told to, and taken away without being asked again', async (context) => {
  const { oauth, ask, asked, begin, comeBack, settled, server, directory, canaries, answers } = await start(context);
  const { id, consentUrl = '' } = await begin();
  assert.doesNotMatch((await ask(`/deed?id=${id}`, undefined, 'read')).text, /consentUrl/);
  assert.equal((await ask('/go', { id, verb: 'apply' })).status, 409, 'nobody has allowed it yet');
  const back = await oauth.answerConsent(consentUrl);
  assert.equal(await comeBack(back), KNOWN);
  assert.equal(await comeBack(back), `${KNOWN}&consent=unknown`, 'it counts once');
  const planned = await settled(id, ['ready', 'failed']);
  assert.equal(planned.state, 'ready', JSON.stringify(planned.problem));
  assert.equal(oauth.destinations.size, 0, 'a plan makes nothing');
  assert.equal((await ask('/go', { id, verb: 'apply' })).status, 200);
  const made = await settled(id);
  assert.equal(made.state, 'done', JSON.stringify(made.problem));
  assert.equal(oauth.destinations.size, 1);

  const again = (await ask<ConnectDeed>('/oauth', asked)).body;
  await settled(again.id, ['ready', 'failed']);
  assert.equal((await ask('/go', { id: again.id, verb: 'planUndo' })).status, 200);
  const toUndo = await settled(again.id, ['ready', 'failed']);
  assert.deepEqual([toUndo.state, toUndo.verb, oauth.destinations.size], ['ready', 'planUndo', 1], 'it is planned');
  assert.equal(toUndo.steps?.[0]?.id, 'delete-destination');
  assert.equal((await ask('/go', { id: again.id, verb: 'plan' })).status, 200);
  const replanned = await settled(again.id, ['ready', 'failed']);
  assert.equal(replanned.steps?.[0]?.id, 'allow', 'either plan can be seen again');
  assert.equal((await ask('/go', { id: again.id, verb: 'undo' })).status, 200);
  const undone = await settled(again.id);
  assert.equal(undone.state, 'done', JSON.stringify(undone.problem));
  assert.equal(oauth.destinations.size, 0);

  for (const [number, text] of oauth.given.entries()) canaries.add(`given ${number}`, text);
  await server.stop();
  // The address of the consent page has the state in it, which counts no more.
  const others = answers.filter((text) => !text.includes('"consentUrl"'));
  assertNone([
    ...canaries.search('/api', others.join('\n')),
    ...canaries.search('the log', server.lines.join('\n')),
    ...(await searchFiles(directory, canaries, 'id: shop')),
  ]);
});

test('what is denied, ended or made up is said, and nothing is made', async (context) => {
  const { oauth, begin, comeBack, settled, server } = await start(context);
  const denied = await begin();
  assert.equal(await comeBack(await oauth.answerConsent(denied.consentUrl ?? '', 'deny')), KNOWN);
  const { state, problem } = await settled(denied.id);
  assert.equal(state, 'failed');
  assert.match(problem?.message ?? '', /denied|not allowed/i);

  const late = await begin();
  const back = await oauth.answerConsent(late.consentUrl ?? '');
  oauth.expireCodes();
  assert.equal(await comeBack(back), KNOWN);
  assert.equal((await settled(late.id)).state, 'failed');

  const waiting = await begin();
  const url = new URL(`${server.url}/connect/oauth/callback`);
  url.search = new URLSearchParams({ state: 'made-up', code: 'made-up-code' }).toString();
  assert.equal(await comeBack(url), `${KNOWN}&consent=unknown`);
  assert.equal((await settled(waiting.id, ['consent'])).state, 'consent', 'it goes on waiting');
  assert.equal(oauth.destinations.size, 0);
  assert.doesNotMatch(server.lines.join('\n'), /made-up/);
});
