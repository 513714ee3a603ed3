// Makes the pictures of the console in docs/images: a plugin between stand-ins, a made-up shop, a real browser.
//
//   npm run screenshots                all of them
//   npm run screenshots -- live event  those that are named

import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { Resources } from '../resources.js';
import { CHROMIUM, launchOptions } from './chromium.js';
import { type ConsoleRig, type OpenOptions, startConsoleRig } from './rig.js';
import { playShop, SHOP_SETTINGS } from './shop-traffic.js';

const IMAGES = new URL('docs/images/', import.meta.resolve('statsig-cdp/package.json')).pathname;

/** They are looked at over networks. */
const MOST_BYTES = 150_000;

/** Some minutes of a shop, so that what is drawn over time has something to draw. */
const ROUNDS = 30;
const PAUSE_MS = 1_500;

interface Picture extends OpenOptions {
  readonly at: string;
  /** Of the window. Default: 800. */
  readonly height?: number;
  /** What is done before it is taken. */
  readonly act?: (page: Page) => Promise<void>;
}

const PICTURES: Readonly<Record<string, Picture>> = {
  overview: { at: '/overview', height: 1_250 },
  live: { at: '/live' },
  'live-dark': { at: '/live', scheme: 'dark' },
  event: {
    at: '/live?event=Order+Completed&outcome=received',
    async act(page) {
      await page.locator('.live-row').first().click();
      await page.getByRole('dialog').getByRole('tab').first().waitFor();
    },
  },
  refused: {
    at: '/live?list=errors&outcome=refused&protocol=segment',
    async act(page) {
      await page.locator('.live-row').first().click();
      await page.getByRole('dialog').getByRole('tab').first().waitFor();
    },
  },
  tester: { at: '/tester' },
  mapping: {
    at: '/mapping',
    async act(page) {
      const id = page.locator('input').filter({ visible: true }).nth(1);
      await id.fill('visitorID');
      await page.waitForTimeout(1_500);
    },
  },
  'dead-letters': { at: '/dead-letters' },
  audiences: { at: '/audiences' },
};

async function take(rig: ConsoleRig, name: string, { act, height = 800, ...options }: Picture): Promise<void> {
  const { page, close } = await rig.open(options);
  await page.setViewportSize({ width: 1280, height });
  // What a page loads is there, and what it draws is drawn.
  await page.waitForTimeout(1_500);
  await act?.(page);
  await page.waitForTimeout(500);
  // Nothing looks pointed at.
  await page.mouse.move(0, 0);
  const path = join(IMAGES, `console-${name}.webp`);
  const session = await page.context().newCDPSession(page);
  const { data } = await session.send('Page.captureScreenshot', { format: 'webp', quality: 85 });
  writeFileSync(path, data, 'base64');
  const { size } = statSync(path);
  console.log(`${path} ${Math.round(size / 1_000)} KB`);
  if (size > MOST_BYTES) throw new Error(`${path} has ${size} bytes, more than ${MOST_BYTES}`);
  await close();
}

async function takeAll(browser: Browser, directory: string, resources: Resources): Promise<void> {
  const names = process.argv.slice(2);
  const { rig } = await startConsoleRig({ browser, resources, directory, logs: [] }, { settings: SHOP_SETTINGS });
  // Somebody watches: then the log keeps everything.
  const { close } = await rig.open({ at: '/live' });
  await playShop(rig, ROUNDS, PAUSE_MS);
  await close();
  for (const [name, picture] of Object.entries(PICTURES))
    if (names.length === 0 || names.includes(name)) await take(rig, name, picture);
}

mkdirSync(IMAGES, { recursive: true });
const scratch = mkdtempSync(join(tmpdir(), 'statsig-cdp-'));
const resources = new Resources();
const browser = await chromium.launch({ executablePath: CHROMIUM, ...launchOptions() });
try {
  await takeAll(browser, join(scratch, 'shop'), resources);
} finally {
  await resources.close();
  await browser.close();
  rmSync(scratch, { recursive: true, force: true, maxRetries: 3 });
}
