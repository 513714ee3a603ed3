// The outbox in memory that obeys the same contract as the one on disk, for tests that need no disk: it shows what it did, and fails as a test says.

import { PluginError } from '../src/base/errors.js';
import { type LaneId, laneId, partsOfLane } from '../src/outbox/lane-id.js';
import type { DeadLetterLimits } from '../src/outbox/level/dead-letter-limits.js';
import type {
  Appended,
  DeadLetter,
  DeadLetterRange,
  Delivery,
  LaneNote,
  Outbox,
  OutboxEvent,
  OutboxStatus,
  PurgeChoice,
  Settlement,
} from '../src/outbox/outbox.js';
import { SortedDeliveries } from './sorted-deliveries.js';

/** What an outbox of any kind is opened with. */
export interface OutboxLimits {
  readonly maxBytes: number;
  readonly maxAgeMs: number;
  readonly dedupeWindowMs: number;
  readonly maxDedupeEntries: number;
  readonly now: () => number;
  readonly isShared: () => boolean;
  readonly deadLetters: DeadLetterLimits;
  readonly reserveBytes: number;
}

/** Generous limits. */
export const ROOMY: OutboxLimits = {
  maxBytes: 1_000_000_000,
  maxAgeMs: 86_400_000,
  dedupeWindowMs: 3_600_000,
  maxDedupeEntries: 100_000,
  now: Date.now,
  isShared: () => false,
  deadLetters: { maxBytes: 1_000_000_000, maxAgeMs: Number.MAX_SAFE_INTEGER },
  reserveBytes: 0,
};

const byKey = (one: { key: string }, other: { key: string }) => (one.key < other.key ? -1 : 1);
const bytesOf = ({ payload }: Pick<OutboxEvent, 'payload'>) => Buffer.byteLength(payload);
const arrivalOf = ({ key }: Pick<Delivery, 'key'>) => key.slice(key.lastIndexOf(':') + 1);
const laneOf = ({ workspaceId, target }: Pick<OutboxEvent, 'workspaceId' | 'target'>) => laneId(workspaceId, target);

/** What stands for an event among what was seen. */
interface DedupeEntry {
  readonly id: string;
  /** Whose share of what is remembered it takes. */
  readonly share: string;
  readonly windowMs: number;
  /** Of a once key: what was said of it. */
  readonly value?: string;
}

/** What was seen: until when it counts, and by which arrival. */
interface Seen extends Pick<DedupeEntry, 'share' | 'value'> {
  readonly until: number;
  readonly arrival: string;
}

function onceId(event: Pick<OutboxEvent, 'workspaceId' | 'target'>, key: string): string {
  return JSON.stringify([laneOf(event), key]);
}

/** An outbox that forgets everything with the process. */
export class MemoryOutbox implements Outbox {
  readonly #limits: OutboxLimits;
  readonly #waiting = new SortedDeliveries();
  readonly #claimed = new Set<string>();
  readonly #dead = new Map<string, DeadLetter>();
  /** The oldest first. */
  readonly #seen = new Map<string, Seen>();
  readonly #listeners: ((lane: LaneId, origin?: 'redelivered') => void)[] = [];
  #arrivals = 0;
  #refusedBytes = 0;
  #closed = false;
  /** Every event that was accepted, in order. */
  readonly appended: OutboxEvent[] = [];
  /** Message ids that count as stored before, who sends them. */
  readonly seenBefore = new Set<string>();
  /** How many calls appended something, or were refused. */
  appends = 0;
  /** Every settlement that was written down. */
  readonly settled: Settlement[] = [];
  /** Settlements of what was not claimed. */
  readonly strays: Settlement[] = [];
  /** How many deliveries each claim gave out. */
  readonly claims: { readonly lane: LaneId; readonly events: number }[] = [];
  /** Set to give nothing out. */
  held = false;
  /** Set to refuse events. */
  appendFault: Error | undefined;
  /** Set to let what became of deliveries not be written. */
  fault: Error | undefined;
  /** Set to make reading fail. */
  readFault: Error | undefined;
  /** Set to make the disk take its time. */
  stall: Promise<void> | undefined;

