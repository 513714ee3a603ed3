// Keeps compiled workspaces, so that a revision is compiled once.

import { LRUCache } from 'lru-cache';

/** Counts of a cache since the start. */
export interface CacheCounts {
  readonly hits: number;
  readonly misses: number;
  readonly evictions: number;
}

/** A bounded cache that compiles what it does not hold. */
export interface CompiledCache<T> {
  /** The value of `key`, compiled by `compile` when it is not held. */
  get(key: string, compile: () => T): T;
  counts(): CacheCounts;
}

/** @param max values held; the least recently used one goes first */
export function createCompiledCache<T extends object>(max: number): CompiledCache<T> {
  let hits = 0;
  let misses = 0;
  let evictions = 0;
  const lru = new LRUCache<string, T>({
    max,
    dispose: (_value, _key, reason) => {
      if (reason === 'evict') evictions += 1;
    },
  });
  return {
    get(key, compile) {
      const held = lru.get(key);
      if (held !== undefined) {
        hits += 1;
        return held;
      }
      misses += 1;
      const compiled = compile();
      lru.set(key, compiled);
      return compiled;
    },
    counts: () => ({ hits, misses, evictions }),
  };
}

/** The counts of two caches together. */
export function addCounts(a: CacheCounts, b: CacheCounts): CacheCounts {
  return { hits: a.hits + b.hits, misses: a.misses + b.misses, evictions: a.evictions + b.evictions };
}
