// An outbox in memory that obeys the same contract as the one on disk, for tests that need no disk.

import type { DeadLetter, Delivery, Outbox, OutboxEvent, Settlement } from '../../src/delivery/outbox/outbox.js';
import { PluginError } from '../../src/errors.js';

/** What an outbox of any kind is opened with. */
export interface OutboxLimits {
  readonly maxBytes: number;
  readonly maxAgeMs: number;
  readonly dedupeWindowMs: number;
  readonly maxDedupeEntries: number;
  readonly now: () => number;
}

/** Generous limits. */
export const ROOMY: OutboxLimits = {
  maxBytes: 1_000_000_000,
  maxAgeMs: 86_400_000,
  dedupeWindowMs: 3_600_000,
  maxDedupeEntries: 100_000,
  now: Date.now,
};

const byKey = (one: { key: string }, other: { key: string }) => (one.key < other.key ? -1 : 1);
const bytesOf = ({ payload }: OutboxEvent) => Buffer.byteLength(payload);

class MemoryOutbox implements Outbox {
  readonly #limits: OutboxLimits;
  readonly #waiting = new Map<string, Delivery>();
  readonly #claimed = new Set<string>();
  readonly #dead = new Map<string, DeadLetter>();
  /** When each message was accepted, oldest first. */
  readonly #seen = new Map<string, number>();
  readonly #listeners: ((workspaceId: string) => void)[] = [];
  #arrivals = 0;
  #refusedBytes = 0;
  #closed = false;

  constructor(limits: OutboxLimits) {
    this.#limits = limits;
  }

  get #bytes(): number {
    return [...this.#waiting.values()].reduce((sum, each) => sum + bytesOf(each), 0);
  }

