// An outbox in memory that several replicas share, with leases, epochs and fencing, on a clock that a test moves: what is expected of every outbox that is shared, without a database.

import { PluginError } from '../src/base/errors.js';
import type { EpochMs } from '../src/base/time.js';
import { type LaneId, laneId } from '../src/outbox/lane-id.js';
import type { DeadLetterRange, LaneNote, Outbox, OutboxEvent, PurgeChoice, Settlement } from '../src/outbox/outbox.js';
import { MemoryOutbox, type OutboxLimits } from './outbox-memory.js';

/** Who has a lane. A number: somebody who is not there. */
interface Held {
  owner: MemoryReplica | number | undefined;
  epoch: number;
  note: LaneNote | undefined;
}

/** What the replicas share. */
export class SharedMemory {
  readonly store: MemoryOutbox;
  readonly leaseMs: number;
  readonly now: () => EpochMs;
  readonly replicas = new Set<MemoryReplica>();
  readonly #lanes = new Map<LaneId, Held>();

  constructor(limits: Partial<OutboxLimits> & Pick<OutboxLimits, 'now'>, leaseMs = 30_000) {
    this.store = new MemoryOutbox(limits);
    this.now = limits.now;
    this.leaseMs = leaseMs;
  }

  replica(): MemoryReplica {
    const replica = new MemoryReplica(this);
    this.replicas.add(replica);
    this.tick();
    return replica;
  }

  lane(id: LaneId): Held {
    const held = this.#lanes.get(id) ?? { owner: undefined, epoch: 0, note: undefined };
    this.#lanes.set(id, held);
    return held;
  }

  isFree({ owner }: Held): boolean {
    if (typeof owner === 'number') return false;
    return owner === undefined || !this.replicas.has(owner) || owner.validUntil <= this.now();
  }

  take(id: LaneId, owner: MemoryReplica | number): Held {
    const held = this.lane(id);
    held.owner = owner;
    held.epoch += 1;
    this.store.forgetClaims(id);
    return held;
  }

  /** A moment passes: leases are renewed where the outbox is reached, and end where it is not; what is free is taken by the one that has the least. */
  tick(): void {
    const reached = [...this.replicas].filter((replica) => replica.beat());
    for (const id of this.store.lanes()) {
      const free = this.isFree(this.lane(id));
      const [least] = reached.sort((one, other) => one.held.size - other.held.size);
      if (free) least?.acquire(id);
    }
  }
}

