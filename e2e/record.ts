// Makes the recorded fixtures anew, of the clients that are installed: `npm run record -- CLIENT…`, or all of them.

import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { messageOf } from '../src/base/system-error.js';
import { findBrowserRequirements } from './browser-requirements.js';
import { recordableBrowser } from './record-browser.js';
import { recordableOutbound } from './record-outbound.js';
import type { Recordable } from './record-place.js';
import { findProbes } from './record-probes.js';
import { recordableRudderServer } from './record-rudder-server.js';
import { recordableSdks } from './record-sdks.js';
import { recordableWebhooks } from './record-webhooks.js';
import { readRequirements } from './requirements.js';
import { Resources } from './resources.js';
import { actionDestinations, findSdks, moreClients, probe } from './sdks-clients.js';

/** Formats the fixtures as the others are. */
const ROOT = new URL('../../', import.meta.url).pathname;

let open = new Resources();

/** What can be recorded here, and a sentence for each thing that is missing for more. */
async function findRecordables(scratch: string): Promise<readonly [readonly Recordable[], readonly string[]]> {
  const directory = resolve(process.env.SDKS_DIRECTORY?.trim() || 'sdks');
  const sdks = await findSdks(directory, scratch, moreClients);
  const [probes, noProbes] = findProbes();
  const webhooks = await probe(actionDestinations(directory));
  const browser = findBrowserRequirements(process.env);
  const server = await readRequirements(process.env);
  const there = [
    recordableOutbound,
    ...recordableSdks(sdks.found),
    ...('version' in webhooks ? recordableWebhooks(webhooks) : []),
    ...probes,
    ...('chromium' in browser ? [recordableBrowser(browser)] : []),
    ...('binary' in server ? [recordableRudderServer(server)] : []),
  ];
  const missing = [
    ...[...sdks.missing, ...('why' in webhooks ? [webhooks] : [])].map(({ name, why }) => `${name}: ${why}`),
    ...noProbes,
    ...('chromium' in browser ? [] : browser),
    ...('binary' in server ? [] : server),
  ];
  return [there, missing];
}

async function recordOne({ id, record }: Recordable, scratch: string): Promise<boolean> {
  open = new Resources();
  const directory = join(scratch, id);
  mkdirSync(directory);
  try {
    console.log(`ok      ${id}: ${await record({ directory, resources: open })} fixtures`);
    return true;
  } catch (error) {
    console.log(`FAILED  ${id}: ${messageOf(error)}`);
    return false;
  } finally {
    await open.close();
  }
}

async function main(names: readonly string[]): Promise<number> {
  const scratch = mkdtempSync(join(tmpdir(), 'statsig-cdp-record-'));
  const forget = () => rmSync(scratch, { recursive: true, force: true, maxRetries: 3 });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(signal, async () => {
      await open.close();
      forget();
      process.exit(130);
    });
  const [recordables, missing] = await findRecordables(scratch);
  for (const sentence of missing) console.log(`missing ${sentence}`);
  const asked = recordables.filter(({ id }) => names.length === 0 || names.includes(id));
  const unknown = names.filter((name) => !asked.some(({ id }) => id === name));
  for (const name of unknown) console.log(`FAILED  ${name}: no such client, or it is not installed`);
  let failed = unknown.length;
  for (const recordable of asked) if (!(await recordOne(recordable, scratch))) failed += 1;
  forget();
  await promisify(execFile)('node_modules/.bin/biome', ['format', '--write', 'fixtures/recorded'], { cwd: ROOT });
  return failed > 0 ? 1 : 0;
}

process.exitCode = await main(process.argv.slice(2));
