// Statsig from the console: a key, the ID types that the settings name, and the event webhook.

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CONSOLE_KEY, serveConsole } from '../../testkit/console-stand-in.js';
import { openConnect, over } from './connect-form.js';
import { filesWith, holds, keptBy } from './find-token.js';
import { PLACE } from './place.js';
import type { ConsoleScenario } from './scenario.js';

/** Made for this: no other text of the run has it. */
const SIGNING_SECRET = 'signing-secret-of-the-webhook-7d1f';

/** The scenario. */
export const STATSIG: ConsoleScenario = {
  name: 'Statsig is connected: a wrong key is refused, a missing ID type is made, and the webhook is set up by hand, seen to work and undone',
  // Without a signing secret yet: Statsig shows it when the webhook is saved.
  settings: { outbound: { targets: [{ name: 'segment', writeKey: 'segment-shop', host: 'http://127.0.0.1:9' }] } },
  async run(rig) {
    const { plugin, directory, settingsFile, inspect, send } = rig;
    const statsig = await serveConsole({ now: Date.now, idTypes: ['deviceID'] });
    rig.keep(() => statsig.close());
    const before = readFileSync(settingsFile, 'utf8');
    const { page, keys } = await openConnect(rig);
    await keys.to(page.getByRole('tab', { name: 'Segment', exact: true }));
    await keys.press('ArrowRight', 'ArrowRight');
    await page.getByRole('tab', { name: 'Statsig', selected: true }).waitFor();
    await page.getByLabel('Console API key').fill('console-of-somebody-else-1');
    await page.getByLabel('Address of this process').fill(plugin.url);
    await page.getByText('More', { exact: true }).click();
    await page.getByLabel('Address of the Console API').fill(statsig.url);
    await page.getByRole('button', { name: 'Show the plan' }).click();
    await page
      .getByRole('alert')
      .getByText(/does not take the key/)
      .waitFor();
    await page.getByLabel('Console API key').fill(CONSOLE_KEY);
    await page.getByRole('button', { name: 'Show the plan' }).click();
    await over(page, 'Plan');
    await page.getByText('segmentAnonymousId').first().waitFor();
    await page.getByLabel(/^Make ID types/).check();
    await page.getByRole('button', { name: 'Show the plan' }).click();
    await over(page, 'Plan');
    await inspect(page, 'the plan of Statsig');
    assert.ok(!statsig.idTypes.has('segmentAnonymousId'), 'a plan makes nothing');
    await page.getByRole('button', { name: 'Connect', exact: true }).click();
    await over(page, 'Connect');
    assert.ok(statsig.idTypes.has('segmentAnonymousId'), 'the ID type is made');
    const list = page.getByRole('list', { name: 'Steps' });
    const url = `${plugin.url}/statsig/${PLACE.workspace}`;
    await list.getByText(url, { exact: true }).first().waitFor();
    const mark = list.getByRole('checkbox').first();
    await mark.check();
    assert.ok(await mark.isChecked());

    await page.getByLabel('Signing secret of the event webhook').fill(SIGNING_SECRET);
    await page.getByRole('button', { name: 'Show the plan' }).click();
    await over(page, 'Plan');
    await page.getByRole('button', { name: 'Connect', exact: true }).click();
    await over(page, 'Connect');
    const file = join(directory, 'secrets', 'shop-statsig-signing');
    assert.ok(existsSync(file), `${file} is there`);
    await send.statsig([{ eventName: 'bought' }], SIGNING_SECRET);
    await page.getByText('Events arrive.').waitFor();
    await inspect(page, 'Statsig connected');
    await page.getByRole('button', { name: 'Undo …' }).click();
    await over(page, 'Plan of the undo');
    await page.getByRole('button', { name: 'Take it away' }).click();
    await over(page, 'Undo');
    assert.deepEqual(JSON.parse(readFileSync(settingsFile, 'utf8')), JSON.parse(before), 'the settings are as before');
    assert.deepEqual(statsig.broken, [], 'every call is one of the OpenAPI');
    await page.getByRole('tab', { name: 'Segment', exact: true }).click();
    const kept = await keptBy(page);
    await plugin.stop('SIGTERM');
    for (const secret of [CONSOLE_KEY, SIGNING_SECRET]) {
      assert.ok(!holds(secret, kept), 'the page');
      assert.deepEqual(filesWith(secret, directory), [], 'the log and the disk');
    }
    return 'an ID type is made, an event that is signed with the secret arrives, and keys are kept nowhere';
  },
};
