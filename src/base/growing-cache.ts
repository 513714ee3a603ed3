// A cache of the least recently used that takes memory for what is in it.

import { LRUCache } from 'lru-cache';

/**
 * Counts its entries as their size: with a `max`, lru-cache makes room for all of them at once, which takes a start some milliseconds for caches that stay empty in most processes.
 *
 * @param most entries; beyond them the one that was asked for longest ago is dropped
 */
export function growingCache<V extends object | true>(most: number): LRUCache<string, V> {
  return new LRUCache<string, V>({ maxSize: most, sizeCalculation: () => 1 });
}
