// Remembers the ids of the events that came last.

/** Ids of each of the two generations: some 40 MB of ids as SDKs make them. */
const MAX_IDS = 150_000;

/** The last 150,000 to 300,000 ids: what the plugin remembers covers the others. */
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
