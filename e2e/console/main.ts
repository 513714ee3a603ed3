// Drives the console in a real browser against the built plugin and stand-ins, one task of an operator after another.
//
//   npm run e2e:console                  all of them
//   npm run e2e:console -- sign-in live  those whose file or name has one of these words

import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import { Resources } from '../resources.js';
import { CHROMIUM, launchOptions } from './chromium.js';
import { type ConsolePlace, startConsoleRig } from './rig.js';
import type { ConsoleScenario } from './scenario.js';
import { SCENARIOS } from './scenarios.js';

const LOG_LINES = 8;

/** Scenarios that run at once: each has a process and a window of its own. */
const AT_ONCE = 2;

/** All of it together; a scenario that hangs fails long before. */
const TIMEOUT_MS = 600_000;

function report(name: string, error: unknown, logs: ConsolePlace['logs']): void {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  console.log(`FAILED  ${name}: ${text.replaceAll('\n', '\n        ')}`);
  for (const { name: program, tail } of logs)
    for (const line of tail(LOG_LINES)) console.log(`        ${program}: ${line.slice(0, 400)}`);
}

async function runOne(scenario: ConsoleScenario, place: ConsolePlace): Promise<boolean> {
  const began = performance.now();
  try {
    const { rig, finish } = await startConsoleRig(place, scenario);
    const seen = await scenario.run(rig);
    await finish();
    console.log(`ok      ${scenario.name}: ${seen} (${((performance.now() - began) / 1_000).toFixed(1)} s)`);
    return true;
  } catch (error) {
    report(scenario.name, error, place.logs);
    return false;
  } finally {
    await place.resources.close();
  }
}

/** Those that the command names. */
function chosen(words: readonly string[]): readonly ConsoleScenario[] {
  const all = Object.entries(SCENARIOS).flatMap(([file, scenarios]) =>
    scenarios.map((scenario) => ({ file, scenario })),
  );
  return all
    .filter(
      ({ file, scenario }) => words.length === 0 || words.some((word) => file === word || scenario.name.includes(word)),
    )
    .map(({ scenario }) => scenario);
}

async function runAll(browser: Browser, scratch: string): Promise<number> {
  const scenarios = chosen(process.argv.slice(2));
  let failed = 0;
  let begun = 0;
  const runNext = async (waiting: ConsoleScenario[]): Promise<void> => {
    for (let scenario = waiting.shift(); scenario !== undefined; scenario = waiting.shift()) {
      begun += 1;
      const place = { browser, resources: new Resources(), directory: join(scratch, String(begun)), logs: [] };
      if (!(await runOne(scenario, place))) failed += 1;
    }
  };
  const together = scenarios.filter(({ alone }) => alone !== true);
  await Promise.all(Array.from({ length: AT_ONCE }, () => runNext(together)));
  await runNext(scenarios.filter(({ alone }) => alone === true));
  console.log(`${scenarios.length - failed} passed, ${failed} failed`);
  return scenarios.length === 0 || failed > 0 ? 1 : 0;
}

async function main(): Promise<number> {
  try {
    accessSync(CHROMIUM, constants.X_OK);
  } catch {
    console.error(
      `The test of the console was NOT run: ${CHROMIUM} is not a file that can be run. Install Chromium (Debian: apt-get install chromium) or set CHROMIUM_PATH.`,
    );
    return 2;
  }
  setTimeout(() => {
    console.log(`not done after ${TIMEOUT_MS / 1_000} s`);
    process.exit(1);
  }, TIMEOUT_MS).unref();
  const scratch = mkdtempSync(join(tmpdir(), 'statsig-cdp-console-'));
  const browser = await chromium.launch({ executablePath: CHROMIUM, ...launchOptions() });
  try {
    return await runAll(browser, scratch);
  } finally {
    await browser.close();
    rmSync(scratch, { recursive: true, force: true, maxRetries: 3 });
  }
}

process.exitCode = await main();
