// The overview: a wrong key with its fix, a refused sender with its cause, the pipeline in numbers, the history after a restart.

import assert from 'node:assert/strict';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { PLACE } from './place.js';
import type { ConsoleScenario } from './scenario.js';

const track = (number: number) => ({
  type: 'track',
  event: 'Order Completed',
  userId: `user-${number}`,
  messageId: `order-${number}`,
  timestamp: new Date().toISOString(),
});

const itemNamed = (page: Page, text: string | RegExp) => page.locator('.overview-item').filter({ hasText: text });

/** Scenarios of the overview. */
export const OVERVIEW: readonly ConsoleScenario[] = [
  {
    name: 'a wrong key is seen with its fix and leads to its dead letters, by keys alone; with the right key it is told no more',
    settings: { secretKey: PLACE.wrongKey },
    async run({ open, send, settingsFile, inspect }) {
      const { page, keys } = await open({ at: '/overview' });
      await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
      await send.sdk([track(1), track(2)]);
      const item = itemNamed(page, 'Statsig refuses the key of workspace shop');
      await item.waitFor();
      const told = (await item.innerText()).replace(/\s+/g, ' ');
      assert.match(
        told,
        /401 to 2 events.*Fix Put the right key into secretKey in the settings document of workspace shop/,
      );
      assert.doesNotMatch(await page.locator('main').innerText(), /secret-wrong/);
      await inspect(page, 'a wrong key on the overview');
      await keys.enter(item.getByRole('link'));
      await page.getByRole('heading', { level: 1, name: 'Dead letters' }).waitFor();
      assert.match(page.url(), /#\/dead-letters\?workspace=shop&target=statsig$/);

      const settings = JSON.parse(readFileSync(settingsFile, 'utf8')) as object;
      writeFileSync(`${settingsFile}.new`, JSON.stringify({ ...settings, secretKey: PLACE.secretKey }));
      renameSync(`${settingsFile}.new`, settingsFile);
      await page.goBack();
      await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
      await item.waitFor({ state: 'detached' });
      await itemNamed(page, '2 events of workspace shop for Statsig were given up').waitFor();
      return told;
    },
  },
  {
    name: 'a refused Segment webhook is seen with its cause on the overview, and leads to the live log',
    async run({ open, send }) {
      const { status } = await send.segment(track(1), 'a-wrong-secret');
      assert.equal(status, 401);
      const { page } = await open({ at: '/overview' });
      const item = itemNamed(page, '1 request to /segment/:workspace was refused');
      await item.waitFor();
      const told = (await item.innerText()).replace(/\s+/g, ' ');
      assert.match(told, /SENDER_UNKNOWN.*workspace shop/);
      await item.getByRole('link').click();
      await page.locator('.live-row').filter({ hasText: '/segment/shop' }).first().waitFor();
      return told;
    },
  },
  {
    name: 'events are counted by stage, as a chart and as a table, and the history is there after a restart',
    async run({ open, send, plugin, until }) {
      const { page, keys } = await open({ at: '/overview' });
      await page.getByText('No event has come yet').waitFor();
      await send.sdk([track(1), track(2), track(3)]);
      const row = page
        .getByRole('region', { name: /^Events by workspace/ })
        .getByRole('row')
        .filter({ hasText: 'shop' });
      await row.waitFor();
      await until('three are delivered', async () =>
        /shop\s+inbound\s+3\s+0\s+0\s+3\s+Statsig\s+3\s+0\s+0/.test(await row.innerText())
          ? undefined
          : await row.innerText(),
      );
      await page.locator('.chart canvas').waitFor();
      assert.match(
        (await page.getByRole('img', { name: /Events of all workspaces/ }).getAttribute('aria-label')) ?? '',
        /3 events received, 3 delivered/,
      );
      await plugin.stop('SIGTERM');
      await plugin.start();
      await keys.to(page.getByRole('tab', { name: 'Last hour, by the minute' }));
      await keys.press('ArrowRight');
      await page.getByRole('region', { name: /last 14 days$/ }).waitFor();
      await keys.enter(page.getByText('The same as a table'));
      const hours = page.getByRole('region', { name: 'Events of all workspaces by the hour' });
      await hours.getByRole('row').nth(1).waitFor();
      const numbers = (await hours.getByRole('row').allInnerTexts()).slice(1).join(' ');
      assert.match(numbers, /\b3\b/);
      await page.getByLabel('Chart of').selectOption({ label: 'shop, inbound' });
      await page.getByRole('img', { name: /Events of shop, inbound by the hour: 3 events received/ }).waitFor();
      assert.match(page.url(), /span=days&of=shop%2Finbound$/);
      return `after the restart: ${numbers.replace(/\s+/g, ' ')}`;
    },
  },
];
