// What attackers write into events goes through every view: it is shown as it is, and does nothing.

import assert from 'node:assert/strict';
import { CLEAN, HOSTILE_STRINGS as STRINGS, traces } from './hostile-traces.js';
import type { ConsoleScenario } from './scenario.js';

/** All of them in one event, tried. */
const TRIED = new URLSearchParams({
  source: 'segment',
  body: JSON.stringify({
    ...{ type: 'track', event: STRINGS.join(' '), userId: STRINGS[0], context: { userAgent: STRINGS.join(' ') } },
    properties: Object.fromEntries(STRINGS.map((text) => [text, text])),
  }),
});

const PAGES = [
  'overview',
  'live',
  'live?list=errors',
  'tester',
  `tester?${TRIED}`,
  'mapping',
  'dead-letters',
  'audiences',
  `connect?${new URLSearchParams({ way: STRINGS[0] ?? '', workspace: STRINGS[1] ?? '' })}`,
];

/** Scenarios of hostile strings. */
export const HOSTILE: readonly ConsoleScenario[] = [
  {
    name: 'hostile strings in names, ids, properties, paths and user agents are shown as they are, in every view',
    async run({ open, send, statsig, plugin }) {
      const { page } = await open({ at: '/live' });
      await page.getByText('Connected').waitFor();
      // Some are given up, so that they are dead letters.
      statsig.answerBy(() => ({ status: 401, body: { error: STRINGS[0] ?? '' } }));
      for (const [number, text] of STRINGS.entries()) {
        const event = {
          ...{ type: 'track', event: text, userId: text, messageId: `hostile-${number}`, properties: { [text]: text } },
          context: { userAgent: text, library: { name: text, version: text } },
        };
        await send.sdk([event]);
        await send.segment({ ...event, userId: text, type: text }, 'a-wrong-secret');
        await fetch(`${plugin.url}/segment/${encodeURIComponent(text)}`, {
          method: 'POST',
          headers: { 'user-agent': text.replace(/[^\x20-\x7e]/g, ''), 'content-type': 'application/json' },
          body: JSON.stringify(event),
        });
      }
      await page
        .locator('.live-row')
        .filter({ hasText: STRINGS[0] ?? '' })
        .first()
        .waitFor();
      for (const at of PAGES) {
        await page.goto(`${plugin.url}/console/#/${at}`);
        await page.locator('h1').waitFor();
        await page.waitForLoadState('networkidle', { timeout: 1_000 }).catch(() => {});
        assert.deepEqual(await traces(page), CLEAN, at);
      }
      await page.goto(`${plugin.url}/console/#/live?outcome=received`);
      for (const text of [STRINGS[0], STRINGS[1], STRINGS[2]]) {
        await page
          .locator('.live-row')
          .filter({ hasText: text ?? '' })
          .first()
          .click();
        const drawer = page.getByRole('dialog');
        const tabs = drawer.getByRole('tab');
        await tabs.first().waitFor();
        for (let tab = 0; tab < (await tabs.count()); tab += 1) {
          await tabs.nth(tab).click();
          assert.deepEqual(await traces(page), CLEAN, `the drawer, tab ${tab}`);
        }
        await page.keyboard.press('Escape');
        await drawer.waitFor({ state: 'detached' });
      }
      const body = JSON.stringify({
        type: 'track',
        event: STRINGS[0],
        userId: STRINGS[1],
        properties: { x: STRINGS[4] },
      });
      await page.goto(`${plugin.url}/console/#/tester?${new URLSearchParams({ source: 'segment', body })}`);
      await page.getByRole('tab', { name: 'Decisions' }).click();
      assert.deepEqual(await traces(page), CLEAN, 'the tester');
      await page.goto(`${plugin.url}/console/#/mapping`);
      await page.getByRole('tab', { name: 'Filters' }).click();
      await page
        .getByText(STRINGS[1] ?? '')
        .first()
        .waitFor();
      assert.deepEqual(await traces(page), CLEAN, 'names to filter');
      await page.goto(`${plugin.url}/console/#/dead-letters`);
      await page.locator('.row-button').first().click();
      await page
        .getByText(STRINGS[1] ?? '')
        .first()
        .waitFor();
      assert.deepEqual(await traces(page), CLEAN, 'dead letters of a group');
      await page
        .locator('.row-button')
        .filter({ hasText: STRINGS[1] ?? '' })
        .or(page.locator('.row-button'))
        .first()
        .click();
      await page.getByRole('dialog').waitFor();
      await page.waitForTimeout(300);
      assert.deepEqual(await traces(page), CLEAN, 'a dead letter');
      return `${STRINGS.length} strings in ${PAGES.length} views, three drawers, the tester, the names to filter and a dead letter`;
    },
  },
];
