// RudderStack from the console: an export that is chosen in the browser, what is written by it, and the environment to set by hand.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { exportedDestination, exportedSource, exportedWorkspace } from '../../testkit/rudderstack-export.js';
import { openConnect, over } from './connect-form.js';
import { filesWith, holds, keptBy } from './find-token.js';
import type { ConsoleScenario } from './scenario.js';

/** Made for this: no other text of the run has it. */
const KEY = 'secret-of-the-destination-81d2f0';

/** Its name is what an attacker may write. */
const EXPORT = exportedWorkspace([
  exportedSource('src-1', [exportedDestination({ id: 'dst-statsig', key: KEY })], {
    name: '<img src=x onerror=window.hostile=1> \u202egnp.exe',
  }),
]);

/** The scenario. */
export const RUDDERSTACK: ConsoleScenario = {
  name: 'RudderStack is connected by an export that is no file of the process, and taken away without it; its keys are kept nowhere',
  async run(rig) {
    const { settingsFile, directory, plugin, inspect } = rig;
    const before = readFileSync(settingsFile, 'utf8');
    const { page } = await openConnect(rig);
    await page.getByRole('tab', { name: 'RudderStack' }).click();
    const file = page.getByLabel('Export of the control plane');
    await file.setInputFiles({
      name: 'x.json',
      mimeType: 'application/json',
      buffer: Buffer.from('{"sources": nothing}'),
    });
    await page.getByRole('button', { name: 'Show the plan' }).click();
    await page.getByRole('alert').waitFor();
    const refused = await page.getByRole('alert').innerText();
    const buffer = Buffer.from(JSON.stringify(EXPORT));
    await file.setInputFiles({ name: 'workspaceConfig.json', mimeType: 'application/json', buffer });
    await page.getByRole('button', { name: 'Show the plan' }).click();
    const planned = await over(page, 'Plan');
    assert.equal(readFileSync(settingsFile, 'utf8'), before, 'a plan writes nothing');
    await page.getByText('DEST_TRANSFORM_URL').first().waitFor();
    await inspect(page, 'the plan of RudderStack');
    await page.getByRole('button', { name: 'Connect', exact: true }).click();
    await over(page, 'Connect');
    assert.match(readFileSync(settingsFile, 'utf8'), /dst-statsig/, 'the destination is claimed');
    assert.equal(await page.evaluate(() => 'hostile' in window), false);
    await file.setInputFiles([]);
    await page.getByRole('button', { name: 'Undo …' }).click();
    await over(page, 'Plan of the undo');
    await page.getByRole('button', { name: 'Take it away' }).click();
    await over(page, 'Undo');
    assert.deepEqual(JSON.parse(readFileSync(settingsFile, 'utf8')), JSON.parse(before), 'the settings are as before');
    const kept = await keptBy(page);
    await plugin.stop('SIGTERM');
    assert.ok(!holds(KEY, kept), 'the page');
    assert.deepEqual(filesWith(KEY, directory), [], 'the log and the disk');
    return `${planned} What is no export: ${refused.replace(/\s+/g, ' ').slice(0, 120)}`;
  },
};
