// Runs the real plugin under a real rudder-server and checks what arrives at a stand-in for Statsig.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Requirements, readRequirements } from './requirements.js';
import { Resources } from './resources.js';
import { type RigPlace, startRig } from './rig.js';
import type { Scenario } from './scenario.js';
import { SCENARIOS } from './scenarios.js';

const LOG_LINES = 8;

function report(name: string, error: unknown, logs: RigPlace['logs']): void {
  const text = error instanceof Error ? error.message : String(error);
  console.log(`FAILED  ${name}: ${text.replaceAll('\n', '\n        ')}`);
  for (const { name: program, tail } of logs)
    for (const line of tail(LOG_LINES)) console.log(`        ${program}: ${line.slice(0, 400)}`);
}

async function runScenario({ name, run }: Scenario, place: RigPlace, interrupted: AbortSignal): Promise<boolean> {
  try {
    const compared = await run((options) => startRig(place, options));
    console.log(`ok      ${name}: ${compared}`);
    return true;
  } catch (error) {
    if (!interrupted.aborted) report(name, error, place.logs);
    return false;
  } finally {
    await place.resources.close();
  }
}

/** Runs the scenarios one after the other. Returns how many failed. */
async function runAll(requirements: Requirements, scenarios: readonly Scenario[]): Promise<number> {
  const scratch = mkdtempSync(join(tmpdir(), 'statsig-cdp-e2e-'));
  const interruption = new AbortController();
  let resources = new Resources();

  const interrupt = async (): Promise<void> => {
    if (interruption.signal.aborted) return;
    interruption.abort();
    console.log('interrupted: stopping everything');
    await resources.close();
    rmSync(scratch, { recursive: true, force: true });
    process.exit(130);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, interrupt);
  // The reader of the output went away.
  process.stdout.on('error', interrupt);

  let failed = 0;
  for (const [index, scenario] of scenarios.entries()) {
    resources = new Resources();
    const place: RigPlace = {
      requirements,
      resources,
      database: `statsig_cdp_e2e_${process.pid}_${index}`,
      directory: join(scratch, String(index)),
      logs: [],
    };
    if (!(await runScenario(scenario, place, interruption.signal))) failed += 1;
    // The interruption ends the process as soon as everything is stopped.
    if (interruption.signal.aborted) await new Promise(() => {});
  }
  rmSync(scratch, { recursive: true, force: true });
  return failed;
}

async function main(filters: readonly string[]): Promise<number> {
  const requirements = await readRequirements(process.env);
  if (!('binary' in requirements)) {
    console.error('The end-to-end test was NOT run. It needs:');
    for (const sentence of requirements) console.error(`- ${sentence}`);
    return 2;
  }
  const scenarios = SCENARIOS.filter(
    ({ name }) => filters.length === 0 || filters.some((filter) => name.includes(filter)),
  );
  if (scenarios.length === 0) {
    console.error(`The end-to-end test was NOT run: no scenario is named like ${filters.join(' or ')}.`);
    return 2;
  }
  const start = Date.now();
  const failed = await runAll(requirements, scenarios);
  const seconds = Math.round((Date.now() - start) / 1000);
  console.log(`${scenarios.length - failed} of ${scenarios.length} scenarios ok in ${seconds} s`);
  return failed === 0 ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
