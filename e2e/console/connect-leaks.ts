// Where a token may have been left: the page, the answers of the process, its log, its disk, the browser's profile, the list of processes.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium, type Page } from 'playwright-core';
import { CHROMIUM, launchOptions } from './chromium.js';
import { fill, findSources, over } from './connect-form.js';
import { startSegmentApi } from './connect-segment-api.js';
import { type ConsoleRig, signIn } from './rig.js';
import type { ConsoleScenario } from './scenario.js';

/** A text as programs keep it: in one byte a character, in two, and as base64 has it wherever it begins. */
function writingsOf(token: string): readonly Buffer[] {
  const inBase64 = [0, 1, 2].map((offset) => {
    const whole = Buffer.from(' '.repeat(offset) + token).toString('base64');
    return whole.slice(offset === 0 ? 0 : 4, whole.replace(/=+$/, '').length - 2);
  });
  return [Buffer.from(token), Buffer.from(token, 'utf16le'), ...inBase64.map((text) => Buffer.from(text))];
}

/** Whether a text has it in any form. */
const holds = (token: string, bytes: Buffer) => writingsOf(token).some((writing) => bytes.includes(writing));

/** The files below a directory that hold it. */
function filesWith(token: string, directory: string): readonly string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .filter((file) => holds(token, readFileSync(file)));
}

/** Processes whose command line or environment holds it; those that end meanwhile have none. */
function processesWith(token: string): readonly string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) =>
      ['cmdline', 'environ'].some((file) => {
        try {
          return holds(token, readFileSync(join('/proc', pid, file)));
        } catch {
          return false;
        }
      }),
    );
}

/** All that a page has: what it shows, what is in its fields, and what it has put away. */
async function keptBy(page: Page): Promise<Buffer> {
  const kept = await page.evaluate(() => [
    document.documentElement.outerHTML,
    location.href,
    JSON.stringify({ ...localStorage }),
    JSON.stringify({ ...sessionStorage }),
    ...[...document.querySelectorAll('input, textarea')].map((field) => (field as HTMLInputElement).value),
  ]);
  return Buffer.from(kept.join('\n'));
}

/** A browser with a profile on disk, and what it was answered. */
async function openProfile({ plugin, keep }: ConsoleRig, profile: string) {
  const context = await chromium.launchPersistentContext(profile, { executablePath: CHROMIUM, ...launchOptions() });
  keep(() => context.close());
  const answers: Promise<string>[] = [];
  context.on('response', (response) => {
    answers.push(
      response.body().then(
        (body) => `${response.url()} ${body.toString('latin1')}`,
        () => response.url(),
      ),
    );
  });
  const [page = await context.newPage()] = context.pages();
  await page.goto(`${plugin.url}/console/#/connect`);
  return { context, page, answers: async () => (await Promise.all(answers)).join('\n') };
}

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
