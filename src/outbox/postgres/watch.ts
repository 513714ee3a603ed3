// Sees once a second how the outbox stands, and writes down what can wait that long.

import { setImmediate as nextTurn } from 'node:timers/promises';
import { PluginError } from '../../base/errors.js';
import type { Logger } from '../../base/logger.js';
import type { EpochMs } from '../../base/time.js';
import type { Postgres } from '../../postgres/connection.js';
import { toProblem } from '../../postgres/database-error.js';
import type { Session } from '../../postgres/session.js';
import type { OutboxStatus, OutboxUsage } from '../outbox.js';
import { Housekeeping, type HousekeepingLimits } from './housekeeping.js';
import { writeNotes } from './lane-notes.js';
import type { HeldLanes } from './lanes.js';
import { inOutboxTerms } from './outbox-error.js';
import type { LaneOwnership } from './ownership.js';
import type { Replica } from './replica.js';
import type { Room } from './room.js';
import { type Counts, count } from './status.js';

/** Milliseconds between two looks, at least; and how many times longer than a look the pause is. */
const LOOK_MS = 1_000;
const PAUSE_PER_LOOK = 20;
const LONGEST_PAUSE_MS = 15_000;

/** Milliseconds for which a failure is said after the last one, when nothing has worked since. */
const FAILED_MS = 10_000;

/** What it works with. */
export interface WatchSettings {
  readonly database: Postgres;
  readonly session: Session;
  readonly replica: Replica;
  readonly lanes: HeldLanes;
  readonly room: Room;
  readonly limits: HousekeepingLimits;
  readonly now: () => EpochMs;
  readonly log: Logger;
}

interface Failure {
  readonly problem: string;
  readonly at: number;
}

/** Watches the outbox. */
export class Watch {
  readonly #settings: WatchSettings;
  readonly #housekeeping: Housekeeping;
  #counts: { readonly counts: Counts; readonly at: EpochMs } | undefined;
  #counting: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #failure: Failure | undefined;
  #isClosed = false;

  constructor(settings: WatchSettings) {
    this.#settings = settings;
    this.#housekeeping = new Housekeeping(settings);
  }

  /** Resolves when lanes were taken and counted, or after a time. Does not throw. */
  async start(ownership: LaneOwnership, patienceMs: number): Promise<void> {
    const { session } = this.#settings;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, patienceMs);
    });
    const begun = async () => {
      await ownership.whenBegun();
      // The session counts as open when all that it began with is done.
      await nextTurn();
      await ownership.lookNow();
    };
    ownership.start(session);
    await Promise.race([late, begun()]);
    clearTimeout(timer);
    await Promise.race([this.#look(), late]);
  }

  /** Something was stored. */
  worked(): void {
    this.#failure = undefined;
  }

  /** Something could not be stored or read. */
  failed(error: unknown): void {
    // That it is full is said by the room, for as long as it is.
    if (error instanceof PluginError && error.code === 'OUTBOX_FULL') return;
    this.#failure = { problem: toProblem(error), at: performance.now() };
  }

  /** As it is now, or as it was when the database was last there. */
  async status(): Promise<OutboxStatus> {
    // One that began before this call may have missed what was written just before it.
    await this.#counting?.catch(() => {});
    if (!this.#isClosed) await this.#count();
    return this.lastStatus();
  }

  lastStatus(): OutboxStatus {
    const { room, now } = this.#settings;
    const problem = this.#problem();
    const shown = problem ?? room.remark;
    const known = this.#counts;
    return {
      at: known?.at ?? now(),
      ok: problem === undefined,
      ...(shown === undefined ? {} : { problem: shown }),
      bytes: known?.counts.bytes ?? 0,
      lanes: known?.counts.lanes ?? [],
      ...(this.#isBlind() ? { counts: known === undefined ? ('unknown' as const) : ('last known' as const) } : {}),
    };
  }

  usage(): OutboxUsage {
    return this.#housekeeping.usage(this.#counts?.counts.deadLetterBytes);
  }

  /** Does not throw. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#counting?.catch(() => {});
    await this.#housekeeping.close();
    await this.#writeNotes();
  }

  #isBlind(): boolean {
    const { database, session } = this.#settings;
    return this.#counts === undefined || database.problem() !== undefined || !session.isOpen;
  }

  #problem(): string | undefined {
    const { database, session, room } = this.#settings;
    if (this.#isClosed) return 'closed';
    const unreachable = database.problem();
    if (unreachable !== undefined) return toProblem(unreachable);
    const failure = this.#failure;
    if (failure !== undefined && performance.now() - failure.at < FAILED_MS) return failure.problem;
    if (!session.isOpen) return 'the session with the database is not open';
    return room.problem;
  }

  async #look(): Promise<void> {
    clearTimeout(this.#timer);
    const begunAt = performance.now();
    await this.#writeNotes();
    const countedAt = performance.now();
    await this.#count();
    const tookMs = performance.now() - countedAt;
    await this.#housekeeping.tidy(this.#counts?.counts.deadLetterBytes ?? 0);
    if (this.#isClosed) return;
    const pause = Math.min(LONGEST_PAUSE_MS, Math.max(LOOK_MS, tookMs * PAUSE_PER_LOOK));
    this.#timer = setTimeout(() => void this.#look(), Math.max(0, begunAt + pause - performance.now()));
  }

  /** Does not throw. */
  async #count(): Promise<void> {
    this.#counting ??= this.#countOnce().finally(() => {
      this.#counting = undefined;
    });
    await this.#counting;
  }

  async #countOnce(): Promise<void> {
    const { database, lanes, room, now, log } = this.#settings;
    const seen = room.look();
    try {
      const counts = await count(database);
      seen(counts.byWorkspace);
      this.#counts = { counts, at: now() };
      for (const lane of lanes.all()) {
        const waiting = counts.waiting.get(lane.id);
        lane.waiting = waiting?.waiting ?? 0;
        lane.oldestAcceptedAt = waiting?.oldestAcceptedAt;
      }
    } catch (error) {
      seen(undefined);
      log.debug({ problem: toProblem(error) }, 'The outbox could not be counted');
    }
  }

  async #writeNotes(): Promise<void> {
    const { database, replica, lanes, log } = this.#settings;
    try {
      await inOutboxTerms(() => writeNotes(database, replica.id, lanes.all()));
    } catch (error) {
      log.debug({ problem: toProblem(error) }, 'Notes of lanes could not be written');
    }
  }
}
