// A process that keeps ID lists in step, with outbox and store on disk, on a clock that a test moves; it can be made to crash anywhere.

import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DeliveryTarget } from '../src/dispatch/delivery-target.js';
import { createDispatcher } from '../src/dispatch/dispatcher.js';
import type { MembershipChange } from '../src/model/conversion.js';
import { listOfTarget, listTarget } from '../src/outbox/lane-id.js';
import { openLevelOutbox } from '../src/outbox/level-outbox.js';
import type { Outbox } from '../src/outbox/outbox.js';
import { createIdLists } from '../src/targets/statsig-lists/id-lists.js';
import type { CompiledAudiences } from '../src/transform/compiled-audiences.js';
import type { FakeClock } from './fake-clock.js';
import { keepingLog } from './id-list-rig.js';
import { ROOMY } from './outbox-memory.js';

/** What the process is made of. */
export interface ProcessOptions {
  readonly audiences: CompiledAudiences;
  readonly clock: FakeClock;
  readonly maxConcurrentPerLane?: number;
  /** Where its files are. Default the system's place for temporary ones. */
  readonly folder?: string;
}

/** Where the system has one that is in memory: a crash of a process loses nothing there, and syncs do not wait for all that others write to the disk. */
export const QUICK_FOLDER = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

const REQUEST_MS = 60_000;

/** Turns of the event loop in which nothing happens, until everybody sleeps. */
const QUIET_TURNS = 3;

/** Runs of the process over the same files. */
export function createProcess({ audiences, clock, maxConcurrentPerLane = 1, folder = tmpdir() }: ProcessOptions) {
  const parent = mkdtempSync(join(folder, 'id-list-process-'));
  const storeDirectory = join(parent, 'audiences');
  const log = keepingLog();
  let run = start();

  async function start() {
    const outbox = await openLevelOutbox({ ...ROOMY, directory: join(parent, 'outbox'), now: clock.now, log });
    const idLists = createIdLists({
      directory: storeDirectory,
      timeoutMs: REQUEST_MS,
      now: clock.now,
      record: () => {},
      log,
    });
    const timers = new Set<() => void>();
    /** Calls of the outbox and requests. */
    const underWay = new Set<Promise<unknown>>();
    let isDead = false;
    let diesAtSettle = false;

    function die(): void {
      isDead = true;
      for (const cancel of timers) cancel();
      timers.clear();
    }

    /** A dead process does nothing any more: its promises stay open. */
    const alive = async <T>(made: Promise<T>): Promise<T> => {
      underWay.add(made);
      const result = await made.finally(() => {
        underWay.delete(made);
        return isDead && new Promise(() => {});
      });
      return result;
    };

    const mortal: Outbox = {
      ...outbox,
      claim: (...claim) => alive(outbox.claim(...claim)),
      nextDueAt: (lane) => alive(outbox.nextDueAt(lane)),
      settle(settlements) {
        if (diesAtSettle) die();
        return isDead ? new Promise(() => {}) : alive(outbox.settle(settlements));
      },
    };

    function track(target: DeliveryTarget): DeliveryTarget {
      return { ...target, send: (part, signal) => alive(target.send(part, signal)) };
    }

    const dispatcher = createDispatcher({
      outbox: mortal,
      resolve: (_workspace, name) => {
        const listId = listOfTarget(name);
        return listId === undefined
          ? { kind: 'no target', why: 'no settings for this target' }
          : track(idLists.targetOf(audiences, listId));
      },
      log,
      limits: { maxConcurrentPerLane },
      now: clock.now,
      random: () => 0.5,
      after(ms, wake) {
        if (isDead) return () => {};
        const cancelTimer = clock.after(ms, () => {
          timers.delete(cancel);
          wake();
        });
        const cancel = () => {
          cancelTimer();
          timers.delete(cancel);
        };
        timers.add(cancel);
        return cancel;
      },
    });
    dispatcher.start();

    return {
      outbox,
      idLists,
      die,
      dieAtSettle() {
        diesAtSettle = true;
      },
      isDead: () => isDead,
      /** Resolves when everybody sleeps, nothing is left to do, or the process is dead. */
      async idle(): Promise<void> {
        // Lanes that wait for the same have one timer. One that has a permit waits for a timer, too, while the disk does not take what became of its request.
        const isBusy = () => underWay.size > 0 || (timers.size === 0 && outbox.lanes().length > 0);
        for (let quiet = 0; !isDead && quiet < QUIET_TURNS; quiet = isBusy() ? 0 : quiet + 1) {
          // Turns of the event loop meanwhile would take the processor from what is waited for.
          if (underWay.size > 0) await Promise.race(underWay).catch(() => {});
          await new Promise(setImmediate);
        }
      },
      async kill(): Promise<void> {
        die();
        await Promise.allSettled(underWay);
        await idLists.close();
        await outbox.close();
      },
    };
  }

  async function restart(): Promise<void> {
    await (await run).kill();
    run = start();
    await run;
  }

  return {
    logLines: log.lines,
    async append(changes: readonly MembershipChange[]): Promise<void> {
      const { outbox } = await run;
      await outbox.append(
        changes.map((change) => ({
          workspaceId: audiences.workspaceId,
          target: listTarget(change.listId),
          messageId: undefined,
          origin: 'webhook',
          payload: JSON.stringify(change),
          acceptedAt: clock.now(),
        })),
      );
    },
    /** The process ends without another word, now. */
    async crash(): Promise<void> {
      (await run).die();
    },
    /** It ends while everybody sleeps, and begins anew after a while. @param ms how long it is down */
    async pause(ms: number): Promise<void> {
      const { idle, die } = await run;
      await idle();
      die();
      clock.advance(ms);
      await restart();
    },
    /** It ends before it can write down what became of the next deliveries. */
    async crashAtSettle(): Promise<void> {
      (await run).dieAtSettle();
    },
    /**
     * Lets it work, sleep after sleep; one that is dead is started again. @param sleeps at most so many
     *
     * @returns whether nothing is left to do
     */
    async work(sleeps: number): Promise<boolean> {
      for (let sleep = 0; sleep < sleeps; sleep += 1) {
        const { idle, isDead, outbox } = await run;
        await idle();
        if (isDead()) await restart();
        else if (outbox.lanes().length === 0) return true;
        else await clock.skip();
      }
      return false;
    },
    async remembered(id: string): Promise<readonly string[]> {
      const lists = await (await run).idLists.remembered(audiences.workspaceId, id);
      return lists.map(({ listId }) => listId).sort();
    },
    /** Puts a file where the store's directory would be. @returns what takes it away */
    blockStore(): () => void {
      writeFileSync(storeDirectory, 'no directory');
      return () => rmSync(storeDirectory);
    },
    async deadLetters(): Promise<string[]> {
      const answers: string[] = [];
      for await (const { answer } of (await run).outbox.deadLetters()) answers.push(answer);
      return answers;
    },
    async end(): Promise<void> {
      await (await run).kill();
      rmSync(parent, { recursive: true, force: true });
    },
  };
}
