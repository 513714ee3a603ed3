// Makes the recorded fixtures anew, of the clients that are installed: `npm run record -- CLIENT…`, or all of them.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { messageOf } from '../src/base/system-error.js';
import type { Recordable } from './record-place.js';
import { placeFor, recordableSdks } from './record-sdks.js';
import { Resources } from './resources.js';
import { findSdks } from './sdks-clients.js';

let open = new Resources();

async function recordOne({ id, record }: Recordable, scratch: string): Promise<boolean> {
  open = new Resources();
  try {
    console.log(`ok      ${id}: ${await record(placeFor(scratch, id, open))} fixtures`);
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
  const { found, missing } = await findSdks(resolve(process.env.SDKS_DIRECTORY?.trim() || 'sdks'), scratch);
  for (const { name, why } of missing) console.log(`missing ${name}: ${why}`);
  const asked = recordableSdks(found).filter(({ id }) => names.length === 0 || names.includes(id));
  const done: boolean[] = [];
  for (const recordable of asked) done.push(await recordOne(recordable, scratch));
  forget();
  const failed = done.filter((isDone) => !isDone).length;
  const unknown = names.filter((name) => !asked.some(({ id }) => id === name));
  for (const name of unknown) console.log(`unknown or not installed: ${name}`);
  return failed > 0 || unknown.length > 0 ? 1 : 0;
}

process.exitCode = await main(process.argv.slice(2));
