// A token is left nowhere: the page, the answers of the process, its log, its disk, the browser's profile, the list of processes.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { fill, findSources, over } from './connect-form.js';
import { startSegmentApi } from './connect-segment-api.js';
import { filesWith, holds, keptBy, processesWith } from './find-token.js';
import { openProfile } from './profile.js';
import { signIn } from './rig.js';
import type { ConsoleScenario } from './scenario.js';

/** The scenario. */
export const LEAKS: ConsoleScenario = {
  name: 'a token is found nowhere once Segment is connected by it, and the search finds one wherever it is put',
  async run(rig) {
    const { plugin, directory } = rig;
    const segment = await startSegmentApi(rig);
    const { token } = segment;
    const profile = `${directory}-profile`;
    const first = await openProfile(rig, profile);
    const { page } = first;
    await signIn(page, 'write');
    await fill(page, { token, apiUrl: segment.url, url: plugin.url });
    await findSources(page);
    await page.getByRole('combobox', { name: 'Source' }).selectOption({ label: 'Web (web)' });
    await page.getByRole('button', { name: 'Show the plan' }).click();
    await over(page, 'Plan');
    const held = segment.holdChange(1);
    await page.getByRole('button', { name: 'Connect', exact: true }).click();
    await held.reached;
    assert.deepEqual(processesWith(token), [], 'the list of processes, while it is used');
    held.release();
    await over(page, 'Connect');
    segment.refuse({ status: 401, message: `who is ${token}?` });
    await page.getByRole('button', { name: 'Show the plan' }).click();
    await over(page, 'Plan');
    const answers = Buffer.from(await first.answers());
    assert.ok(answers.includes('who is ['), 'what Segment said of it was answered');
    assert.ok(!holds(token, answers), 'what the process answers');
    await page.getByRole('tab', { name: 'Statsig' }).click();
    await page.getByRole('tab', { name: 'Segment', exact: true }).click();
    await page.getByLabel('Public API token').waitFor();
    assert.ok(!holds(token, await keptBy(page)), 'the page');
    await first.context.close();
    await plugin.stop('SIGTERM');
    assert.deepEqual(filesWith(token, profile), [], "the browser's profile");
    assert.deepEqual(filesWith(token, directory), [], 'the log and the disk');
    assert.deepEqual(processesWith(token), [], 'the list of processes');

    await plugin.start();
    const second = await openProfile(rig, profile);
    await second.page.evaluate((text) => localStorage.setItem('leak', text), token);
    assert.ok(holds(token, await keptBy(second.page)), 'a token in the page is found');
    await second.context.close();
    assert.notDeepEqual(filesWith(token, profile), [], 'a token in the profile is found');
    appendFileSync(join(directory, 'plugin.log'), `{"msg":"${Buffer.from(`user:${token}`).toString('base64')}"}\n`);
    assert.deepEqual(filesWith(token, directory), [join(directory, 'plugin.log')], 'a token in the log is found');
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)', token]);
    await once(child, 'spawn');
    assert.deepEqual(processesWith(token), [String(child.pid)], 'a token in the list of processes is found');
    const gone = once(child, 'exit');
    child.kill();
    await gone;
    return 'no leak in page, answers, log, disk, profile and process list; each of the planted ones is found';
  },
};
