// A process of its own that remembers one id after the other until it is killed, and tells which are remembered.

import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface, type Interface } from 'node:readline';
import { createMembershipStore } from '../src/targets/statsig-lists/membership-store.js';
import { keepingLog, NOON } from './id-list-rig.js';

/** So that it ends even if it is not killed. */
const MOST = 50_000;

/** Each line is the number of an id that is remembered, `user-<number>`, on the list `vip`, so many ms after noon. */
export function startRememberer(directory: string): { child: ChildProcess; lines: Interface } {
  const child = spawn(process.execPath, [import.meta.filename, directory], { stdio: ['ignore', 'pipe', 'inherit'] });
  return { child, lines: createInterface({ input: child.stdout }) };
}

async function rememberAll(directory: string): Promise<void> {
  const store = createMembershipStore({ directory, maxMemberships: MOST, now: () => NOON, log: keepingLog() });
  for (let number = 0; number < MOST; number += 1) {
    const entry = { id: `user-${number}`, time: NOON + number, member: true, sure: true };
    await store.remember({ workspaceId: 'acme', listId: 'vip' }, 'userID', [entry]);
    process.stdout.write(`${number}\n`);
  }
}

const [, script, directory] = process.argv;
if (script === import.meta.filename && directory !== undefined) await rememberAll(directory);
