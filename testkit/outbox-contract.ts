// What every outbox promises: one suite of tests for all kinds.

import { describe, type TestContext, test } from 'node:test';
import type { Outbox } from '../src/outbox/outbox.js';
import { createClock } from './outbox.js';
import { testDedupe } from './outbox-contract-dedupe.js';
import { testPurging } from './outbox-contract-purging.js';
import { testSettling } from './outbox-contract-settling.js';
import { testTaking } from './outbox-contract-taking.js';
import type { OutboxLimits } from './outbox-memory.js';

/** Opens a new empty outbox, closed after the test. */
type Open = (limits: Partial<OutboxLimits>) => Promise<Outbox>;

/** Declares a test of one promise. */
export type CheckOutbox = (
  title: string,
  run: (open: Open, clock: ReturnType<typeof createClock>) => Promise<void>,
) => void;

/** @param open gives a new empty outbox, closed after the test */
export function testOutboxContract(
  name: string,
  open: (context: TestContext, limits: Partial<OutboxLimits>) => Promise<Outbox>,
): void {
  describe(name, () => {
    const check: CheckOutbox = (title, run) => {
      test(title, (context) => run((limits) => open(context, limits), createClock()));
    };
    testTaking(check);
    testSettling(check);
    testDedupe(check);
    testPurging(check);
  });
}
