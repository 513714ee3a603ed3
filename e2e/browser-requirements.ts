// Finds what the browser test needs, and says what is missing.

import { accessSync, constants } from 'node:fs';
import { createRequire } from 'node:module';

/** What the test runs with. */
export interface BrowserRequirements {
  /** Path of Chromium. */
  readonly chromium: string;
  /** Path of the SDK as one file for browsers. */
  readonly sdkFile: string;
}

const DEFAULT_CHROMIUM = '/usr/bin/chromium';
const SDK = '@segment/analytics-next/dist/umd/index.js';

function findSdk(): string | undefined {
  try {
    return createRequire(import.meta.url).resolve(SDK);
  } catch {
    return undefined;
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Everything the test needs, or one sentence for each thing that is missing. */
export function findBrowserRequirements(
  env: Readonly<Record<string, string | undefined>>,
): BrowserRequirements | readonly string[] {
  const given = env.CHROMIUM_PATH?.trim() ?? '';
  const chromium = given === '' ? DEFAULT_CHROMIUM : given;
  const sdkFile = findSdk();
  const missing: string[] = [];
  if (!isExecutable(chromium))
    missing.push(
      `Chromium: ${chromium} is not a file that can be run. Install it (Debian: apt-get install chromium) or set CHROMIUM_PATH.`,
    );
  if (sdkFile === undefined) missing.push("Segment's browser SDK: @segment/analytics-next is missing; run npm ci.");
  return sdkFile === undefined || missing.length > 0 ? missing : { chromium, sdkFile };
}
