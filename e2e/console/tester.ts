// The tester: a first event is seen from it, changed, and sent for real; what another page hands over can be tried; a wrong key is told.

import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { PLACE } from './place.js';
import type { ConsoleScenario } from './scenario.js';

const verdictOf = (page: Page, word: string) => page.locator('.badge').filter({ hasText: word });

/** The field of the output that holds a value. */
const fieldNamed = (page: Page, view: string, text: string) =>
  page.getByRole('group', { name: view }).locator('.tester-leaf').filter({ hasText: text }).first();

async function bodyOf(page: Page): Promise<string> {
  return page.getByLabel('Body', { exact: true }).inputValue();
}

/** Scenarios of the tester. */
export const TESTER: readonly ConsoleScenario[] = [
  {
    name: 'a first event: a sample is chosen, its event renamed, sent for real and answered by Statsig, by keys alone',
    async run({ open, statsig, inspect }) {
      const { page, keys } = await open({ at: '/tester' });
      await verdictOf(page, 'converted').first().waitFor();
      const sample = page.getByLabel('Sample');
      await keys.to(sample);
      await keys.press('ArrowDown');
      const body = page.getByLabel('Body', { exact: true });
      await keys.write(
        body,
        '{"type":"track","event":"First Event","userId":"user-1","anonymousId":"anon-1","properties":{"plan":"pro"}}',
      );
      await fieldNamed(page, 'Statsig event', 'segment::First Event').waitFor();
      await keys.to(page.getByRole('group', { name: 'Statsig event' }));
      await keys.press('ArrowDown');
      await page.getByText('eventName comes from event').waitFor();
      assert.match((await page.locator('.tester-lit').allInnerTexts()).join(' '), /"event": "First Event"/);
      await keys.to(page.getByRole('button', { name: 'Send for real…' }));
      await keys.press('Enter');
      const dialog = page.getByRole('dialog');
      await keys.to(dialog.getByRole('button', { name: 'Send 1 event' }));
      await keys.press('Enter');
      await dialog.getByText('delivered', { exact: true }).waitFor();
      await inspect(page, 'the answer of Statsig');
      const said = await dialog.innerText();
      assert.match(said, /202/);
      assert.doesNotMatch(said, /secret-shop/);
      await keys.press('Escape');
      const [event] = statsig.events;
      assert.equal(event?.eventName, 'segment::First Event');
      return `Statsig answered 202, and has ${event?.eventName} of ${JSON.stringify(event?.user)}`;
    },
  },
  {
    name: 'pointing at a field shows where it comes from, and at a field of the event what becomes of it',
    async run({ open }) {
      const { page } = await open({ at: '/tester' });
      await fieldNamed(page, 'Statsig event', '"userID"').hover();
      await page.getByText('user.userID comes from userId.').waitFor();
      await fieldNamed(page, 'Event as it is read', '"anonymousId"').hover();
      const said = page.getByText(/anonymousId becomes user\.customIDs\.segmentAnonymousId/);
      await said.waitFor();
      return said.innerText();
    },
  },
  {
    name: 'a filtered and a faulty event are told with the rule and the fix; edited settings are tried and not saved',
    settings: { excludeEvents: ['Debug *'] },
    async run({ open }) {
      const { page } = await open({ at: '/tester' });
      await page
        .getByLabel('Body', { exact: true })
        .fill('{"type":"track","event":"Debug Click","userId":"u"}\n{"type":"track","userId":"u"}');
      await page.getByText('It is filtered: event_excluded').waitFor();
      await page.getByText('excludeEvents Debug *').first().waitFor();
      await page.getByText(/The track event has no name/).waitFor();
      await page.getByText('Try other settings').click();
      await page.getByLabel('Settings to try instead').fill('{"excludeEvents":[]}');
      await page.getByText('Tried with edited settings. They are not saved.').waitFor();
      await verdictOf(page, 'converted').first().waitFor();
      const send = page.getByRole('button', { name: 'Send for real…' });
      assert.ok(await send.isDisabled());
      await page.getByLabel('Settings to try instead').fill('{"excludeEvents":"no"}');
      await page.getByText(/^excludeEvents/).waitFor();
      return 'the rule, the fix, and what an edit would change';
    },
  },
  {
    name: 'what does not arrive is told: a wrong key and exposures to two targets',
    settings: { secretKey: 'secret-wrong' },
    async run({ open, segment, rudderstack }) {
      const { page } = await open({ at: '/tester' });
      await page.getByRole('button', { name: 'Send for real…' }).click();
      const dialog = page.getByRole('dialog');
      await dialog.getByRole('button', { name: 'Send 1 event' }).click();
      await dialog.getByText('refused', { exact: true }).waitFor();
      await dialog.getByText('401', { exact: true }).first().waitFor();
      await page.keyboard.press('Escape');
      await page.getByLabel('Source').selectOption('statsig');
      await page
        .getByText(/Call in the schema of Statsig/)
        .first()
        .waitFor();
      await page.getByRole('button', { name: 'Send for real…' }).click();
      await dialog.getByRole('button', { name: /^Send \d+ events?$/ }).click();
      await dialog.getByText('delivered', { exact: true }).nth(1).waitFor();
      assert.ok(segment.events.length > 0 && rudderstack.events.length > 0);
      return '401 of Statsig, and both targets out of Statsig answered';
    },
  },
  {
    name: 'an event of the live log is handed over and tried; what is sent from the tester shows in the live log',
    async run({ open, send, statsig }) {
      const event = { type: 'track', event: 'Handed Over', userId: 'user-9', messageId: 'handed-1' };
      await send.sdk([{ ...event, timestamp: new Date().toISOString() }]);
      const { page } = await open({ at: '/live' });
      const row = page.locator('.live-row').filter({ hasText: 'Received' }).first();
      await row.waitFor();
      await row.getByRole('button').first().click();
      await page.getByRole('button', { name: 'Send to the tester' }).click();
      await page.getByText('This event comes from the live log.').waitFor();
      assert.match(await bodyOf(page), /Handed Over/);
      await verdictOf(page, 'converted').first().waitFor();
      await page.getByRole('button', { name: 'Send for real…' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Send 1 event' }).click();
      await page.getByRole('dialog').getByText('delivered', { exact: true }).waitFor();
      await page.keyboard.press('Escape');
      await page.getByRole('link', { name: 'Live log' }).click();
      await page.locator('.live-row').filter({ hasText: 'Sent from the tester' }).first().waitFor();
      return `${statsig.events.length} events at Statsig: as it came, and once more from the tester`;
    },
  },
  {
    name: 'an event with masked fields is tried, and neither replayed nor sent from the tester until they are written',
    settings: { redact: ['properties.email'] },
    async run({ open, send, statsig }) {
      const event = { type: 'track', event: 'Masked', userId: 'user-9', messageId: 'masked-1' };
      await send.sdk([{ ...event, properties: { email: 'ann@shop.example' }, timestamp: new Date().toISOString() }]);
      const { page } = await open({ at: '/live' });
      const row = page.locator('.live-row').filter({ hasText: 'Received' }).first();
      await row.waitFor();
      await row.getByRole('button').first().click();
      await page.getByRole('button', { name: 'Replay' }).click();
      const asked = page.getByRole('dialog', { name: 'Send for real' });
      await asked.getByText('Fields are masked: it is tried, and not sent.').waitFor();
      await asked.getByText('properties.email').waitFor();
      assert.ok(await asked.getByRole('button', { name: /^Send 1 event/ }).isDisabled());
      await page.keyboard.press('Escape');
      await page.getByRole('button', { name: 'Send to the tester' }).click();
      await page.getByText('Fields are masked: it is tried, and not sent.').waitFor();
      const sending = page.getByRole('button', { name: 'Send for real…' });
      assert.ok(await sending.isDisabled());
      const body = page.getByLabel('Body', { exact: true });
      await body.fill((await bodyOf(page)).replace('[redacted]', 'bob@shop.example'));
      await page.locator('button:enabled').filter({ hasText: 'Send for real…' }).click();
      await asked.getByText(/goes around the outbox/).waitFor();
      await asked.getByRole('button', { name: 'Send 1 event' }).click();
      await asked.getByText('delivered', { exact: true }).waitFor();
      assert.deepEqual(
        statsig.events.map(({ metadata }) => (metadata as { email?: string }).email),
        ['ann@shop.example', 'bob@shop.example'],
      );
      return 'the field is named, and the mark is never sent';
    },
  },
  {
    name: 'the event of a dead letter is handed over as its sender wrote it',
    settings: { secretKey: PLACE.wrongKey },
    async run({ open, send, plugin, until }) {
      const event = { type: 'track', event: 'Given Up', userId: 'user-9', messageId: 'given-up-1' };
      await send.sdk([{ ...event, timestamp: new Date().toISOString() }]);
      let key = '';
      await until('a dead letter', async () => {
        const headers = { authorization: `Bearer ${PLACE.readToken}` };
        const text = await (await fetch(`${plugin.url}/api/dead-letters`, { headers })).text();
        key = text === '' ? '' : JSON.parse(text.split('\n')[0] ?? '').key;
        return key === '' ? 'there is none' : undefined;
      });
      const { page } = await open({ at: `/tester?${new URLSearchParams({ letter: key })}` });
      await page.getByText('This event comes from a dead letter.').waitFor();
      const body = await bodyOf(page);
      assert.match(body, /"Given Up"/);
      assert.doesNotMatch(body, /eventName/);
      return 'the event of the sender, and not what became of it';
    },
  },
  {
    name: 'an event that another page hands over is tried; a reader cannot send it',
    async run({ open }) {
      const body = JSON.stringify({ type: 'track', event: 'Handed Over', userId: 'user-9' });
      const { page } = await open({
        at: `/tester?${new URLSearchParams({ source: 'tracking-api', body })}`,
        as: 'read',
      });
      await page.getByText('This event comes from the address.').waitFor();
      assert.match(await bodyOf(page), /Handed Over/);
      await verdictOf(page, 'converted').first().waitFor();
      assert.ok(await page.getByRole('button', { name: 'Send for real…' }).isDisabled());
      return 'the event as it was handed over, tried with the settings of now';
    },
  },
];