  constructor(limits: Partial<OutboxLimits> = {}) {
    this.#limits = { ...ROOMY, ...limits };
  }

  get dead(): readonly DeadLetter[] {
    return [...this.#dead.values()];
  }

  /** Deliveries that are neither delivered nor dead, in order. */
  get waiting(): readonly Delivery[] {
    return this.#waiting.all().sort(byKey);
  }

  #put(event: Omit<Delivery, 'key' | 'attempts'>, arrival: string, attempts: number): string {
    const { workspaceId, target, messageId, onceKey, payload, acceptedAt } = event;
    const key = `${laneOf(event)}:${String(acceptedAt).padStart(13, '0')}:${arrival}`;
    const once = onceKey === undefined ? {} : { onceKey };
    const delivery = { workspaceId, target, messageId, ...once, payload, acceptedAt, key, attempts };
    this.#waiting.put(laneOf(event), delivery);
    return key;
  }

  #tell(lanes: Iterable<LaneId>): void {
    for (const lane of new Set(lanes)) for (const listener of this.#listeners) listener(lane);
  }

  #requireOpen(): void {
    if (this.#closed) throw new PluginError('OUTBOX_UNAVAILABLE', 'closed');
  }

  #entriesOf(event: OutboxEvent): { message?: DedupeEntry; once?: DedupeEntry } {
    const { workspaceId, messageId, digest, origin, once } = event;
    const { dedupeWindowMs, maxDedupeEntries } = this.#limits;
    if (maxDedupeEntries <= 0) return {};
    const share = JSON.stringify([workspaceId, origin]);
    const message = { id: JSON.stringify([laneOf(event), origin, messageId, digest]), share, windowMs: dedupeWindowMs };
    return {
      ...(messageId !== undefined && dedupeWindowMs > 0 && { message }),
      ...(once !== undefined &&
        once.windowMs > 0 && { once: { ...once, id: onceId(event, once.key), share: workspaceId } }),
    };
  }

  /** Beyond the limit the share that has the most gives up its oldest. */
  #forget(): void {
    while (this.#seen.size > this.#limits.maxDedupeEntries) {
      const counts = new Map<string, number>();
      for (const { share } of this.#seen.values()) counts.set(share, (counts.get(share) ?? 0) + 1);
      const most = Math.max(...counts.values());
      for (const [id, { share }] of this.#seen) {
        if (counts.get(share) !== most) continue;
        this.#seen.delete(id);
        break;
      }
    }
  }

  #remember(entry: DedupeEntry | undefined, now: number, arrival: string): void {
    if (entry === undefined) return;
    this.#seen.delete(entry.id);
    this.#seen.set(entry.id, { ...entry, until: now + entry.windowMs, arrival });
  }

  async append(events: readonly OutboxEvent[]) {
    this.#requireOpen();
    this.appends += 1;
    if (this.appendFault !== undefined) throw this.appendFault;
    const now = this.#limits.now();
    const own = new Map<string, string | undefined>();
    const isTaken = (entry: DedupeEntry | undefined) => {
      if (entry === undefined) return false;
      if (own.has(entry.id)) return own.get(entry.id) === entry.value;
      const seen = this.#seen.get(entry.id);
      return seen !== undefined && seen.until > now && seen.value === entry.value;
    };
    const judged = events.map((event) => {
      const entries = this.#entriesOf(event);
      const isKnown = isTaken(entries.message) || this.seenBefore.has(event.messageId ?? '');
      const result: Appended = isKnown ? 'duplicate' : isTaken(entries.once) ? 'repeated' : 'accepted';
      if (result !== 'duplicate')
        for (const entry of [entries.message, result === 'accepted' ? entries.once : undefined])
          if (entry) own.set(entry.id, entry.value);
      return { event, entries, result };
    });
    const fresh = judged.filter(({ result }) => result === 'accepted');
    const bytes = fresh.reduce((sum, { event }) => sum + bytesOf(event), 0);
    if (bytes > 0 && this.#waiting.bytes + bytes > this.#limits.maxBytes) {
      this.#refusedBytes = bytes;
      throw new PluginError('OUTBOX_FULL');
    }
    for (const { event, entries } of fresh) {
      this.#arrivals += 1;
      const arrival = String(this.#arrivals).padStart(16, '0');
      const onceKey = entries.once === undefined ? undefined : event.once?.key;
      this.#put({ ...event, ...(onceKey !== undefined && { onceKey }) }, arrival, 0);
      for (const entry of [entries.message, entries.once]) this.#remember(entry, now, arrival);
    }
    for (const { entries, result } of judged) {
      if (result !== 'repeated') continue;
      this.#arrivals += 1;
      this.#remember(entries.message, now, String(this.#arrivals).padStart(16, '0'));
    }
    this.#forget();
    this.appended.push(...fresh.map(({ event }) => event));
    this.#tell(fresh.map(({ event }) => laneOf(event)));
    return judged.map(({ result }) => result);
  }

  #firstUnclaimed(lane: LaneId): Delivery | undefined {
    return this.#waiting.of(lane).find(({ key }) => !this.#claimed.has(key));
  }

  async claim(lane: LaneId, maxEvents: number, maxBytes: number) {
    if (this.#closed || this.held) return [];
    const now = this.#limits.now();
    const claimed: Delivery[] = [];
    let bytes = 0;
    for (const delivery of this.#waiting.of(lane).slice()) {
      if (this.#claimed.has(delivery.key)) continue;
      if (delivery.acceptedAt > now || claimed.length >= Math.max(maxEvents, 1)) break;
      if (delivery.acceptedAt < now - this.#limits.maxAgeMs) {
        this.#claimed.add(delivery.key);
        await this.settle([{ kind: 'dead', delivery, reason: 'expired', answer: '' }]);
        continue;
      }
      bytes += bytesOf(delivery);
      if (claimed.length > 0 && bytes > maxBytes) break;
      this.#claimed.add(delivery.key);
      claimed.push(delivery);
    }
    this.claims.push({ lane, events: claimed.length });
    return claimed;
  }

  async settle(settlements: readonly Settlement[]) {
    this.#requireOpen();
    await this.stall;
    if (this.fault !== undefined) throw this.fault;
    for (const settlement of settlements) {
      const { delivery } = settlement;
      const arrival = arrivalOf(delivery);
      if (!this.#claimed.delete(delivery.key)) {
        this.strays.push(settlement);
        continue;
      }
      this.settled.push(settlement);
      this.#waiting.take(laneOf(delivery), delivery.key);
      if (settlement.kind === 'putBack') this.#put(delivery, arrival, delivery.attempts);
      if (settlement.kind === 'dead') {
        const diedAt = this.#limits.now();
        const key = `dead:${laneOf(delivery)}:${String(diedAt).padStart(13, '0')}:${arrival}`;
        const answer = settlement.answer.slice(0, 4096);
        this.#giveBack(delivery);
        const status = settlement.status === undefined ? {} : { status: settlement.status };
        this.#dead.set(key, { ...delivery, key, reason: settlement.reason, answer, ...status, diedAt });
      }
    }
    return 'settled' as const;
  }

  /** What is claimed of a lane goes back: the process that had claimed it does not have the lane any more. */
  forgetClaims(lane: LaneId) {
    for (const { key } of this.#waiting.of(lane)) this.#claimed.delete(key);
  }

  /** It is not sent: what it said is not the last word, if it was. */
  #giveBack(delivery: Delivery): void {
    const id = delivery.onceKey === undefined ? undefined : onceId(delivery, delivery.onceKey);
    if (id !== undefined && this.#seen.get(id)?.arrival === arrivalOf(delivery)) this.#seen.delete(id);
  }

  async nextDueAt(lane: LaneId) {
    if (this.readFault !== undefined) throw this.readFault;
    return this.held ? undefined : this.#firstUnclaimed(lane)?.acceptedAt;
  }

  lanes(workspaceId?: string) {
    return this.#waiting
      .lanes()
      .filter((lane) => workspaceId === undefined || partsOfLane(lane).workspaceId === workspaceId);
  }

  countWaiting(lane: LaneId) {
    return this.#waiting.of(lane).length;
  }

  oldestAcceptedAt(lane: LaneId) {
    const waiting = this.#waiting.of(lane);
    return waiting.length === 0 ? undefined : Math.min(...waiting.map(({ acceptedAt }) => acceptedAt));
  }

  onAppend(listener: (lane: LaneId, origin?: 'redelivered') => void) {
    this.#listeners.push(listener);
  }

  heldUntil() {
    return Number.POSITIVE_INFINITY;
  }

  onLost() {}

  noteOf(): LaneNote | undefined {
    return undefined;
  }

  note() {}

  async release() {}

  async wantBack() {}

  onWantedBack() {}

  async *deadLetters(
    workspaceId?: string,
    { target, after, since = 0, until = Infinity, newestFirst }: DeadLetterRange = {},
  ) {
    const letters = [...this.#dead.values()].sort(byKey);
    for (const letter of newestFirst ? letters.reverse() : letters) {
      const { key, diedAt } = letter;
      if (workspaceId !== undefined && letter.workspaceId !== workspaceId) continue;
      if (target !== undefined && letter.target !== target) continue;
      const isBehind = after === undefined || (newestFirst ? key < after : key > after);
      if (isBehind && diedAt >= since && diedAt <= until) yield letter;
    }
  }

  async redeliver(key: string) {
    this.#requireOpen();
    const letter = this.#dead.get(key);
    if (letter === undefined) return undefined;
    this.#dead.delete(key);
    if (letter.onceKey !== undefined) this.#seen.delete(onceId(letter, letter.onceKey));
    const now = this.#limits.now();
    const newKey = this.#put({ ...letter, acceptedAt: now }, arrivalOf(letter), 0);
    for (const listener of this.#listeners) listener(laneOf(letter), 'redelivered');
    return newKey;
  }

  async drop(key: string) {
    this.#requireOpen();
    return this.#dead.delete(key);
  }

  async purge(workspaceId: string, what: PurgeChoice) {
    this.#requireOpen();
    const isConcerned = (each: Delivery) =>
      each.workspaceId === workspaceId &&
      ('target' in what
        ? each.target === what.target
        : what.people.ids.has(what.people.of(each.payload, each.target) ?? '') &&
          what.concerns(each.payload, each.target, each.acceptedAt));
    const waiting = this.#waiting.all().filter(isConcerned);
    const letters = this.dead.filter(isConcerned);
    const free = waiting.filter(({ key }) => !this.#claimed.has(key));
    for (const each of free) {
      this.#waiting.take(laneOf(each), each.key);
      this.#giveBack(each);
    }
    for (const { key } of letters) this.#dead.delete(key);
    return { removed: free.length + letters.length, underWay: waiting.length - free.length };
  }

  /** Nothing here is ever damaged. */
  async acknowledge() {
    return false;
  }

  async status() {
    return this.lastStatus();
  }

  lastStatus(): OutboxStatus {
    const { bytes } = this.#waiting;
    const { maxBytes } = this.#limits;
    const refused = Math.min(this.#refusedBytes, maxBytes);
    const full = bytes > 0 && (bytes >= maxBytes || (refused > 0 && bytes + refused > maxBytes));
    const problem = this.#closed ? 'closed' : full ? `full: ${bytes} of ${maxBytes} bytes wait` : undefined;
    const { dead } = this;
    const lanes = [...new Set([...this.lanes(), ...dead.map(laneOf)])].map((lane) => {
      const oldestAcceptedAt = this.oldestAcceptedAt(lane);
      return {
        lane,
        ...partsOfLane(lane),
        waiting: this.countWaiting(lane),
        deadLetters: dead.filter((each) => laneOf(each) === lane).length,
        ...(oldestAcceptedAt === undefined ? {} : { oldestAcceptedAt }),
      };
    });
    const at = this.#limits.now();
    return { at, ok: problem === undefined, ...(problem === undefined ? {} : { problem }), bytes, lanes };
  }

  /** Nothing lies on a disk. */
  usage() {
    return { diskBytes: 0, deadLetterBytes: 0, droppedDeadLetters: { age: 0, bytes: 0 } };
  }

  async close() {
    this.#closed = true;
  }
}
