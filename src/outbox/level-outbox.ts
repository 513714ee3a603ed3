// The outbox on local disk: a LevelDB database in a directory of its own.

import type { Logger } from '../base/logger.js';
import type { EpochMs } from '../base/time.js';
import type { DiskProblem } from '../level/disk-error.js';
import type { Level } from '../level/open-database.js';
import { type Opened, OwnedDatabase } from '../level/owned-database.js';
import { appendChange } from './level/append.js';
import type { Books } from './level/books.js';
import { claimDue, findNextDue } from './level/claims.js';
import { LevelDatabase } from './level/database.js';
import { dropChange, findOnceOfLetter, redeliverChange } from './level/dead-letter-changes.js';
import type { DeadLetterLimits } from './level/dead-letter-limits.js';
import { listDeadLetters } from './level/dead-letters.js';
import { DedupeIndex } from './level/dedupe-index.js';
import { Housekeeping } from './level/housekeeping.js';
import { Lanes } from './level/lanes.js';
import { Ledger } from './level/ledger.js';
import { loadBooks } from './level/load.js';
import { describeMissing } from './level/missing.js';
import { createLevelMoving } from './level/moving.js';
import { Notices } from './level/notices.js';
import { purgeWorkspace } from './level/purge.js';
import { isSoundChange } from './level/records.js';
import { Room } from './level/room.js';
import { settleChange } from './level/settle.js';
import { describeOutbox, type Known } from './level/status.js';
import { Step } from './level/step.js';
import { Writer } from './level/writer.js';
import type { MovableOutbox } from './moving.js';
import type { LaneStatus, Outbox, OutboxStatus, Settlement } from './outbox.js';

/** @returns `undefined` when nothing is kept */
function describeStake(lanes: readonly LaneStatus[]): string | undefined {
  const sum = (count: (lane: LaneStatus) => number) => lanes.reduce((all, lane) => all + count(lane), 0);
  if (lanes.length === 0) return undefined;
  return `${sum(({ waiting }) => waiting)} waiting events and ${sum(({ deadLetters }) => deadLetters)} dead letters in it`;
}

const CACHE_BYTES = 32 << 20;

/** Where the outbox is and how much it takes. */
export interface LevelOutboxSettings {
  /** Made when it is missing. Used by one process at a time. */
  readonly directory: string;
  /** Bytes of waiting records. */
  readonly maxBytes: number;
  /** Whether more than one workspace has settings: then none may fill it for all. */
  readonly isShared: () => boolean;
  readonly deadLetters: DeadLetterLimits;
  /** Bytes that are kept on the disk for settling and dropping when it is full; 0 for none. */
  readonly reserveBytes: number;
  /** Milliseconds after which a waiting event becomes a dead letter instead of being claimed. */
  readonly maxAgeMs: number;
  /** Milliseconds in which a message of the same id is a duplicate; 0 for no such check. */
  readonly dedupeWindowMs: number;
  /** Ids that are remembered; beyond it the oldest are forgotten first. */
  readonly maxDedupeEntries: number;
  readonly now?: () => EpochMs;
  readonly log: Logger;
}

/** The outbox on local disk. */
export interface LevelOutbox extends Outbox {
  /** Only where nothing else uses it. */
  readonly moving: MovableOutbox;
  /** Why it cannot be used; `undefined` where it can. */
  readonly diskProblem: DiskProblem | undefined;
}

/**
 * Opens the outbox.
 *
 * It never throws for a disk that cannot be used: then `status()` says why, `append` throws OUTBOX_UNAVAILABLE,
 * nothing is due, and the outbox tries again by itself. Where `settle` throws OUTBOX_UNAVAILABLE the deliveries stay
 * claimed, so that nothing is sent twice: settle them again. When the disk works again, listeners are told of each lane
 * with something waiting.
 * A call that was answered OUTBOX_UNAVAILABLE may be on disk all the same (its sync failed, its data did not):
 * sent again within the dedupe window its events are duplicates, and are delivered once.
 */
