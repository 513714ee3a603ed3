// A dispatcher with a clock, an outbox and workspaces that a test moves by hand.

import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { DeliveryTarget } from '../src/dispatch/delivery-target.js';
import { createDispatcher } from '../src/dispatch/dispatcher.js';
import type { DeliveryOutcome, DispatcherLimits } from '../src/dispatch/dispatcher-options.js';
import type { Outbox } from '../src/outbox/outbox.js';
import type { DryRunRequest } from '../src/targets/dry-run.js';
import { FakeClock } from './fake-clock.js';
import { MemoryOutbox } from './outbox-memory.js';
import { type Aim, STATSIG, type TargetKind } from './target-kinds.js';

/** Too long for any test to reach by accident. */
const LONG_MS = 60_000;

/** Limits of an outbox that keeps whatever it is given for as long as it is not delivered. */
export const EVERYTHING = { maxAgeMs: Number.MAX_SAFE_INTEGER, maxDedupeEntries: 0 };

const SESSION_ID = '6f1c9a52-3a0e-4f0c-9d55-1d9a2f7b8c11';

/** How a harness is set up. */
export interface HarnessOptions<O> {
  /** What the workspaces' events are delivered to. Default: Statsig. */
  readonly kind?: TargetKind;
  readonly limits?: Partial<DispatcherLimits>;
  /** For one request. */
  readonly timeoutMs?: number;
  readonly random?: () => number;
  /** One that another dispatcher has left. */
  readonly outbox?: O;
  readonly clock?: FakeClock;
}

/** A dispatcher with an outbox in memory; started, and stopped with the test. */
export function startDispatcher(context: TestContext, options?: HarnessOptions<MemoryOutbox>): Harness<MemoryOutbox>;
/** The same with an outbox of the test's own. */
export function startDispatcher<O extends Outbox>(
  context: TestContext,
  options: HarnessOptions<O> & { readonly outbox: O },
): Harness<O>;
export function startDispatcher(context: TestContext, options: HarnessOptions<Outbox> = {}): Harness<Outbox> {
  const { clock = new FakeClock() } = options;
  return start(context, options.outbox ?? new MemoryOutbox({ ...EVERYTHING, now: clock.now }), clock, options);
}

type Harness<O extends Outbox> = ReturnType<typeof start<O>>;

function start<O extends Outbox>(
  context: TestContext,
  outbox: O,
  clock: FakeClock,
  { kind: targetKind = STATSIG, limits = {}, timeoutMs = LONG_MS, random = () => 0.5 }: HarnessOptions<O>,
) {
  const targets = new Map<string, DeliveryTarget>();
  const outcomes: DeliveryOutcome[] = [];
  const recorded: DryRunRequest[] = [];
  const logLines: string[] = [];
  const keep = (level: string) => (fields: object, message: string) => {
    logLines.push(JSON.stringify({ ...fields, level, message }));
  };
  let onOutcome = () => {};
  const maker = targetKind.open({
    sessionId: SESSION_ID,
    timeoutMs,
    now: clock.now,
    record: (request) => recorded.push(request),
  });
  const dispatcher = createDispatcher({
    outbox,
    resolve: (workspaceId, target) =>
      targets.get(`${workspaceId}/${target}`) ?? { kind: 'no target', why: 'no settings for this target' },
    now: clock.now,
    random,
    after: clock.after,
    log: { debug: keep('debug'), info: keep('info'), warn: keep('warn'), error: keep('error') },
    onOutcome: (outcome) => {
      outcomes.push(outcome);
      onOutcome();
    },
    limits,
  });
  dispatcher.start();
  context.after(async () => {
    const stopped = dispatcher.stop(0);
    clock.advance(0);
    await stopped;
    await maker.close();
    assert.equal(clock.pending, 0, 'a timer is left after the stop');
    if (outbox instanceof MemoryOutbox) assert.deepEqual(outbox.strays, [], 'settled without a claim');
  });

  const settledBy = (kind: DeliveryOutcome['kind']) =>
    outcomes
      .filter((outcome) => outcome.kind === kind)
      .flatMap(({ deliveries }) => deliveries.map(({ payload }) => targetKind.nameOf(payload)));

  return {
    clock,
    outbox,
    dispatcher,
    outcomes,
    recorded,
    logLines,
    settledBy,
    /** Says where the workspace's events go from now on. */
    aim(workspaceId: string, { url }: Pick<Aim, 'url'>, options: Partial<Aim> = {}) {
      const target = maker.make({ key: targetKind.key, ...options, workspaceId, url });
      targets.set(`${workspaceId}/${targetKind.target}`, target);
    },
    async append(workspaceId: string, names: readonly string[], padding = 0) {
      await outbox.append(
        names.map((name) => ({
          workspaceId,
          target: targetKind.target,
          messageId: name,
          origin: 'webhook',
          payload: targetKind.payload(name, padding),
          acceptedAt: clock.now(),
        })),
      );
    },
    /** Resolves when so many outcomes have been told. */
    async told(count: number): Promise<void> {
      while (outcomes.length < count) {
        await new Promise<void>((resolve) => {
          onOutcome = resolve;
        });
      }
    },
    /** Moves the clock from sleep to sleep until nothing waits; returns the sleeps in milliseconds. */
    async drain(): Promise<number[]> {
      const sleeps: number[] = [];
      while (outbox.lanes().length > 0) {
        const outcome = new Promise<'outcome'>((resolve) => {
          onOutcome = () => resolve('outcome');
        });
        const first = await Promise.race([clock.nextIn(), outcome]);
        if (first !== 'outcome' && clock.pending > 0) sleeps.push(await clock.skip());
      }
      return sleeps;
    },
  };
}
