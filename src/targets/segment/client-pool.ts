// Keeps the clients of Segment's SDK that were used last, one per write key and address.

import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { type ClientAddress, createSegmentClient, type SegmentClient } from './segment-client.js';

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
   * The client for an address, to be used at once: one that is kept for later may be closed by then.
   *
   * @throws Error when none can be made; the message holds nothing secret
   */
  get(address: ClientAddress): SegmentClient;
  counts(): ClientCounts;
  /** Resolves when every batch under way is through. */
  close(): Promise<void>;
}

/** Write keys are not left lying about in the keys of a cache. */
function hashOf({ writeKey, host, path }: ClientAddress): string {
  return createHash('sha256')
    .update(JSON.stringify([writeKey.reveal(), host, path]))
    .digest('base64');
}

/**
 * @param maxClients at least 1
 * @param timeoutMs for one request, the answer included
 */
export function createClientPool(maxClients: number, timeoutMs: number): ClientPool {
  const closing = new Set<Promise<void>>();
  let created = 0;
  let evicted = 0;
  let isClosed = false;
  const clients = new LRUCache<string, SegmentClient>({
    max: maxClients,
    dispose(client, _hash, reason) {
      if (reason === 'evict') evicted += 1;
      const closed = client.close().finally(() => closing.delete(closed));
      closing.add(closed);
    },
  });
  return {
    get(address) {
      if (isClosed) throw new Error('nothing is sent any more');
      const hash = hashOf(address);
      let client = clients.get(hash);
      if (client === undefined) {
        client = createSegmentClient(address, timeoutMs);
        created += 1;
        clients.set(hash, client);
      }
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
