// A process of its own that appends to an outbox and settles what it claims until it is killed, telling what it did.

import { type ChildProcess, spawn } from 'node:child_process';
import { writeSync } from 'node:fs';
import { createInterface, type Interface } from 'node:readline';
import { openLevelOutbox } from '../src/outbox/level-outbox.js';
import type { Settlement } from '../src/outbox/outbox.js';
import { ACME, awaitableLog, event } from './outbox.js';
import { ROOMY } from './outbox-memory.js';

/** How many callers append at the same time. */
const CALLERS = 8;

/** So that it ends even if it is not killed. */
const MOST_CALLS = 50_000;

/**
 * Each line is `{kind, ids}` with kind `accepted` (append resolved), `claimed`, or `delivered` (settle resolved).
 *
 * @param run makes its ids differ from those of other runs
 */
export function startAppender(directory: string, run: string): { child: ChildProcess; lines: Interface } {
  const child = spawn(process.execPath, [import.meta.filename, directory, run], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return { child, lines: createInterface({ input: child.stdout }) };
}

function tell(kind: string, ids: readonly (string | undefined)[]): void {
  // Unlike `process.stdout`, which keeps in memory what a full pipe does not take: a kill would lose it.
  writeSync(1, `${JSON.stringify({ kind, ids })}\n`);
}

async function appendAndSettle(directory: string, run: string): Promise<void> {
  const outbox = await openLevelOutbox({ ...ROOMY, directory, log: awaitableLog() });
  let calls = 0;

  async function append(caller: number): Promise<void> {
    while (calls < MOST_CALLS) {
      calls += 1;
      const ids = Array.from({ length: 1 + (calls % 5) }, (_, index) => `${run}-${caller}-${calls}-${index}`);
      await outbox.append(ids.map((id) => event(id, { acceptedAt: Date.now() })));
      tell('accepted', ids);
    }
  }

  async function settle(): Promise<void> {
    while (calls < MOST_CALLS) {
      const claimed = await outbox.claim(ACME, 20, 1_000_000);
      tell(
        'claimed',
        claimed.map(({ messageId }) => messageId),
      );
      const settlements = claimed.map((delivery, index): Settlement => {
        if (index % 5 === 0) return { kind: 'putBack', delivery };
        if (index % 7 === 0) return { kind: 'dead', delivery, reason: 'rejected', answer: 'no' };
        return { kind: 'delivered', delivery };
      });
      await outbox.settle(settlements);
      const delivered = settlements.filter(({ kind }) => kind === 'delivered');
      tell(
        'delivered',
        delivered.map(({ delivery }) => delivery.messageId),
      );
      // Leaves most of it waiting.
      await outbox.append([event(`${run}-between-${calls}`, { acceptedAt: Date.now() })]);
    }
  }

  await Promise.all([settle(), ...Array.from({ length: CALLERS }, (_, caller) => append(caller))]);
}

const [, script, directory, run] = process.argv;
if (script === import.meta.filename && directory !== undefined) await appendAndSettle(directory, run ?? '');
