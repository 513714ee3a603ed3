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
  /** The value of `key`, compiled by `compile` when it is not held. A key that takes more than all of the room is compiled each time. */
  get(key: string, compile: () => T): T;
  /** Counts a value that its holder remembered and found without its key. */
  countHit(): void;
  counts(): CacheCounts;
}

/**
 * Keys hold what senders write, and what is compiled of it takes up to thirty bytes for each character: without a limit of their own made-up settings would
 * fill the memory, however few entries there are. The average is ten times that of real workspaces.
 */
const KEY_CHARACTERS = { onAverage: 4_096, atLeast: 4_194_304 };

/** @param max values held; the least recently used one goes first, and sooner where keys are long */
export function createCompiledCache<T extends object>(max: number): CompiledCache<T> {
  let hits = 0;
  let misses = 0;
  let evictions = 0;
  const lru = new LRUCache<string, T>({
    max,
    maxSize: Math.max(max * KEY_CHARACTERS.onAverage, KEY_CHARACTERS.atLeast),
    sizeCalculation: (_value, key) => key.length,
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
    countHit() {
      hits += 1;
    },
    counts: () => ({ hits, misses, evictions }),
  };
}

/** The counts of two caches together. */
export function addCounts(a: CacheCounts, b: CacheCounts): CacheCounts {
  return { hits: a.hits + b.hits, misses: a.misses + b.misses, evictions: a.evictions + b.evictions };
}