  #put(event: OutboxEvent, arrival: string, dueAt: number, attempts: number): void {
    const { workspaceId, messageId, payload, acceptedAt } = event;
    const key = `${workspaceId}:${String(dueAt).padStart(13, '0')}:${arrival}`;
    this.#waiting.set(key, { workspaceId, messageId, payload, acceptedAt, key, dueAt, attempts });
  }

  #tell(workspaceIds: Iterable<string>): void {
    for (const workspaceId of new Set(workspaceIds)) for (const listener of this.#listeners) listener(workspaceId);
  }

  #requireOpen(): void {
    if (this.#closed) throw new PluginError('OUTBOX_UNAVAILABLE', 'closed');
  }

  #isSeen(id: string): boolean {
    const at = this.#seen.get(id);
    return at !== undefined && at > this.#limits.now() - this.#limits.dedupeWindowMs;
  }

  async append(events: readonly OutboxEvent[]) {
    this.#requireOpen();
    const own = new Set<string>();
    const judged = events.map((event) => {
      const id = event.messageId === undefined ? undefined : JSON.stringify([event.workspaceId, event.messageId]);
      const seen = id !== undefined && (own.has(id) || this.#isSeen(id));
      if (id !== undefined && this.#limits.dedupeWindowMs > 0 && this.#limits.maxDedupeEntries > 0) own.add(id);
      return { event, id, seen };
    });
    const fresh = judged.filter(({ seen }) => !seen);
    const bytes = fresh.reduce((sum, { event }) => sum + bytesOf(event), 0);
    if (bytes > 0 && this.#bytes + bytes > this.#limits.maxBytes) {
      this.#refusedBytes = bytes;
      throw new PluginError('OUTBOX_FULL');
    }
    for (const { event, id } of fresh) {
      this.#arrivals += 1;
      this.#put(event, String(this.#arrivals).padStart(16, '0'), event.acceptedAt, 0);
      if (id !== undefined && own.has(id)) {
        this.#seen.delete(id);
        this.#seen.set(id, this.#limits.now());
      }
    }
    for (const id of this.#seen.keys()) if (this.#seen.size > this.#limits.maxDedupeEntries) this.#seen.delete(id);
    this.#tell(fresh.map(({ event }) => event.workspaceId));
    return judged.map(({ seen }) => (seen ? ('duplicate' as const) : ('accepted' as const)));
  }

  #unclaimed(workspaceId: string): Delivery[] {
    const waits = (each: Delivery) => each.workspaceId === workspaceId && !this.#claimed.has(each.key);
    return [...this.#waiting.values()].filter(waits).sort(byKey);
  }

  async claim(workspaceId: string, now: number, maxEvents: number, maxBytes: number) {
    if (this.#closed) return [];
    const claimed: Delivery[] = [];
    let bytes = 0;
    for (const delivery of this.#unclaimed(workspaceId)) {
      if (delivery.dueAt > now || claimed.length >= Math.max(maxEvents, 1)) break;
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
    return claimed;
  }

  async settle(settlements: readonly Settlement[]) {
    this.#requireOpen();
    for (const settlement of settlements) {
      const { delivery } = settlement;
      const arrival = delivery.key.slice(delivery.key.lastIndexOf(':') + 1);
      if (!this.#claimed.delete(delivery.key)) continue;
      this.#waiting.delete(delivery.key);
      if (settlement.kind === 'retry') this.#put(delivery, arrival, settlement.dueAt, delivery.attempts + 1);
      if (settlement.kind === 'dead') {
        const diedAt = this.#limits.now();
        const key = `dead:${delivery.workspaceId}:${String(diedAt).padStart(13, '0')}:${arrival}`;
        const answer = settlement.answer.slice(0, 4096);
        this.#dead.set(key, { ...delivery, key, reason: settlement.reason, answer, diedAt });
      }
    }
  }

  async nextDueAt(workspaceId: string) {
    return this.#unclaimed(workspaceId)[0]?.dueAt;
  }

  lanes() {
    return [...new Set([...this.#waiting.values()].map(({ workspaceId }) => workspaceId))];
  }

  onAppend(listener: (workspaceId: string) => void) {
    this.#listeners.push(listener);
  }

  async *deadLetters(workspaceId?: string) {
    for (const letter of [...this.#dead.values()].sort(byKey)) {
      if (workspaceId === undefined || letter.workspaceId === workspaceId) yield letter;
    }
  }

  async redeliver(key: string) {
    this.#requireOpen();
    const letter = this.#dead.get(key);
    if (letter === undefined) return false;
    this.#dead.delete(key);
    const now = this.#limits.now();
    this.#put({ ...letter, acceptedAt: now }, key.slice(key.lastIndexOf(':') + 1), now, 0);
    this.#tell([letter.workspaceId]);
    return true;
  }

  async drop(key: string) {
    this.#requireOpen();
    return this.#dead.delete(key);
  }

  status() {
    const bytes = this.#bytes;
    const { maxBytes } = this.#limits;
    const refused = Math.min(this.#refusedBytes, maxBytes);
    const full = bytes > 0 && (bytes >= maxBytes || (refused > 0 && bytes + refused > maxBytes));
    const problem = this.#closed ? 'closed' : full ? `full: ${bytes} of ${maxBytes} bytes wait` : undefined;
    const dead = [...this.#dead.values()];
    const workspaceIds = new Set([...this.lanes(), ...dead.map(({ workspaceId }) => workspaceId)]);
    const lanes = [...workspaceIds].map((workspaceId) => {
      const waiting = [...this.#waiting.values()].filter((each) => each.workspaceId === workspaceId);
      const oldest = Math.min(...waiting.map(({ acceptedAt }) => acceptedAt));
      return {
        workspaceId,
        waiting: waiting.length,
        deadLetters: dead.filter((each) => each.workspaceId === workspaceId).length,
        ...(waiting.length === 0 ? {} : { oldestAcceptedAt: oldest }),
      };
    });
    return { ok: problem === undefined, ...(problem === undefined ? {} : { problem }), bytes, lanes };
  }

  async close() {
    this.#closed = true;
  }
}

/** An outbox that forgets everything with the process. */
export function memoryOutbox(limits: Partial<OutboxLimits> = {}): Outbox {
  return new MemoryOutbox({ ...ROOMY, ...limits });
}
