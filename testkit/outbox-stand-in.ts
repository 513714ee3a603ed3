// An outbox in memory, as the contract says, for tests of what works with one.

import { type LaneId, laneId, partsOfLane } from '../src/outbox/lane-id.js';
import type { DeadLetter, Delivery, Outbox, OutboxEvent, Settlement } from '../src/outbox/outbox.js';
import { NO_USAGE, purgeContents } from './outbox-purge.js';

const laneOf = ({ workspaceId, target }: Pick<OutboxEvent, 'workspaceId' | 'target'>) => laneId(workspaceId, target);

/** An outbox without a disk, and what a test wants to see of it. */
export class OutboxStandIn implements Outbox {
  readonly #waiting = new Map<string, Delivery>();
  readonly #claimed = new Set<string>();
  readonly #dead = new Map<string, DeadLetter>();
  readonly #listeners: ((lane: LaneId) => void)[] = [];
  readonly #now: () => number;
  #arrivals = 0;
  /** Every settlement that was written down. */
  readonly settled: Settlement[] = [];
  /** How many deliveries each claim gave out. */
  readonly claims: { readonly lane: LaneId; readonly events: number }[] = [];
  /** Set to make the disk fail. */
  fault: Error | undefined;
  /** Set to make reading fail. */
  readFault: Error | undefined;
  /** Set to make the disk take its time. */
  stall: Promise<void> | undefined;

  constructor(now: () => number) {
    this.#now = now;
  }

  get dead(): readonly DeadLetter[] {
    return [...this.#dead.values()];
  }

  /** Deliveries that are neither delivered nor dead, in order. */
  get waiting(): readonly Delivery[] {
    return [...this.#waiting.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  #put(event: Omit<OutboxEvent, 'origin'>, arrival: string, dueAt: number, attempts: number): void {
    const key = `${laneOf(event)}|${String(dueAt).padStart(15, '0')}|${arrival}`;
    const { once: _, ...rest } = event;
    this.#waiting.set(key, { ...rest, key, dueAt, attempts });
  }

  #unclaimed(lane: LaneId): Delivery[] {
    return this.waiting.filter((each) => laneOf(each) === lane && !this.#claimed.has(each.key));
  }

  async append(events: readonly OutboxEvent[]) {
    for (const event of events) {
      this.#arrivals += 1;
      this.#put(event, String(this.#arrivals).padStart(10, '0'), this.#now(), 0);
    }
    for (const lane of new Set(events.map(laneOf))) for (const listener of this.#listeners) listener(lane);
    return events.map(() => 'accepted' as const);
  }

  async claim(lane: LaneId, now: number, maxEvents: number, maxBytes: number) {
    const claimed: Delivery[] = [];
    let bytes = 0;
    for (const delivery of this.#unclaimed(lane)) {
      bytes += Buffer.byteLength(delivery.payload);
      if (delivery.dueAt > now || claimed.length === maxEvents || (claimed.length > 0 && bytes > maxBytes)) break;
      claimed.push(delivery);
      this.#claimed.add(delivery.key);
    }
    this.claims.push({ lane, events: claimed.length });
    return claimed;
  }

  async settle(settlements: readonly Settlement[]) {
    await this.stall;
    if (this.fault !== undefined) throw this.fault;
    for (const settlement of settlements) {
      const { delivery, kind } = settlement;
      if (!this.#claimed.delete(delivery.key)) throw new Error(`settled without a claim: ${delivery.key}`);
      this.#waiting.delete(delivery.key);
      if (kind === 'retry')
        this.#put(delivery, delivery.key.split('|')[2] ?? '', settlement.dueAt, delivery.attempts + 1);
      if (kind === 'dead') {
        const { reason, answer } = settlement;
        this.#dead.set(delivery.key, { ...delivery, reason, answer, diedAt: this.#now() });
      }
    }
    this.settled.push(...settlements);
  }

  async nextDueAt(lane: LaneId) {
    if (this.readFault !== undefined) throw this.readFault;
    return this.#unclaimed(lane)[0]?.dueAt;
  }

  lanes(workspaceId?: string) {
    const waiting = this.waiting.filter((each) => workspaceId === undefined || each.workspaceId === workspaceId);
    return [...new Set(waiting.map(laneOf))];
  }

  countWaiting(lane: LaneId) {
    return this.waiting.filter((each) => laneOf(each) === lane).length;
  }

  oldestAcceptedAt(lane: LaneId) {
    const times = this.waiting.filter((each) => laneOf(each) === lane).map(({ acceptedAt }) => acceptedAt);
    return times.length === 0 ? undefined : Math.min(...times);
  }

  onAppend(listener: (lane: LaneId) => void) {
    this.#listeners.push(listener);
  }

  async *deadLetters(workspaceId?: string) {
    for (const each of this.dead) if (workspaceId === undefined || each.workspaceId === workspaceId) yield each;
  }

  async redeliver(key: string) {
    const letter = this.#dead.get(key);
    if (letter === undefined) return false;
    this.#dead.delete(key);
    await this.append([{ ...letter, origin: 'webhook' }]);
    return true;
  }

  async drop(key: string) {
    return this.#dead.delete(key);
  }

  async purge(workspaceId: string, concerns: (payload: string, target: string, acceptedAt: number) => boolean) {
    return purgeContents({ waiting: this.#waiting, dead: this.#dead, claimed: this.#claimed }, workspaceId, concerns);
  }

  /** Nothing here is ever damaged. */
  async acknowledge() {
    return false;
  }

  status() {
    const lanes = this.lanes().map((lane) => ({
      lane,
      ...partsOfLane(lane),
      waiting: this.waiting.filter((each) => laneOf(each) === lane).length,
      deadLetters: this.dead.filter((each) => laneOf(each) === lane).length,
    }));
    return { ok: true, bytes: 0, lanes };
  }

  usage() {
    return NO_USAGE;
  }

  async close() {}
}
