// Segment by OAuth: somebody allows it on a page of another place, or does not, and comes back.

import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { OAUTH_CLIENT, OAUTH_SOURCE, serveOAuth } from '../../testkit/oauth-stand-in.js';
import { over } from './connect-form.js';
import { filesWith, holds, keptBy, processesWith } from './find-token.js';
import { openProfile } from './profile.js';
import { type ConsoleRig, signIn } from './rig.js';
import type { ConsoleScenario } from './scenario.js';

async function startOAuth(rig: ConsoleRig) {
  const oauth = await serveOAuth({ redirectUris: [`${rig.plugin.url}/connect/oauth/callback`] });
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

/** Goes to the page of the other place, and answers there. @returns the tab, which is led back */
async function answer(page: Page, button: 'Allow' | 'Deny'): Promise<Page> {
  await page.getByRole('button', { name: 'Ask for consent' }).click();
  const opened = page.context().waitForEvent('page');
  await page.getByRole('link', { name: 'Open Segment’s page' }).click();
  const tab = await opened;
  await tab.getByRole('button', { name: button }).click();
  await tab.waitForURL(/\/console\/#\/connect\?way=oauth$/);
  return tab;
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
      const tab = await answer(page, 'Allow');
      // The first that is given is the one that the browser brings along.
      const states = new Set(oauth.given.slice(0, 1));
      await tab.getByRole('heading', { level: 1, name: 'Connect' }).waitFor();
      assert.ok(!tab.url().includes('code='), tab.url());
      await page.getByText(/^\d+ steps, \d+ to do\.$/).waitFor();
      assert.equal(oauth.destinations.size, 0, 'a plan makes nothing');
      await rig.inspect(page, 'a plan that was allowed');
      await page.getByRole('button', { name: 'Connect', exact: true }).click();
      const made = await over(page, 'Connect');
      const [name = ''] = oauth.destinations.keys();
      assert.ok(name.startsWith(OAUTH_SOURCE), name);
      await page.getByRole('button', { name: 'Ask for consent' }).click();
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
    name: 'consent that is denied, and an answer that nothing waits for, are said in words',
    async run(rig) {
      const { plugin } = rig;
      const oauth = await startOAuth(rig);
      const { page } = await openProfile(rig, `${rig.directory}-profile`);
      await signIn(page, 'write');
      await fillIn(page, oauth, plugin.url);
      await answer(page, 'Deny');
      const said = await page.getByRole('alert').innerText();
      assert.match(said, /denied|not allowed/i);
      await page.goto(`${plugin.url}/connect/oauth/callback?state=made-up&code=made-up`);
      await page.getByText('Nothing waits for this answer.').waitFor();
      assert.ok(!page.url().includes('made-up'), page.url());
      await page.getByRole('heading', { level: 1, name: 'Connect' }).waitFor();
      await rig.inspect(page, 'an answer that nothing waits for');
      return said.replace(/\s+/g, ' ');
    },
  },
];
