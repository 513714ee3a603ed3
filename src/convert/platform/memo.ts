// Remembers what was worked out, where a whole cache is too much.

/** As much of lru-cache as is needed: at its limit it forgets everything. */
export class LRUCache<V> {
  readonly #known = new Map<string, V>();
  readonly #max: number;
  readonly #make: (key: string) => V;

  constructor({ max, memoMethod }: { readonly max: number; readonly memoMethod: (key: string) => V }) {
    this.#max = max;
    this.#make = memoMethod;
  }

  memo(key: string): V {
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    if (this.#known.size >= this.#max) this.#known.clear();
    const value = this.#make(key);
    this.#known.set(key, value);
    return value;
  }
}
