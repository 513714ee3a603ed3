// Runs Segment's and RudderStack's server SDKs against the plugin as a process, and checks that what they report as sent arrives at a stand-in for Statsig.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Resources } from './resources.js';
import { ANSWERS, tryAnswer } from './sdks-answers.js';
import { type FoundSdk, findSdks } from './sdks-clients.js';
import { findProxy } from './sdks-proxies.js';
import { runSdks, type SdkOutcome, type Way } from './sdks-run.js';

/** All of it together; retrying for a minute is a part of it. */
const TIMEOUT_MS = 900_000;

function show({ sdk, given, sent, lost, failures, repeated }: SdkOutcome): boolean {
  const held = lost.length === 0;
  const told = [
    `${sent} of ${given} reported as sent`,
    held ? 'all of them arrived' : `${lost.length} of them did NOT arrive: ${lost.slice(0, 5).join(', ')}`,
    ...(repeated > 0 ? [`${repeated} more than once`] : []),
  ];
  console.log(`${held ? 'ok     ' : 'FAILED '} ${`${sdk.name} ${sdk.version}`.padEnd(26)} ${told.join('; ')}`);
  for (const [reason, count] of failures) console.log(`          ${count} reported as failed: ${reason}`);
  return held;
}

/** Lets all of them send, each way. @returns how many of the SDKs lost something, or could not be tried */
async function runWays(sdks: readonly FoundSdk[], ways: readonly Way[], scratch: string): Promise<number> {
  let failed = 0;
  for (const [index, way] of ways.entries()) {
    console.log(`${way.name}, the plugin killed and stopped while they send:`);
    const failures = await running(async (resources) => {
      const outcomes = await runSdks({ sdks, way, directory: join(scratch, String(index)), resources });
      return outcomes.map(show).filter((held) => !held).length;
    });
    failed += failures;
  }
  return failed;
}

/** Shows what each does with each answer: there is nothing to pass. */
async function runAnswers(sdks: readonly FoundSdk[]): Promise<number> {
  for (const answer of ANSWERS) {
    console.log(`${answer.name}:`);
    await running(async (resources) => {
      for (const { sdk, requests, seconds, failure } of await tryAnswer(sdks, answer, resources)) {
        const tries = answer.status === undefined ? '' : `${requests} requests in `;
        const name = `${sdk.name} ${sdk.version}`.padEnd(26);
        console.log(`  ${name} ${tries}${seconds.toFixed(1)} s; ${failure ?? 'still trying'}`);
      }
      return 0;
    });
  }
  return 0;
}

let open = new Resources();

/** Runs it, shows why it fails, and stops what it has started. @returns how much failed */
async function running(part: (resources: Resources) => Promise<number>): Promise<number> {
  open = new Resources();
  try {
    return await part(open);
  } catch (error) {
    console.log(`FAILED  ${error instanceof Error ? error.message : error}`);
    return 1;
  } finally {
    await open.close();
  }
}

async function main(onlyAnswers: boolean): Promise<number> {
  const directory = resolve(process.env.SDKS_DIRECTORY?.trim() || 'sdks');
  const scratch = mkdtempSync(join(tmpdir(), 'statsig-cdp-sdks-'));
  const forget = () => rmSync(scratch, { recursive: true, force: true, maxRetries: 3 });
  const end = async (why: string, code: number): Promise<void> => {
    console.log(`${why}: stopping everything`);
    await open.close();
    forget();
    process.exit(code);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => end('interrupted', 130));
  setTimeout(() => end(`not done after ${TIMEOUT_MS / 1000} s`, 1), TIMEOUT_MS).unref();
  try {
    const { found, missing } = await findSdks(directory, scratch);
    const nginx = findProxy('nginx', process.env);
    const caddy = findProxy('caddy', process.env);
    for (const { name, why } of missing) console.log(`SKIPPED ${name}: ${why}`);
    if (found.length === 0 || typeof nginx === 'string') {
      console.error('The test with SDKs was NOT run.');
      if (typeof nginx === 'string') console.error(`- ${nginx}`);
      if (found.length === 0)
        console.error(
          `- No SDK is in ${directory}. docs/evidence/e2e-sdks.md says how to install them; SDKS_DIRECTORY names another directory.`,
        );
      return 2;
    }
    if (onlyAnswers) return await runAnswers(found);
    if (typeof caddy === 'string') console.log(`SKIPPED ${caddy}`);
    const failed = await runWays(
      found,
      [
        { name: 'behind nginx', proxy: nginx, replicas: 1 },
        { name: 'straight to the plugin', replicas: 1 },
        { name: 'behind nginx with two replicas', proxy: nginx, replicas: 2 },
        ...(typeof caddy === 'string'
          ? []
          : [{ name: 'behind Caddy, which holds', proxy: caddy, replicas: 1 } as const]),
      ],
      scratch,
    );
    console.log(`${failed} failed${missing.length > 0 ? `, ${missing.length} SDKs skipped` : ''}`);
    return failed === 0 ? 0 : 1;
  } finally {
    forget();
  }
}

process.exitCode = await main(process.argv[2] === 'answers');