export async function openLevelOutbox(settings: LevelOutboxSettings): Promise<LevelOutbox> {
  const { directory, maxBytes, isShared, maxAgeMs, dedupeWindowMs, maxDedupeEntries, now = Date.now, log } = settings;
  const listeners: Parameters<Outbox['onAppend']>[0][] = [];
  let closed = false;

  const room = new Room({ directory, reserveBytes: settings.reserveBytes, log });
  const books: Books = {
    lanes: new Lanes(),
    dedupe: new DedupeIndex(dedupeWindowMs, maxDedupeEntries),
    ledger: new Ledger(),
    maxBytes,
    isShared,
    room,
    log,
    now,
    foundUntil: 0,
    sequence: 0,
    dropped: { age: 0, bytes: 0 },
    refusedBytes: 0,
    overShare: new Map(),
    appended(lane, origin) {
      for (const listener of listeners) {
        try {
          listener(lane, origin);
        } catch (error) {
          // What is stored stays stored, whatever a listener does.
          log.error({ lane, error: String(error) }, 'A listener of the outbox failed.');
        }
      }
    },
  };
  const { lanes, dedupe, ledger } = books;

  const notices = new Notices();
  /** Reading the disk anew counts from nothing: what is told meanwhile, and while it fails. */
  let known: (Known & { readonly deadLetterBytes: number }) | undefined;
  let isRead = false;

  const findKnown = () =>
    isRead ? { bytes: lanes.bytes, lanes: lanes.status(), deadLetterBytes: lanes.deadBytes } : known;

  async function load(db: Level, { noted, replaced, ...found }: Opened): Promise<number> {
    known = findKnown();
    isRead = false;
    const loaded = await loadBooks(db, books, log);
    await notices.load(db);
    const missing = describeMissing({ found, noted, sequence: loaded.sequence, isCounted: loaded.isCounted });
    books.sequence = Math.max(books.sequence, noted.synced?.sequence ?? 0);
    const damage = [...found.damage, ...missing, ...loaded.losses];
    if (damage.length > 0) log.error({ directory, damage }, 'The outbox is damaged.');
    const news = [
      ...(replaced === undefined ? [] : [replaced]),
      ...(damage.length === 0 ? [] : [`damaged: ${damage.join('; ')}`]),
    ];
    owned.wrote(loaded.operations);
    if (loaded.isCounted && news.length === 0) return books.sequence;
    const step = new Step(db, new Map(), new Ledger());
    try {
      notices.add(news, step);
      loaded.correct(step);
      await step.write();
      owned.wrote(step.size);
    } finally {
      await step.close();
    }
    return books.sequence;
  }

  const owned = new OwnedDatabase({
    ...{ directory, now, log, name: 'outbox', load, isSound: isSoundChange },
    stake: () => describeStake(lanes.status()),
    writeBufferBytes: () => room.writeBufferBytes,
    cacheBytes: CACHE_BYTES,
  });
  const database = new LevelDatabase(
    { directory, database: owned, room, log },
    {
      usable() {
        isRead = true;
        for (const lane of lanes.waiting()) books.appended(lane);
      },
      tidy: (db) => housekeeping.tidy(db),
    },
  );
  const writer = new Writer(database, ledger, {
    async extend(db, step) {
      const madeRoom = await dedupe.makeRoom(db, step, now());
      ledger.write(step, books.sequence);
      return () => {
        madeRoom();
        owned.wrote(step.size, books.sequence);
      };
    },
    forget: () => dedupe.forgetStep(),
  });

  const housekeeping = new Housekeeping({ directory, room, database, books, writer }, settings.deadLetters);
  const settle = async (settlements: readonly Settlement[]): Promise<void> => {
    if (settlements.length > 0) await writer.write(settleChange(books, settlements));
  };
  const claims = { database, lanes, maxAgeMs, room, settle, now, log };
  const lastStatus = (): OutboxStatus => describeOutbox(books, database, notices, closed, findKnown());

  async function close(): Promise<void> {
    closed = true;
    await writer.close();
    await database.close();
  }

  await database.open();

  return {
    append: async (events) => (events.length === 0 ? [] : writer.write(appendChange(books, events))),
    claim: async (lane, maxEvents, maxBytesOfClaim) =>
      closed ? [] : claimDue(claims, { lane, maxEvents, maxBytes: maxBytesOfClaim }),
    async settle(settlements) {
      await settle(settlements);
      return 'settled';
    },
    nextDueAt: (lane) => findNextDue(database, lanes, lane),
    lanes: (workspaceId) => lanes.waiting(workspaceId),
    countWaiting: (lane) => lanes.countWaiting(lane),
    oldestAcceptedAt: (lane) => lanes.oldestAcceptedAt(lane),
    heldUntil: () => Number.POSITIVE_INFINITY,
    onAppend(listener) {
      listeners.push(listener);
    },
    // Its lanes are this process's alone: none is lost, no other has one next, and no other holds anything.
    onLost() {},
    noteOf: () => undefined,
    note() {},
    async release() {},
    async wantBack() {},
    onWantedBack() {},
    deadLetters: (workspaceId, range) => listDeadLetters({ database, lanes }, workspaceId, range),
    redeliver: async (key) => writer.write(redeliverChange(books, key, await writer.write(findOnceOfLetter(key)))),
    drop: async (key) => (await writer.write(dropChange(books, key))) === true,
    purge: (workspaceId, what) => purgeWorkspace({ database, books, writer }, workspaceId, what),
    acknowledge: () => writer.write({ bytes: 0, lookUp: [], plan: (step) => notices.acknowledge(step) }),
    status: async () => lastStatus(),
    lastStatus,
    usage: () => housekeeping.usage(isRead ? lanes.deadBytes : known?.deadLetterBytes),
    close,
    moving: createLevelMoving({ database, books, writer }, close),
    get diskProblem() {
      return database.problem;
    },
  };
}
