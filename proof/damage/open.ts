// Opens an outbox as the process does, and reads all that is in it.

import { openLevelOutbox } from '../../src/outbox/level-outbox.js';
import type { Outbox } from '../../src/outbox/outbox.js';
import { SILENT } from './silent.js';

/** When everything happens. Milliseconds since the epoch. */
export const NOW = 1_800_000_000_000;

/** Who sends everything. */
export const ORIGIN = 'webhook';

const DAY = 86_400_000;

export function openForDamage(directory: string): Promise<Outbox> {
  return openLevelOutbox({
    directory,
    isShared: () => false,
    deadLetters: { maxBytes: Number.MAX_SAFE_INTEGER, maxAgeMs: Number.MAX_SAFE_INTEGER },
    reserveBytes: 0,
    maxBytes: 1_000_000_000,
    maxAgeMs: 7 * DAY,
    dedupeWindowMs: DAY,
    maxDedupeEntries: 100_000,
    now: () => NOW,
    log: SILENT,
  });
}

/** What a start finds. */
export interface Findings {
  /** It takes events. */
  readonly ok: boolean;
  readonly problem: string | undefined;
  /** `messageId` and payload. */
  readonly waiting: readonly (readonly [string, string])[];
  readonly dead: readonly (readonly [string, string])[];
  /** Dead letters that say that they are damaged. */
  readonly damaged: number;
}

export async function readOutbox(outbox: Outbox): Promise<Findings> {
  const waiting: [string, string][] = [];
  const dead: [string, string][] = [];
  let damaged = 0;
  const before = outbox.lastStatus();
  if (before.ok) {
    for (const lane of outbox.lanes()) {
      const claimed = await outbox.claim(lane, 1_000_000, 1_000_000_000);
      for (const { messageId, payload } of claimed) waiting.push([messageId ?? '', payload]);
      // As the dispatcher asks once it has sent what it claimed.
      await outbox.nextDueAt(lane);
    }
    for await (const { messageId, payload, reason } of outbox.deadLetters()) {
      if (reason === 'damaged') damaged += 1;
      else dead.push([messageId ?? '', payload]);
    }
  }
  const { ok, problem } = outbox.lastStatus();
  return { ok: before.ok && ok, problem: problem ?? before.problem, waiting, dead, damaged };
}
