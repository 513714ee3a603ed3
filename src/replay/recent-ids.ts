// Remembers the ids of the events that came last.

/** Ids of each of the two generations: some 20 MB of ids as SDKs make them. */
const MAX_IDS = 75_000;

/** The last 75,000 to 150,000 ids: what the plugin remembers covers the others. */
export class RecentIds {
  #young = new Set<string>();
  #old = new Set<string>();

  /** Whether an id is among them; from then on it is. */
  has(id: string): boolean {
    if (this.#young.has(id)) return true;
    if (this.#young.size >= MAX_IDS) {
      this.#old = this.#young;
      this.#young = new Set();
    }
    this.#young.add(id);
    return this.#old.has(id);
  }
}
