// A page of a browser in which nothing may go wrong unseen: errors of scripts, breaches of the content policy, requests to other hosts, answers that are no success.

import assert from 'node:assert/strict';
import type { Browser, BrowserContext, Page } from 'playwright-core';

/** How the window is. */
export interface Look {
  readonly width?: number;
  readonly scheme?: 'light' | 'dark';
}

/** A page that is watched. */
export interface WatchedPage {
  readonly page: Page;
  /** Answers that are no success and that the scenario brings about: `401 /api/session`. */
  expect(answer: string): void;
  /** @throws where something went wrong until now */
  assertClean(): void;
  close(): Promise<void>;
}

/** The browser says of every answer that is no success that a resource failed; here each such answer is looked at itself. */
const SAID_OF_ANSWERS = /^Failed to load resource/;

function watch(context: BrowserContext, page: Page, origin: string, faults: string[], expected: Set<string>): void {
  context.on('request', (request) => {
    const url = new URL(request.url());
    if (['http:', 'https:', 'ws:', 'wss:'].includes(url.protocol) && url.origin !== origin)
      faults.push(`it asks ${url.origin}`);
  });
  context.on('response', (response) => {
    const answer = `${response.status()} ${new URL(response.url()).pathname}`;
    if (response.status() >= 400 && !expected.has(answer)) faults.push(`it was answered ${answer}`);
  });
  page.on('pageerror', (error) => faults.push(`a script failed: ${error.stack ?? error.message}`));
  page.on('dialog', (dialog) => {
    faults.push(`it opened a dialog of the browser: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('console', (message) => {
    const text = message.text();
    // Breaches of the content policy are said here, too.
    if (message.type() === 'error' && !SAID_OF_ANSWERS.test(text)) faults.push(`the console says: ${text}`);
  });
}

/** Opens an empty page. @param origin of the plugin: the one place that it may ask */
export async function openWatched(browser: Browser, origin: string, look: Look): Promise<WatchedPage> {
  const context = await browser.newContext({
    viewport: { width: look.width ?? 1280, height: 800 },
    colorScheme: look.scheme ?? 'light',
    reducedMotion: 'reduce',
    acceptDownloads: true,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  const faults: string[] = [];
  // A fresh browser has no session: the page asks who it is.
  const expected = new Set(['401 /api/session']);
  watch(context, page, origin, faults, expected);
  return {
    page,
    expect: (answer) => expected.add(answer),
    assertClean: () => assert.deepEqual(faults, [], 'the page has faults'),
    close: () => context.close(),
  };
}
