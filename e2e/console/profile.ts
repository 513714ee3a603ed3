// A browser with a profile on disk.

import { chromium } from 'playwright-core';
import { CHROMIUM, launchOptions } from './chromium.js';
import type { ConsoleRig } from './rig.js';

/** Opens the page of connections in a browser of its own, with a profile on disk. What the process answers is kept, and it may go to other places. */
export async function openProfile({ plugin, keep }: ConsoleRig, profile: string) {
  const context = await chromium.launchPersistentContext(profile, { executablePath: CHROMIUM, ...launchOptions() });
  keep(() => context.close());
  const answers: Promise<string>[] = [];
  context.on('response', (response) => {
    if (!response.url().startsWith(plugin.url)) return;
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
