// Works the form of a connection.

import type { Page } from 'playwright-core';
import type { ConsoleRig, OpenedPage } from './rig.js';

/** What a page is filled in with. */
export interface Filled {
  readonly token: string;
  readonly apiUrl: string;
  readonly url: string;
}

/** Fills in all but the source. */
export async function fill(page: Page, { token, apiUrl, url }: Filled): Promise<void> {
  await page.getByLabel('Public API token').fill(token);
  await page.getByLabel('Address of this process').fill(url);
  await page.getByText('More', { exact: true }).click();
  await page.getByLabel('Address of the Public API').fill(apiUrl);
  await page.getByLabel('Address of the Tracking API').fill(apiUrl);
}

/** Has them listed. */
export async function findSources(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Find sources' }).click();
  await page.getByRole('combobox', { name: 'Source' }).waitFor();
}

/** Waits until a deed is over. @returns what is said of it */
export async function over(page: Page, deed: string): Promise<string> {
  const section = page.getByRole('region', { name: deed, exact: true });
  await section
    .locator('.badge')
    .first()
    .filter({ hasText: /^(?:Done|Failed|Stopped)$/ })
    .waitFor({ timeout: 60_000 });
  return (await section.getByRole('status').first().innerText()).trim();
}

/** Opens the page of connections. */
export async function openConnect(rig: ConsoleRig, as: 'write' | 'read' = 'write'): Promise<OpenedPage> {
  const opened = await rig.open({ at: '/connect', as });
  await opened.page.getByRole('heading', { level: 1, name: 'Connect' }).waitFor();
  return opened;
}
