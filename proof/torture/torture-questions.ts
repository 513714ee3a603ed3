// What a process of the torture is asked: how much waits, and what has become a dead letter.

import { setTimeout as sleep } from 'node:timers/promises';
import { STATSIG_TARGET } from '../../src/outbox/lane-id.js';
import { readMetrics } from '../../testkit/plugin-process.js';
import { deliveryId } from './torture-outbound-events.js';
import type { Evidence } from './torture-verdict.js';

type DeadLetters = Evidence['deadLetters'];

/** The questions. */
export interface Questions {
  countWaiting(): Promise<number>;
  /** Waits until nothing waits. @returns how many are left when the time is up */
  drain(drainMs: number): Promise<number>;
  /** Those of events that went into Statsig, and of those that came out of it. */
  readDeadLetters(): Promise<{ readonly inbound: DeadLetters; readonly outbound: DeadLetters }>;
}

/** A dead letter, as far as it is looked at. */
interface Letter {
  readonly target: string;
  readonly messageId: string;
  readonly reason: string;
  readonly payload: { readonly properties?: { readonly metadata: { readonly id: string } } };
}

/** What operators say to the processes. */
export const ADMIN_TOKEN = 'torture';

/** The process counts what it has seen last, which is a second old in a shared outbox. */
const QUIET_LOOKS = 3;
const LOOK_MS = 500;

function idOf({ target, messageId, payload }: Letter): string {
  const id = payload.properties?.metadata.id;
  return id === undefined ? messageId : deliveryId(id, target);
}

/** @param url of the process @param isShared whether it counts what other processes do, too */
export function questionsFor(url: string, isShared: boolean): Questions {
  const looks = isShared ? QUIET_LOOKS : 1;

  async function countWaiting(): Promise<number> {
    return (await readMetrics(url)).get('statsig_cdp_outbox_events') ?? 0;
  }

  return {
    countWaiting,
    async drain(drainMs) {
      const deadline = performance.now() + drainMs;
      let quiet = 0;
      for (;;) {
        const waiting = await countWaiting();
        quiet = waiting === 0 ? quiet + 1 : 0;
        if (quiet === looks || performance.now() > deadline) return waiting;
        await sleep(isShared ? LOOK_MS : 50);
      }
    },
    async readDeadLetters() {
      const headers = { authorization: `Bearer ${ADMIN_TOKEN}` };
      const response = await fetch(`${url}/api/dead-letters`, { headers, signal: AbortSignal.timeout(30_000) });
      const lines = (await response.text()).split('\n').filter((line) => line !== '');
      const letters = lines.map((line): Letter => JSON.parse(line));
      const of = (isInbound: boolean): DeadLetters =>
        letters
          .filter(({ target }) => (target === STATSIG_TARGET) === isInbound)
          .map((letter) => ({ id: idOf(letter), reason: letter.reason }));
      return { inbound: of(true), outbound: of(false) };
    },
  };
}