/** One of the replicas. */
export class MemoryReplica implements Outbox {
  readonly #shared: SharedMemory;
  readonly held = new Map<LaneId, number>();
  readonly #listeners = {
    append: [] as ((lane: LaneId, origin?: 'redelivered') => void)[],
    lost: [] as ((lane: LaneId) => void)[],
    wantedBack: [] as ((workspaceId: string) => void)[],
  };
  validUntil: EpochMs = 0;
  /** Set while it does not reach the outbox: it can do nothing, and its lease ends. */
  isCut = false;
  #closed = false;

  constructor(shared: SharedMemory) {
    this.#shared = shared;
    shared.store.onAppend((lane, origin) => {
      if (this.held.has(lane) && !this.isCut) this.#tell(lane, origin);
    });
  }

  #tell(lane: LaneId, origin?: 'redelivered'): void {
    for (const listener of this.#listeners.append) listener(lane, origin);
  }

  #lose(lane: LaneId): void {
    const shared = this.#shared.lane(lane);
    // It has come back without a word, or the lease has ended and no one else has taken it: it is given up, to be taken anew. An owner that holds nothing would keep it for ever.
    if (shared.owner === this) shared.owner = undefined;
    if (this.held.delete(lane)) for (const listener of this.#listeners.lost) listener(lane);
  }

  /** @returns whether the outbox is reached */
  beat(): boolean {
    const { now, leaseMs } = this.#shared;
    if (this.isCut || this.#closed) {
      if (this.validUntil <= now()) for (const lane of [...this.held.keys()]) this.#lose(lane);
      return false;
    }
    for (const [lane, epoch] of [...this.held]) if (this.#shared.lane(lane).epoch !== epoch) this.#lose(lane);
    this.validUntil = now() + leaseMs;
    return true;
  }

  acquire(lane: LaneId): void {
    this.held.set(lane, this.#shared.take(lane, this).epoch);
    this.#tell(lane);
  }

  /** Whether it holds the lane, which it takes where no one does. */
  #holds(lane: LaneId): boolean {
    if (!this.#reaches()) return false;
    if (!this.held.has(lane) && this.#shared.isFree(this.#shared.lane(lane))) this.acquire(lane);
    if (this.held.has(lane) && this.#shared.lane(lane).epoch !== this.held.get(lane)) this.#lose(lane);
    return this.held.has(lane);
  }

  #reaches(): boolean {
    return !this.isCut && !this.#closed && this.validUntil > this.#shared.now();
  }

  #require(): MemoryOutbox {
    if (this.isCut || this.#closed) throw new PluginError('OUTBOX_UNAVAILABLE', this.#closed ? 'closed' : 'cut');
    return this.#shared.store;
  }

  async append(events: readonly OutboxEvent[]) {
    const results = await this.#require().append(events);
    for (const { workspaceId, target } of events) this.#holds(laneId(workspaceId, target));
    return results;
  }

  async claim(lane: LaneId, maxEvents: number, maxBytes: number) {
    return this.#holds(lane) ? this.#shared.store.claim(lane, maxEvents, maxBytes) : [];
  }

  async settle(settlements: readonly Settlement[]) {
    const [first] = settlements;
    if (first === undefined) return 'settled' as const;
    const store = this.#require();
    const lane = laneId(first.delivery.workspaceId, first.delivery.target);
    if (!this.held.has(lane) || !this.#holds(lane)) return 'lost' as const;
    return store.settle(settlements);
  }

  async nextDueAt(lane: LaneId) {
    return this.#holds(lane) ? this.#shared.store.nextDueAt(lane) : undefined;
  }

  lanes(workspaceId?: string) {
    return this.#shared.store.lanes(workspaceId).filter((lane) => this.held.has(lane));
  }

  countWaiting(lane: LaneId) {
    return this.held.has(lane) ? this.#shared.store.countWaiting(lane) : 0;
  }

  oldestAcceptedAt(lane: LaneId) {
    return this.#shared.store.oldestAcceptedAt(lane);
  }

  heldUntil(lane: LaneId) {
    return this.held.has(lane) ? this.validUntil : 0;
  }

  onAppend(listener: (lane: LaneId, origin?: 'redelivered') => void) {
    this.#listeners.append.push(listener);
  }

  onLost(listener: (lane: LaneId) => void) {
    this.#listeners.lost.push(listener);
  }

  noteOf(lane: LaneId) {
    return this.held.has(lane) ? this.#shared.lane(lane).note : undefined;
  }

  note(lane: LaneId, note: LaneNote | undefined) {
    const held = this.#shared.lane(lane);
    if (this.held.get(lane) === held.epoch && !this.isCut) held.note = note;
  }

  async release(lane: LaneId) {
    this.#require();
    if (!this.#holds(lane)) return;
    const [other] = [...this.#shared.replicas].filter((each) => each !== this && each.beat());
    this.#lose(lane);
    if (other === undefined) this.acquire(lane);
    else other.acquire(lane);
  }

  async wantBack(workspaceId: string) {
    this.#require();
    for (const replica of this.#shared.replicas)
      if (replica !== this && !replica.isCut)
        for (const listener of replica.#listeners.wantedBack) listener(workspaceId);
  }

  onWantedBack(listener: (workspaceId: string) => void) {
    this.#listeners.wantedBack.push(listener);
  }

  async *deadLetters(workspaceId?: string, range?: DeadLetterRange) {
    yield* this.#require().deadLetters(workspaceId, range);
  }

  async redeliver(key: string) {
    return this.#require().redeliver(key);
  }

  async drop(key: string) {
    return this.#require().drop(key);
  }

  async purge(workspaceId: string, what: PurgeChoice) {
    return this.#require().purge(workspaceId, what);
  }

  async acknowledge() {
    return false;
  }

  async status() {
    return this.lastStatus();
  }

  lastStatus() {
    const status = this.#shared.store.lastStatus();
    return this.#closed ? { ...status, ok: false, problem: 'closed' } : status;
  }

  usage() {
    return this.#shared.store.usage();
  }

  async close() {
    if (this.#closed) return;
    this.#closed = true;
    const lanes = [...this.held.keys()];
    for (const lane of lanes) {
      const held = this.#shared.lane(lane);
      if (held.epoch === this.held.get(lane)) {
        held.owner = undefined;
        this.#shared.store.forgetClaims(lane);
      }
      this.#lose(lane);
    }
    this.#shared.replicas.delete(this);
    this.#shared.tick();
  }

  /** It is gone, without a word. */
  kill(): void {
    this.#closed = true;
    this.#shared.replicas.delete(this);
  }
}
