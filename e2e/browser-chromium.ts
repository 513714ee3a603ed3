// Runs headless Chromium on one page.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Resources } from './resources.js';

const GRACE_MS = 5_000;

/** A browser that was started. */
export interface Browser {
  /** How it ended: `code 1`, `SIGKILL`; `undefined` while it runs. */
  end(): string | undefined;
  /** What it told the page's developer: errors of scripts, refusals by CORS. */
  readonly console: readonly string[];
}

/** Names other than this machine's do not resolve in it: nothing it does leaves the machine. */
function flags(profile: string): readonly string[] {
  return [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-dev-shm-usage',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--disable-extensions',
    '--enable-logging=stderr',
    '--lang=en-US',
    '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1',
    `--user-data-dir=${profile}`,
  ];
}

/**
 * Opens a page in a Chromium of its own with a new profile.
 *
 * @param directory takes its profile and stands for its home
 */
export async function openPage(
  chromium: string,
  url: string,
  directory: string,
  resources: Resources,
): Promise<Browser> {
  const home = join(directory, 'chromium');
  mkdirSync(home);
  const child = spawn(chromium, [...flags(join(home, 'profile')), url], {
    env: { PATH: process.env.PATH, HOME: home },
    stdio: ['ignore', 'ignore', 'pipe'],
    // A process group of its own, so that none of its processes stays.
    detached: true,
  });
  // Not before the last of its processes has let go of its output.
  const closed = once(child, 'close').catch(() => {});
  await once(child, 'spawn');
  const lines: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => {
    if (line.includes(':CONSOLE')) lines.push(line);
  });
  resources.add(async () => {
    child.kill('SIGTERM');
    const late = setTimeout(() => process.kill(-Number(child.pid), 'SIGKILL'), GRACE_MS);
    await closed;
    clearTimeout(late);
  });
  return {
    end() {
      if (child.signalCode !== null) return child.signalCode;
      return child.exitCode === null ? undefined : `code ${child.exitCode}`;
    },
    console: lines,
  };
}
