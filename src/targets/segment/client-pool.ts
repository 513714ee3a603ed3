// Keeps the clients of Segment's SDK that were used last, one per write key and address.

import { LRUCache } from 'lru-cache';
import type { SegmentClient } from './client.js';

/** How many clients there are. */
export interface ClientCounts {
  readonly open: number;
  /** Not kept any more, and still at their last batches. */
  readonly closing: number;
  /** Since the start. */
  readonly created: number;
  /** Since the start, closed to make room. */
  readonly evicted: number;
}

/** The clients of the process. */
export interface ClientPool {
  /**
   * The client of this name, to be used at once: one that is kept for later may be closed by then.
   *
   * @param name equal for the same key and address
   * @throws Error when none can be made; the message holds nothing secret
   */
  get(name: string, create: () => SegmentClient): SegmentClient;
  counts(): ClientCounts;
  /** Resolves when every batch under way is through. */
  close(): Promise<void>;
}

/** @param maxClients at least 1 */
export function createClientPool(maxClients: number): ClientPool {
  const closing = new Set<Promise<void>>();
  let created = 0;
  let evicted = 0;
  let isClosed = false;
  const clients = new LRUCache<string, SegmentClient>({
    max: maxClients,
    dispose(client, _name, reason) {
      if (reason === 'evict') evicted += 1;
      const closed = client.close().finally(() => closing.delete(closed));
      closing.add(closed);
    },
  });
  return {
    get(name, create) {
      if (isClosed) throw new Error('nothing is sent any more');
      const known = clients.get(name);
      if (known !== undefined) return known;
      const client = create();
      created += 1;
      clients.set(name, client);
      return client;
    },
    counts: () => ({ open: clients.size, closing: closing.size, created, evicted }),
    async close() {
      isClosed = true;
      clients.clear();
      await Promise.all(closing);
    },
  };
}
