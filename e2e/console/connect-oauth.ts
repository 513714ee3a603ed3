// Segment by OAuth: somebody allows it on a page of another place, or does not, and comes back.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { OAUTH_CLIENT, OAUTH_SOURCE, serveOAuth } from '../../testkit/oauth-stand-in.js';
import { CLI } from '../../testkit/programs.js';
import { over } from './connect-form.js';
import { filesWith, holds, keptBy, processesWith } from './find-token.js';
import { PLACE } from './place.js';
import { openProfile } from './profile.js';
import { type ConsoleRig, signIn } from './rig.js';
import type { ConsoleScenario } from './scenario.js';

const CALLBACK = '/connect/oauth/callback';

async function startOAuth(rig: ConsoleRig) {
  const oauth = await serveOAuth({ redirectUris: [rig.plugin.url + CALLBACK] });
  rig.keep(() => oauth.close());
  return oauth;
}

type OAuth = Awaited<ReturnType<typeof startOAuth>>;

async function fillIn(page: Page, { addresses }: OAuth, url: string): Promise<void> {
  await page.getByRole('tab', { name: 'Segment by OAuth' }).click();
  await page.getByLabel('Client id').fill(OAUTH_CLIENT.id);
  await page.getByLabel('Client secret').fill(OAUTH_CLIENT.secret);
  await page.getByLabel('Address of this process').fill(url);
  await page.getByText('More', { exact: true }).click();
  await page.getByLabel('Address to authorize').fill(addresses.authorizeUrl);
  await page.getByLabel('Address for tokens').fill(addresses.tokenUrl);
  await page.getByLabel('Address of the Config API').fill(addresses.configUrl);
}

/** Begins, and goes to the page of the other place. */
async function ask(page: Page): Promise<Page> {
  await page.getByRole('button', { name: 'Ask for consent' }).click();
  const link = page.getByRole('link', { name: 'Open Segment’s page' });
  await link.waitFor();
  const [tab] = await Promise.all([page.context().waitForEvent('page'), link.click()]);
  return tab;
}

