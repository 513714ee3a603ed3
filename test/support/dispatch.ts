// A dispatcher with a clock, an outbox and workspaces that a test moves by hand.

import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { createDispatcher } from '../../src/delivery/dispatcher/dispatcher.js';
import type {
  DeliveryOutcome,
  DispatcherLimits,
  DryRunRequest,
} from '../../src/delivery/dispatcher/dispatcher-options.js';
import type { Outbox } from '../../src/delivery/outbox/outbox.js';
import { compileWorkspace } from '../../src/workspace/compile.js';
import type { CompiledWorkspace } from '../../src/workspace/compiled-workspace.js';
import { Secret } from '../../src/workspace/secret.js';
import type { WorkspaceSettings } from '../../src/workspace/settings.generated.js';
import { FakeClock } from './fake-clock.js';
import { OutboxStandIn } from './outbox-stand-in.js';

/** Too long for any test to reach by accident. */
const LONG_MS = 60_000;

export const KEY = 'secret-example';

/** JSON text of a Statsig event of this name. */
export function payload(name: string, padding = 0): string {
  return JSON.stringify({
    eventName: name,
    time: 1_768_478_400_000,
    user: { userID: 'user-42' },
    metadata: { padding: 'x'.repeat(padding) },
  });
}

export interface HarnessOptions<O> {
  readonly limits?: Partial<DispatcherLimits>;
  readonly random?: () => number;
  /** One that another dispatcher has left. */
  readonly outbox?: O;
  readonly clock?: FakeClock;
}

/** A dispatcher with an outbox in memory; started, and stopped with the test. */
export function startDispatcher(context: TestContext, options?: HarnessOptions<OutboxStandIn>): Harness<OutboxStandIn>;
/** The same with an outbox of the test's own. */
export function startDispatcher<O extends Outbox>(
  context: TestContext,
  options: HarnessOptions<O> & { readonly outbox: O },
): Harness<O>;
export function startDispatcher(context: TestContext, options: HarnessOptions<Outbox> = {}): Harness<Outbox> {
  const { clock = new FakeClock() } = options;
  return start(context, options.outbox ?? new OutboxStandIn(clock.now), clock, options);
}

type Harness<O extends Outbox> = ReturnType<typeof start<O>>;

function start<O extends Outbox>(
  context: TestContext,
  outbox: O,
  clock: FakeClock,
  { limits = {}, random = () => 0.5 }: HarnessOptions<O>,
) {
  const workspaces = new Map<string, CompiledWorkspace>();
  const outcomes: DeliveryOutcome[] = [];
  const recorded: DryRunRequest[] = [];
  const logLines: string[] = [];
  const keep = (level: string) => (fields: object, message: string) => {
    logLines.push(JSON.stringify({ ...fields, level, message }));
  };
  let onOutcome = () => {};
  const dispatcher = createDispatcher({
    outbox,
    resolve: (workspaceId) => workspaces.get(workspaceId),
    now: clock.now,
    random,
    after: clock.after,
    log: { debug: keep('debug'), info: keep('info'), warn: keep('warn'), error: keep('error') },
    record: (request) => recorded.push(request),
    onOutcome: (outcome) => {
      outcomes.push(outcome);
      onOutcome();
    },
    limits: { timeoutMs: LONG_MS, ...limits },
  });
  dispatcher.start();
  context.after(async () => {
    const stopped = dispatcher.stop(0);
    clock.advance(0);
    await stopped;
    assert.equal(clock.pending, 0, 'a timer is left after the stop');
  });

  const settledBy = (kind: DeliveryOutcome['kind']) =>
    outcomes
      .filter((outcome) => outcome.kind === kind)
      .flatMap(({ deliveries }) => deliveries.map(({ payload: text }): string => JSON.parse(text).eventName));

  return {
    clock,
    outbox,
    dispatcher,
    outcomes,
    recorded,
    logLines,
    settledBy,
    /** @param key `undefined` makes it a dry-run workspace */
    setWorkspace(id: string, settings: WorkspaceSettings, key: string | undefined = KEY) {
      workspaces.set(id, compileWorkspace(id, settings, key === '' ? undefined : new Secret(key), 'segment'));
    },
    removeWorkspace: (id: string) => workspaces.delete(id),
    async append(workspaceId: string, names: readonly string[], padding = 0) {
      await outbox.append(
        names.map((name) => ({
          workspaceId,
          messageId: name,
          payload: payload(name, padding),
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
