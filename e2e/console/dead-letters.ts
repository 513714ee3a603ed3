// Dead letters: a wrong key is seen with its fix, put right, and what was given up for it delivered; drop asks first; who may only look can change nothing.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { PLACE } from './place.js';
import type { ConsoleRig } from './rig.js';
import type { ConsoleScenario } from './scenario.js';

const WRONG_KEY = { secretKey: PLACE.wrongKey };

const track = (event: string, user: string) => ({
  type: 'track',
  event,
  userId: user,
  messageId: `${event}-${user}`.replaceAll(' ', '-'),
  timestamp: new Date().toISOString(),
});

const groupsOf = (page: Page) => page.getByRole('region', { name: 'Dead letters by target, reason and status' });
const lettersOf = (page: Page) => page.getByRole('region', { name: 'Dead letters, newest first' });

/** Sends events, and waits until they are given up. */
async function giveUp({ send, plugin, until }: ConsoleRig, events: readonly object[]): Promise<void> {
  // Each in a call of its own: the live log keeps a sample of calls while nothing is watched. They are delivered together within a second.
  await Promise.all(events.map((event) => send.sdk([event])));
  const headers = { authorization: `Bearer ${PLACE.adminToken}` };
  await until('dead letters', async () => {
    const text = await (await fetch(`${plugin.url}/api/dead-letters`, { headers })).text();
    const count = text.split('\n').filter(Boolean).length;
    return count === events.length ? undefined : `${count} of ${events.length}`;
  });
}

/** Scenarios of the page of dead letters. */
export const DEAD_LETTERS: readonly ConsoleScenario[] = [
  {
    name: 'a wrong key is seen with its fix, put right in the settings, and what was given up is delivered, by keys alone',
    settings: WRONG_KEY,
    async run(rig) {
      const { open, statsig, settingsFile, inspect, until } = rig;
      await giveUp(rig, [
        track('Order Completed', 'user-1'),
        track('Order Completed', 'user-2'),
        track('Signed Up', 'user-3'),
      ]);
      const { page, keys } = await open({ at: '/dead-letters' });
      const group = groupsOf(page).getByRole('row').filter({ hasText: 'unauthorized' });
      assert.match(await group.innerText(), /401\s+3\s/);
      await keys.enter(group.getByRole('button'));
      const fix = page.locator('.notice').filter({ hasText: 'statsig: unauthorized, 401' });
      assert.match(await fix.innerText(), /Correct the workspace's secretKey in the settings, then redeliver/);

      await keys.enter(lettersOf(page).getByRole('row').filter({ hasText: 'user-3' }).getByRole('button'));
      const drawer = page.getByRole('dialog');
      await drawer.getByText('segment::Signed Up').first().waitFor();
      await inspect(page, 'the drawer of a dead letter');
      await keys.to(drawer.getByRole('tab', { name: 'What is stored' }));
      await keys.press('ArrowRight');
      await drawer.getByText(`POST ${statsig.url}`).waitFor();
      assert.doesNotMatch(await drawer.innerText(), /secret-wrong|secret-shop/, 'the key is masked');
      await keys.press('ArrowRight');
      await drawer.getByText('Event as received').waitFor();
      await drawer.getByText('What the settings of now make of it').waitFor();
      await drawer.getByText('It is the same as what is stored.').waitFor();
      await keys.press('Escape');
      await drawer.waitFor({ state: 'detached' });

      writeFileSync(settingsFile, readFileSync(settingsFile, 'utf8').replace(PLACE.wrongKey, PLACE.secretKey));
      await until('the new settings', async () => {
        const generation = /"generation":(\d+)/.exec(await (await fetch(`${rig.plugin.url}/readyz`)).text())?.[1];
        return Number(generation) > 1 ? undefined : `generation ${generation}`;
      });
      await keys.enter(page.getByRole('button', { name: 'Redeliver all …' }));
      await drawer.getByText('Redeliver 3 events?').waitFor();
      assert.equal(statsig.events.length, 0, 'nothing is sent before it is confirmed');
      await keys.enter(drawer.getByRole('button', { name: 'Redeliver', exact: true }));
      const told = page.getByRole('status').filter({ hasText: 'Redelivery of 3 events' });
      await told.getByText('3 events delivered.').waitFor();
      await until('all events', () => (statsig.events.length === 3 ? undefined : `${statsig.events.length} of 3`));
      await page.getByText('No dead letters match the filter').waitFor();
      await keys.enter(page.getByRole('link', { name: 'All dead letters' }));
      await page.getByText('No dead letters').first().waitFor();
      return (await told.innerText()).replace(/\s+/g, ' ');
    },
  },
  {
    name: 'drop asks first with the count, of what was chosen and of what a filter names',
    settings: WRONG_KEY,
    async run(rig) {
      const { open, inspect, statsig } = rig;
      await giveUp(rig, [
        track('Order Completed', 'user-1'),
        track('Order Completed', 'user-2'),
        track('Signed Up', 'user-3'),
      ]);
      const { page } = await open({ at: '/dead-letters?workspace=shop' });
      await lettersOf(page).getByRole('row').filter({ hasText: 'user-3' }).getByRole('checkbox').check();
      await page.getByRole('button', { name: 'Drop 1 chosen …' }).click();
      const dialog = page.getByRole('dialog');
      await dialog.getByText('Drop 1 event?').waitFor();
      await inspect(page, 'the question before a drop');
      await dialog.getByRole('button', { name: 'Cancel' }).click();
      await dialog.waitFor({ state: 'detached' });
      assert.equal(await lettersOf(page).getByRole('row').filter({ hasText: 'user-3' }).count(), 1, 'nothing was done');

      const form = page.getByRole('search', { name: 'Filter dead letters' });
      await form.getByLabel('Event').fill('Order *');
      await form.getByRole('button', { name: 'Filter' }).click();
      await page.getByRole('button', { name: 'Drop all …' }).click();
      await dialog.getByText('Drop 2 events?').waitFor();
      await dialog.getByRole('button', { name: 'Drop', exact: true }).click();
      await page.getByText('2 events dropped.').waitFor();
      await page.getByText('No dead letters match the filter').waitFor();
      await page.getByRole('link', { name: 'All dead letters' }).click();
      await groupsOf(page).getByRole('row').filter({ hasText: 'unauthorized' }).waitFor();
      assert.match(await groupsOf(page).innerText(), /401\s+1\s/);
      assert.equal(statsig.events.length, 0);
      return 'asked twice, cancelled once; two of three are gone';
    },
  },
  {
    name: 'a redelivery that fails again says so, and who may only look has no deeds',
    settings: WRONG_KEY,
    async run(rig) {
      await giveUp(rig, [track('Order Completed', 'user-1')]);
      const { page } = await rig.open({ at: '/dead-letters?workspace=shop' });
      await page.getByRole('button', { name: 'Redeliver all …' }).click();
      await page.getByRole('dialog').getByText('Redeliver 1 event?').waitFor();
      await page.getByRole('dialog').getByRole('button', { name: 'Redeliver', exact: true }).click();
      const told = page.getByRole('status').filter({ hasText: 'Redelivery of 1 event' });
      await told.getByText('1 given up again').waitFor();
      const reader = await rig.open({ at: '/dead-letters?workspace=shop', as: 'read', width: 380 });
      await lettersOf(reader.page).getByRole('row').filter({ hasText: 'user-1' }).waitFor();
      assert.equal(await reader.page.getByRole('button', { name: /^(?:Redeliver|Drop)/ }).count(), 0);
      return (await told.innerText()).replace(/\s+/g, ' ');
    },
  },
];