/** Answers there. The tab is led back. */
async function answer(tab: Page, button: 'Allow' | 'Deny'): Promise<void> {
  await tab.getByRole('button', { name: button }).click();
  await tab.waitForURL(/\/console\/#\/connect\?way=oauth/);
}

async function ready(page: Page): Promise<void> {
  await page.getByRole('region', { name: 'Plan', exact: true }).getByText('Ready', { exact: true }).waitFor();
}

const unknown = (page: Page) => page.getByText('Nothing waits for this answer.');

/** Posts an event as Webhooks (classic) does, with what stands in the destination. */
async function sendAsDestination({ destinations }: OAuth): Promise<number> {
  const { config } = destinations.get(`${OAUTH_SOURCE}/destinations/webhooks`) ?? { config: [] };
  const [hooks, shared] = ['hooks', 'sharedSecret'].map(
    (name) => config.find((each) => each.name.endsWith(name))?.value,
  );
  const [{ hook, headers }] = hooks as [{ hook: string; headers: { key: string; value: string }[] }];
  const body = JSON.stringify({ type: 'track', event: 'Order Completed', userId: 'user-42', messageId: 'oauth-1' });
  const signature = typeof shared === 'string' ? createHmac('sha1', shared).update(body).digest('hex') : undefined;
  const response = await fetch(hook, {
    method: 'POST',
    headers: {
      ...{ 'content-type': 'application/json', ...Object.fromEntries(headers.map(({ key, value }) => [key, value])) },
      ...(signature !== undefined && { 'x-signature': signature }),
    },
    body,
  });
  return response.status;
}

const INSTALL_FILE = ['secrets', `${PLACE.workspace}-segment-oauth-install`];

/** Runs `statsig-cdp connect segment --oauth` for the settings of the rig. */
function startCommand({ plugin, settingsFile, directory, keep }: ConsoleRig, { addresses }: OAuth) {
  const args = [
    ...['connect', 'segment', '--oauth', '--public-url', plugin.url, '--workspace', PLACE.workspace],
    ...['--client-id', OAUTH_CLIENT.id, '--scope', 'destination/webhooks', '--settings', settingsFile],
    ...['--redirect-uri', 'http://localhost:0/auth/segment/callback', '--authorize-url', addresses.authorizeUrl],
    ...['--token-url', addresses.tokenUrl, '--config-url', addresses.configUrl],
  ];
  const env = { PATH: process.env.PATH, TMPDIR: directory, SEGMENT_CLIENT_SECRET: OAUTH_CLIENT.secret };
  const child = spawn(process.execPath, [CLI, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  keep(async () => void child.kill());
  const closed = once(child, 'close');
  let said = '';
  const consentUrl = new Promise<string>((resolve) => {
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => {
        said += text;
        const [url] = /^http\S+\/oauth2\/auth\?\S+(?=\n)/m.exec(said) ?? [];
        if (url !== undefined) resolve(url);
      });
  });
  return { consentUrl, said: () => said, end: async () => (await closed)[0] as number | null };
}

/** Scenarios of OAuth. */
export const BY_OAUTH: readonly ConsoleScenario[] = [
  {
    name: 'Segment is connected by OAuth: allowed in another tab, planned, made and taken away; no secret, token or code is kept',
    async run(rig) {
      const { plugin, directory } = rig;
      const oauth = await startOAuth(rig);
      const profile = `${directory}-profile`;
      const { context, page, answers } = await openProfile(rig, profile);
      await signIn(page, 'write');
      await fillIn(page, oauth, plugin.url);
      await rig.inspect(page, 'the form of OAuth');
      const tab = await ask(page);
      await answer(tab, 'Allow');
      // The first that is given is the one that the browser brings along.
      const states = new Set(oauth.given.slice(0, 1));
      await tab.getByRole('heading', { level: 1, name: 'Connect' }).waitFor();
      const [code = ''] = oauth.given.filter((each) => each.startsWith('code-'));
      const history = await (await context.newCDPSession(tab)).send('Page.getNavigationHistory');
      for (const { url } of history.entries) assert.ok(!url.includes(code), `${url} in the history of the tab`);
      assert.ok(!(await tab.evaluate(() => document.referrer)).includes(code), 'no page is told of the code');
      await page.getByText(/^\d+ steps, \d+ to do\.$/).waitFor();
      assert.equal(oauth.destinations.size, 0, 'a plan makes nothing');
      await rig.inspect(page, 'a plan that was allowed');
      // An hour goes by.
      oauth.expireTokens();
      await page.getByRole('button', { name: 'Connect', exact: true }).click();
      const made = await over(page, 'Connect');
      assert.ok(
        oauth.calls.some((call) => call.endsWith('/installs/7/token')),
        'another token is had by the install',
      );
      const [name = ''] = oauth.destinations.keys();
      assert.ok(name.startsWith(OAUTH_SOURCE), name);
      assert.equal(await sendAsDestination(oauth), 200, 'an event is taken as the destination sends it');
      const again = `${plugin.url}${CALLBACK}?code=${code}&state=${oauth.given[0]}`;
      const { headers } = await fetch(again, { redirect: 'manual' });
      assert.match(headers.get('location') ?? '', /consent=unknown/, 'the same answer once more');
      await page.getByRole('button', { name: 'Ask for consent' }).click();
      await ready(page);
      assert.equal(oauth.calls.filter((call) => call === 'POST /oauth2/consent').length, 1, 'it is remembered');
      const { page: reading } = await rig.open({ as: 'read', at: '/connect?way=oauth' });
      const undo = reading.getByRole('button', { name: 'Undo …' });
      await undo.waitFor();
      assert.ok(await undo.isDisabled(), 'for who may look alone');
      await page.getByRole('button', { name: 'Undo …' }).click();
      await page.getByText(/^Delete workspaces/).waitFor();
      assert.equal(oauth.destinations.size, 1, 'a plan takes nothing away');
      await page.getByRole('button', { name: 'Take it away' }).click();
      await over(page, 'Undo');
      assert.equal(oauth.destinations.size, 0);
      assert.deepEqual(oauth.broken, [], 'every request was as it is described');
      assert.deepEqual(
        oauth.referrers.filter((each) => each.includes(plugin.url)),
        [],
        'the other place is not told of the page',
      );

      const secrets = [OAUTH_CLIENT.secret, ...oauth.given];
      const said = Buffer.from((await answers()).replace(/"consentUrl":"[^"]*"/g, '').replace(/^\S+/gm, ''));
      await page.getByRole('tab', { name: 'Statsig' }).click();
      const kept = Buffer.concat([await keptBy(page), await keptBy(tab)]);
      await context.close();
      await plugin.stop('SIGTERM');
      for (const secret of secrets) {
        assert.ok(!holds(secret, said), `what the process answers: ${secret}`);
        assert.ok(!holds(secret, kept), `the pages: ${secret}`);
        assert.deepEqual(filesWith(secret, directory), [], `the log and the disk: ${secret}`);
        assert.deepEqual(processesWith(secret), [], `the list of processes: ${secret}`);
      }
      // A browser remembers every address it was led over: codes and states stand in some, and count no more.
      for (const secret of secrets.filter((each) => !/^code-/.test(each) && !states.has(each)))
        assert.deepEqual(filesWith(secret, profile), [], `the profile: ${secret}`);
      return `${made} ${secrets.length} secrets, tokens, codes and states are found nowhere`;
    },
  },
  {
    name: 'consent that is denied, a code that has ended, another state and a redirect that is not registered are told apart',
    async run(rig) {
      const oauth = await startOAuth(rig);
      const { page } = await openProfile(rig, `${rig.directory}-profile`);
      await signIn(page, 'write');
      await fillIn(page, oauth, rig.plugin.url);
      const denied = await ask(page);
      await answer(denied, 'Deny');
      await page
        .getByRole('alert')
        .getByText(/It was not allowed/)
        .waitFor();
      await rig.inspect(page, 'consent that was denied');

      const late = await ask(page);
      oauth.expireNextCode();
      await answer(late, 'Allow');
      await page
        .getByRole('alert')
        .getByText(/The code has ended/)
        .waitFor();

      const strange = await ask(page);
      await strange.locator('input[name=state]').evaluate((field) => {
        (field as HTMLInputElement).value = 'a-state-of-somebody-else-1';
      });
      await answer(strange, 'Allow');
      await unknown(strange).waitFor();
      await page.getByText('Waits for consent').first().waitFor();
      await page.getByRole('button', { name: 'Stop' }).click();
      await page.getByText('Stopped', { exact: true }).first().waitFor();

      oauth.redirectUris.clear();
      const wrong = await ask(page);
      await wrong.getByText('redirect URI is not known').waitFor();
      assert.deepEqual([oauth.destinations.size, existsSync(join(rig.directory, ...INSTALL_FILE))], [0, false]);
      assert.deepEqual(oauth.broken, []);
      return 'each in its own words, and nothing is made';
    },
  },
  {
    name: 'an answer that nothing waits for does no harm, and two consents at once have their own answers',
    async run(rig) {
      const oauth = await startOAuth(rig);
      const { context, page } = await openProfile(rig, `${rig.directory}-profile`);
      await signIn(page, 'write');
      await fillIn(page, oauth, rig.plugin.url);
      const before = readFileSync(rig.settingsFile, 'utf8');
      const stray = await context.newPage();
      await stray.goto(`${rig.plugin.url}${CALLBACK}?code=code-of-nobody&state=state-of-nobody`);
      await unknown(stray).waitFor();

      const other = await context.newPage();
      await other.goto(`${rig.plugin.url}/console/#/connect`);
      await other.getByRole('heading', { level: 1, name: 'Connect' }).waitFor();
      await fillIn(other, oauth, rig.plugin.url);
      const first = await ask(page);
      const second = await ask(other);
      await answer(second, 'Allow');
      await ready(other);
      oauth.uninstall();
      await page.getByText('Waits for consent').first().waitFor();
      await answer(first, 'Allow');
      await ready(page);
      assert.equal(readFileSync(rig.settingsFile, 'utf8'), before, 'nothing is written before it is told to go on');
      assert.deepEqual(oauth.broken, []);
      return 'both are ready';
    },
  },
  {
    name: 'the command is answered by the browser, and connects: the page that it ends on has no query, and its window can be closed',
    async run(rig) {
      const { plugin, settingsFile, directory } = rig;
      const oauth = await startOAuth(rig);
      const { context, page } = await openProfile(rig, `${directory}-profile`);
      const command = startCommand(rig, oauth);
      const url = await command.consentUrl;
      oauth.redirectUris.add(new URL(url).searchParams.get('redirect_uri') ?? '');
      await page.goto(url);
      await page.getByRole('button', { name: 'Allow' }).click();
      await page.getByText('You can close this window').waitFor();
      const { search, pathname } = new URL(page.url());
      assert.deepEqual([search, pathname], ['', '/done']);
      const history = await (await context.newCDPSession(page)).send('Page.getNavigationHistory');
      const [state = '', code = ''] = oauth.given;
      for (const { url: visited } of history.entries) assert.ok(!visited.includes(code), visited);
      assert.ok(!holds(state, await keptBy(page)) && !holds(code, await keptBy(page)), 'the page');
      assert.equal(await command.end(), 0, command.said());
      assert.match(command.said(), /done: Ask http\S+ with the new secrets/);
      assert.equal(await sendAsDestination(oauth), 200);
      assert.match(readFileSync(settingsFile, 'utf8'), /segment-oauth-header/);
      assert.deepEqual(oauth.broken, []);
      for (const secret of oauth.given) assert.deepEqual(filesWith(secret, directory), [], 'the log and the disk');
      await page.goto('about:blank');
      return `${plugin.url} takes what the destination sends`;
    },
  },
];
