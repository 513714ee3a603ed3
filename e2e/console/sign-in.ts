// Signing in: a wrong token, the right one, one that may only look, and a link.

import assert from 'node:assert/strict';
import { PLACE } from './place.js';
import type { ConsoleScenario } from './scenario.js';

/** A link that signs in, made as `statsig-cdp console` makes it. */
async function makeLink(url: string): Promise<string> {
  const response = await fetch(`${url}/api/session/link`, {
    method: 'POST',
    headers: { authorization: `Bearer ${PLACE.adminToken}`, 'content-type': 'application/json' },
    body: '{}',
  });
  const { link } = (await response.json()) as { readonly link: string };
  return new URL(link, url).href;
}

/** Scenarios of the sign-in. */
export const SIGN_IN: readonly ConsoleScenario[] = [
  {
    name: 'a wrong token is refused with words, the right one opens the console, by keys alone, and signing out ends it',
    async run({ open, inspect }) {
      const { page, keys } = await open({ as: 'no' });
      await page.getByRole('heading', { name: 'Sign in' }).waitFor();
      assert.equal(await page.evaluate(() => (document.activeElement as HTMLInputElement).type), 'password');
      await keys.write(page.getByLabel('Token'), 'a-token-that-is-wrong');
      await keys.press('Enter');
      const said = await page.locator('.field-error').innerText();
      assert.match(said, /token/i);
      await inspect(page, 'a refused sign-in');
      await keys.write(page.getByLabel('Token'), PLACE.adminToken);
      await keys.press('Enter');
      await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
      assert.equal(await page.evaluate(() => document.cookie), '', 'no script can read the session');
      await page.reload();
      await keys.enter(page.getByRole('navigation').getByRole('link', { name: 'Live log' }));
      await page.getByRole('heading', { level: 1, name: 'Live log' }).waitFor();
      assert.equal(await page.evaluate(() => document.activeElement?.tagName), 'H1', 'the heading has the focus');
      await keys.enter(page.getByRole('button', { name: 'Sign out' }));
      await page.getByRole('heading', { name: 'Sign in' }).waitFor();
      await page.reload();
      await page.getByRole('heading', { name: 'Sign in' }).waitFor();
      return `it said “${said}”`;
    },
  },
  {
    name: 'a link signs in once, and its code stays nowhere',
    async run({ open, plugin }) {
      const { page } = await open({ as: 'no' });
      const link = await makeLink(plugin.url);
      await page.goto('about:blank');
      await page.goto(link);
      await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
      assert.ok(!page.url().includes('link='), page.url());
      const { page: other } = await open({ as: 'no' });
      await other.goto('about:blank');
      await other.goto(link);
      const said = await other.locator('.notice').innerText();
      await other.getByLabel('Token').waitFor();
      return `the second time it says “${said.replace(/\s+/g, ' ')}”`;
    },
  },
  {
    name: 'the read token shows the console and changes nothing',
    async run({ open, inspect }) {
      const { page, expect } = await open({ as: 'read' });
      await page.getByText('read only').waitFor();
      await inspect(page, 'a session that may look');
      expect('403 /api/waiting/drop');
      const answered = await page.evaluate(async () => {
        const headers = { 'content-type': 'application/json' };
        const response = await fetch('/api/waiting/drop', { method: 'POST', headers, body: '{}' });
        return `${response.status} ${((await response.json()) as { error: string }).error}`;
      });
      assert.match(answered, /^403 /);
      return `a deed is answered ${answered}`;
    },
  },
];
