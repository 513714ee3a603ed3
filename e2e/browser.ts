// Runs Segment's browser SDK in a real browser against the real plugin and checks what arrives at a stand-in for Statsig.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserRequirements, findBrowserRequirements } from './browser-requirements.js';
import { type BrowserPlace, startBrowserRig } from './browser-rig.js';
import { BROWSER_SCENARIOS, type BrowserScenario } from './browser-scenarios.js';
import { Resources } from './resources.js';

const LOG_LINES = 8;

/** All of it together; a check that hangs fails long before. */
const TIMEOUT_MS = 115_000;

function report(name: string, error: unknown, logs: BrowserPlace['logs']): void {
  const text = error instanceof Error ? error.message : String(error);
  console.log(`FAILED  ${name}: ${text.replaceAll('\n', '\n        ')}`);
  for (const { name: program, tail } of logs)
    for (const line of tail(LOG_LINES)) console.log(`        ${program}: ${line.slice(0, 400)}`);
}

async function runScenario(
  { name, run }: BrowserScenario,
  place: BrowserPlace,
  isOver: () => boolean,
): Promise<boolean> {
  try {
    const seen = await run(await startBrowserRig(place));
    console.log(`ok      ${name}: ${seen}`);
    return true;
  } catch (error) {
    if (!isOver()) report(name, error, place.logs);
    return false;
  } finally {
    await place.resources.close();
  }
}

/** Runs the scenarios one after the other. Returns how many failed. */
async function runAll(requirements: BrowserRequirements): Promise<number> {
  const scratch = mkdtempSync(join(tmpdir(), 'statsig-cdp-browser-'));
  let over = false;
  let resources = new Resources();

  const end = async (why: string, code: number): Promise<void> => {
    if (over) return;
    over = true;
    console.log(`${why}: stopping everything`);
    await resources.close();
    rmSync(scratch, { recursive: true, force: true, maxRetries: 3 });
    process.exit(code);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => end('interrupted', 130));
  // The reader of the output went away.
  process.stdout.on('error', () => end('interrupted', 130));
  setTimeout(() => end(`not done after ${TIMEOUT_MS / 1000} s`, 1), TIMEOUT_MS).unref();

  let failed = 0;
  for (const [index, scenario] of BROWSER_SCENARIOS.entries()) {
    resources = new Resources();
    const place = { requirements, resources, directory: join(scratch, String(index)), logs: [] };
    if (!(await runScenario(scenario, place, () => over))) failed += 1;
    // The process ends as soon as everything is stopped.
    if (over) await new Promise(() => {});
  }
  rmSync(scratch, { recursive: true, force: true, maxRetries: 3 });
  return failed;
}

async function main(): Promise<number> {
  const requirements = findBrowserRequirements(process.env);
  if (!('chromium' in requirements)) {
    console.error('The browser test was NOT run. It needs:');
    for (const sentence of requirements) console.error(`- ${sentence}`);
    return 2;
  }
  const failed = await runAll(requirements);
  console.log(`${BROWSER_SCENARIOS.length - failed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

process.exitCode = await main();
