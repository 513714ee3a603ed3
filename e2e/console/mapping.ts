// Mapping and filters: a change is previewed on real events, saved, in force, undone; refused where somebody else was faster; read-only for who may only look.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import type { ConsoleRig } from './rig.js';
import type { ConsoleScenario } from './scenario.js';

const track = (event: string, number: number) => ({
  type: 'track',
  event,
  userId: `user-${number}`,
  anonymousId: `anonymous-${number}`,
  messageId: `${event}-${number}`,
  timestamp: new Date().toISOString(),
  context: { device: { id: `device-${number}` } },
});

const preview = (page: Page) => page.getByRole('complementary', { name: 'Preview' });

/** The custom ids of an event that Statsig has taken. */
async function idsOf({ statsig, until }: ConsoleRig, userId: string): Promise<Record<string, unknown>> {
  const find = () => statsig.events.find(({ user }) => (user as { userID?: string } | undefined)?.userID === userId);
  await until(`${userId} at Statsig`, () => (find() === undefined ? 'it has not come' : undefined));
  return ((find()?.user as { customIDs?: Record<string, unknown> } | undefined)?.customIDs ?? {}) as Record<
    string,
    unknown
  >;
}

/** Scenarios of mapping and filters. */
export const MAPPING: readonly ConsoleScenario[] = [
  {
    name: 'a mapping is changed, previewed on the last events, saved, in force with the next event, and undone, by keys alone',
    async run(rig) {
      const { open, send, settingsFile, inspect } = rig;
      await send.sdk([track('Order Completed', 1)]);
      const before = readFileSync(settingsFile, 'utf8');
      const { page, keys } = await open({ at: '/mapping' });
      await keys.enter(page.getByRole('button', { name: 'Add a mapping' }));
      await keys.write(page.getByLabel('Field of the event of mapping 2'), 'context.device.id');
      await keys.write(page.getByLabel('Id in Statsig of mapping 2'), 'deviceID');
      const pane = preview(page);
      await pane.getByText('1 changed').first().waitFor();
      await keys.enter(pane.getByRole('button', { name: 'Order Completed' }));
      await pane.getByText('events[0].user.customIDs.deviceID').waitFor();
      assert.equal(readFileSync(settingsFile, 'utf8'), before, 'a preview writes nothing');
      await inspect(page, 'an edit with its preview');
      await page.locator('h1').focus();
      await keys.enter(pane.getByRole('button', { name: 'Save' }));
      await pane.getByText(/^In force \(generation/).waitFor();
      await send.sdk([track('Order Completed', 2)]);
      assert.equal((await idsOf(rig, 'user-2')).deviceID, 'device-2');

      await page.locator('h1').focus();
      await keys.enter(page.getByRole('button', { name: 'History' }));
      const drawer = page.getByRole('dialog', { name: 'History' });
      await keys.enter(drawer.getByRole('row').nth(1).getByRole('button'));
      await drawer.getByRole('region', { name: 'What it changed' }).waitFor();
      await inspect(page, 'the history');
      await keys.enter(drawer.getByRole('button', { name: 'Put back what was before' }));
      const asks = page.getByRole('dialog', { name: 'Put back what was before?' });
      await keys.enter(asks.getByRole('button', { name: 'Put back' }));
      await rig.until('the file as it was', () =>
        readFileSync(settingsFile, 'utf8') === before ? undefined : 'it is not',
      );
      return 'custom ID deviceID on the next event, and the file byte for byte as before after the undo';
    },
  },
  {
    name: 'a filter is set by the names seen lately and by a pattern, with what it matches, at 380 pixels',
    async run(rig) {
      const { open, send, settingsFile } = rig;
      await send.sdk([track('Order Completed', 1), track('Heartbeat', 2), track('Heartbeat Slow', 3)]);
      const { page } = await open({ at: '/mapping?tab=filters', width: 380 });
      // Without a watcher only a sample of what goes well is kept: one of each call.
      await send.sdk([track('Heartbeat', 4)]);
      await send.sdk([track('Heartbeat Slow', 5)]);
      await page.reload();
      await page.getByLabel('Add to: Not sent').fill('Heart*');
      await page.getByLabel('Add to: Not sent').press('Enter');
      await page
        .getByText(/kept out by/)
        .first()
        .waitFor();
      await preview(page)
        .getByText(/newly filtered/)
        .first()
        .waitFor();
      await page.getByRole('button', { name: 'Save' }).click();
      await preview(page)
        .getByText(/^In force \(generation/)
        .waitFor();
      assert.match(readFileSync(settingsFile, 'utf8'), /"excludeEvents":\s*\[\s*"Heart\*"\s*\]/);
      return 'Heart* previewed, saved, in the file';
    },
  },
  {
    name: 'an edit that cannot work is not saved, one of a file that was changed meanwhile shows both, and a reader only looks',
    async run({ open, settingsFile }) {
      const { page, expect } = await open({ at: '/mapping' });
      for (const path of ['preview', 'save']) expect(`409 /api/settings/${path}`);
      const field = page.getByLabel('Field of the event of mapping 1');
      await field.fill('$.anonymousId');
      await preview(page).getByText('The settings would not work', { exact: true }).waitFor();
      assert.ok(await page.getByRole('button', { name: 'Save' }).isDisabled());
      await field.fill('context.device.id');
      await preview(page).getByText('Checked: it can be saved.').waitFor();
      const changed = { ...(JSON.parse(readFileSync(settingsFile, 'utf8')) as object), defaultEnvironment: 'staging' };
      writeFileSync(settingsFile, JSON.stringify(changed));
      const watched = page.waitForResponse((response) => response.status() === 409);
      await page.getByRole('button', { name: 'Save' }).click();
      await watched;
      await preview(page).getByText('The file was changed meanwhile').waitFor();
      await page.getByRole('button', { name: 'Read it again' }).click();
      await preview(page).getByText('Checked: it can be saved.').waitFor();
      await page.getByRole('button', { name: 'Save' }).click();
      await preview(page)
        .getByText(/^In force \(generation/)
        .waitFor();
      assert.match(readFileSync(settingsFile, 'utf8'), /"defaultEnvironment": ?"staging"/);
      assert.match(readFileSync(settingsFile, 'utf8'), /context\.device\.id/);

      const reader = await open({ at: '/mapping?tab=document', as: 'read' });
      const text = await reader.page.getByRole('textbox').first().inputValue();
      assert.doesNotMatch(text, /secret-shop|shop-write-key|shop-header-secret/);
      assert.match(text, /kept:1/);
      await preview(reader.page).getByText('Nothing is changed', { exact: true }).waitFor();
      assert.ok(await reader.page.getByRole('button', { name: 'Save' }).isDisabled());
      return 'fault shown beside the row, 409 with both versions, saved on top of the other edit, no key shown to a reader';
    },
  },
];
