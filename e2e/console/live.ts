// The live log: filtered, paused, resumed after the process was away, and a refused webhook with its cause.

import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import type { ConsoleScenario } from './scenario.js';

const track = (event: string, number: number, more: object = {}) => ({
  type: 'track',
  event,
  userId: `user-${number}`,
  messageId: `${event.replaceAll(' ', '-').toLowerCase()}-${number}`,
  timestamp: new Date().toISOString(),
  ...more,
});

const rowsOf = (page: Page) => page.locator('.live-row');
const rowNamed = (page: Page, text: string) => rowsOf(page).filter({ hasText: text });

/** Scenarios of the live log. */
export const LIVE: readonly ConsoleScenario[] = [
  {
    name: 'an event shows in the log as it is received and delivered, with decisions, request and attempts, by keys alone',
    async run({ open, send, statsig, inspect }) {
      const { page, keys } = await open({ at: '/live' });
      await page.getByText('Connected').waitFor();
      await send.sdk([track('Order Completed', 1, { anonymousId: 'anon-1', properties: { revenue: 19.99 } })]);
      await rowNamed(page, 'Received').first().waitFor();
      await rowNamed(page, 'Delivered').first().waitFor();
      await keys.to(page.getByRole('region', { name: 'Entries, newest first' }));
      await keys.to(rowNamed(page, 'Delivered').first().getByRole('button'));
      await keys.press('ArrowDown', 'ArrowUp', 'Enter');
      const drawer = page.getByRole('dialog');
      await drawer.getByRole('tab', { name: 'Decisions' }).waitFor();
      await inspect(page, 'the drawer of an event');
      await keys.to(drawer.getByRole('tab', { name: 'Decisions' }));
      await keys.press('ArrowRight');
      await drawer.getByText('anon-1').first().waitFor();
      await keys.press('ArrowRight');
      const request = await drawer.getByRole('tabpanel').innerText();
      assert.match(request, /segmentAnonymousId/);
      assert.doesNotMatch(request, /secret-shop/, 'the key is masked');
      await keys.enter(drawer.getByRole('button', { name: 'Replay' }));
      const asked = page.getByRole('dialog', { name: 'Send for real' });
      await asked.getByText(/goes around the outbox/).waitFor();
      await inspect(page, 'the question before a replay');
      await keys.enter(asked.getByRole('button', { name: 'Send 1 event' }));
      await asked.getByText('The target has taken the event.').waitFor();
      await keys.press('Escape');
      await asked.waitFor({ state: 'detached' });
      const [saved] = await Promise.all([
        page.waitForEvent('download'),
        keys.enter(drawer.getByRole('button', { name: 'Save as fixture' })),
      ]);
      assert.match(saved.suggestedFilename(), /\.json$/);
      await keys.press('Escape');
      await drawer.waitFor({ state: 'detached' });
      assert.deepEqual(
        statsig.events.map(({ eventName }) => eventName),
        ['segment::Order Completed', 'segment::Order Completed'],
      );
      return 'received, delivered, its request with the mapped id and no key, sent again, saved as a fixture';
    },
  },
  {
    name: 'a refused Segment webhook is seen with its cause, and good events do not push it out',
    async run({ open, send }) {
      const { page } = await open({ at: '/live?list=errors' });
      await page.getByText('Connected').waitFor();
      const { status } = await send.segment(track('Signed Up', 1), 'a-wrong-secret');
      assert.equal(status, 401);
      await rowNamed(page, '/segment/shop').first().waitFor();
      for (let call = 0; call < 12; call += 1)
        await send.sdk(Array.from({ length: 500 }, (_, each) => track('Product Viewed', call * 500 + each)));
      await rowNamed(page, '/segment/shop').first().click();
      const drawer = page.getByRole('dialog');
      await drawer.getByRole('tab', { name: 'Refusal' }).waitFor();
      const said = await drawer.locator('.notice').first().innerText();
      assert.match(said, /known secret/);
      assert.doesNotMatch(await drawer.innerText(), /shop-header-secret|a-wrong-secret/);
      return said.replace(/\s+/g, ' ');
    },
  },
  {
    name: 'the log is filtered and searched, and the address keeps it',
    async run({ open, send }) {
      const { page } = await open({ at: '/live' });
      await page.getByText('Connected').waitFor();
      await send.sdk([track('Order Completed', 1), track('Product Viewed', 2), track('Product Viewed', 3)]);
      await rowNamed(page, 'user-3').first().waitFor();
      await page.getByRole('searchbox', { name: 'Search' }).fill('user-2');
      await page.getByLabel('Outcome').selectOption('received');
      await page.waitForFunction(() => document.querySelectorAll('.live-row').length === 1);
      assert.match(await rowsOf(page).innerText(), /user-2/);
      await page.reload();
      await page.waitForFunction(() => document.querySelectorAll('.live-row').length === 1);
      await page.getByRole('button', { name: 'Clear filters' }).click();
      await rowNamed(page, 'user-3').first().waitFor();
      return 'one of three by search and outcome, the same after a reload, all when cleared';
    },
  },
  {
    name: 'a paused log counts what arrives, and goes on without a gap after the connection was cut',
    async run({ open, send, layWire }) {
      const wire = await layWire();
      const { page } = await open({ at: '/live?outcome=received', through: wire.url });
      await page.getByText('Connected').waitFor();
      await send.sdk([track('First', 1)]);
      await rowNamed(page, 'First').first().waitFor();
      await page.getByRole('button', { name: 'Pause' }).click();
      await send.sdk([track('Second', 1), track('Second', 2)]);
      await page.getByRole('button', { name: 'Show 2 new entries' }).waitFor();
      assert.equal(await rowNamed(page, 'Second').count(), 0);

      wire.cut();
      await page.getByText('Reconnecting').waitFor();
      await send.sdk(Array.from({ length: 40 }, (_, number) => track('Meanwhile', number)));
      wire.join();
      await page.getByText('Connected').waitFor();
      await page.getByRole('button', { name: 'Show 42 new entries' }).waitFor();
      await page.getByRole('button', { name: 'Resume' }).click();
      await send.sdk([track('Last', 1)]);
      await rowNamed(page, 'Last').waitFor();
      await page.getByText('44 entries').waitFor();
      assert.equal(await page.locator('.live-said').count(), 0, 'nothing is missing');
      return '44 of 44 entries, 42 of them counted while it was paused, 40 sent while the connection was cut';
    },
  },
  {
    name: 'after a restart of the process the log goes on, and says that what was before is not to be had',
    async run({ open, send, plugin, until }) {
      const { page } = await open({ at: '/live?outcome=received' });
      await page.getByText('Connected').waitFor();
      await send.sdk([track('Before', 1)]);
      await rowNamed(page, 'Before').waitFor();
      await plugin.stop('SIGTERM');
      await page.getByText('Reconnecting').waitFor();
      await plugin.start();
      await page.getByText('Connected').waitFor();
      await send.sdk([track('After', 1)]);
      await rowNamed(page, 'After').waitFor();
      const said = await page.locator('.live-said').innerText();
      await until('each is there once', async () =>
        (await rowsOf(page).count()) === 2 ? undefined : `${await rowsOf(page).count()} are`,
      );
      return said;
    },
  },
];
