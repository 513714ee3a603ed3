// Looks at a page with axe, in light and dark, wide and narrow.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** In the other colours nothing but the contrast can be different. */
const CONTRAST = { runOnly: ['color-contrast'] };

const LOOKS = [
  { width: 1280, scheme: 'light', options: {} },
  { width: 1280, scheme: 'dark', options: CONTRAST },
  { width: 380, scheme: 'dark', options: {} },
  { width: 380, scheme: 'light', options: CONTRAST },
] as const;

/** What axe calls serious or critical, a line each. */
async function seriousFaults(page: Page, options: object): Promise<readonly string[]> {
  // By the debugger: the content policy lets no script in.
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(
    async (given) =>
      (await (window as unknown as { axe: { run(options: object): Promise<AxeResults> } }).axe.run({
        ...given,
        resultTypes: ['violations'],
      })) as AxeResults,
    options,
  );
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) =>
      nodes.map(
        ({ target, failureSummary = '' }) => `${id} at ${target.join(' ')}: ${failureSummary.split('\n')[1]?.trim()}`,
      ),
    );
}

/** Whether the page is wider than the window: then all of it moves sideways. */
const overflow = (page: Page) =>
  page.evaluate(() => Math.max(0, document.documentElement.scrollWidth - document.documentElement.clientWidth));

/**
 * Inspects what is shown now, in each look.
 *
 * @param what is shown, for the message
 * @throws where axe finds something serious, or the page does not fit its window
 */
export async function inspect(page: Page, what: string): Promise<void> {
  const before = page.viewportSize() ?? { width: 1280, height: 800 };
  for (const { width, scheme, options } of LOOKS) {
    await page.setViewportSize({ width, height: 800 });
    await page.emulateMedia({ colorScheme: scheme });
    const where = `${what}, ${scheme}, ${width} px`;
    assert.deepEqual(await seriousFaults(page, options), [], `axe: ${where}`);
    assert.equal(await overflow(page), 0, `pixels that do not fit: ${where}`);
  }
  await page.setViewportSize(before);
  await page.emulateMedia({ colorScheme: 'light' });
}
