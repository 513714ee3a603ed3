// What a reader wants to see of the log; kept in the address.

import type { LiveEntry } from '../../../operate/live/shapes.js';
import { withQuery } from '../../api.js';

/** Names of the filters, as the stream knows them. */
export const FILTERS = ['search', 'direction', 'protocol', 'workspace', 'event', 'outcome'] as const;

/** The empty string is no filter. */
export type Filters = Readonly<Record<(typeof FILTERS)[number], string>>;

/** Filters of an address. */
export const readFilters = (query: URLSearchParams): Filters =>
  Object.fromEntries(FILTERS.map((name) => [name, query.get(name) ?? ''])) as Filters;

/** How many are set. */
export const countFilters = (filters: Filters): number => FILTERS.filter((name) => filters[name] !== '').length;

/** @param more what else is asked */
export const liveQuery = (
  path: string,
  filters: Filters,
  more: Readonly<Record<string, string | number>> = {},
): string => withQuery(path, { ...filters, ...more });

const MOST = 500;

/** Values that were seen, for the choices. */
export class Seen {
  readonly #names = new Set<string>();
  readonly #of: (entry: LiveEntry) => string | undefined;

  /** @param of what is looked at */
  constructor(of: (entry: LiveEntry) => string | undefined) {
    this.#of = of;
  }

  add(entries: readonly LiveEntry[]): void {
    for (const entry of entries) {
      const name = this.#of(entry);
      if (name !== undefined && this.#names.size < MOST) this.#names.add(name);
    }
  }

  /** In the order of the alphabet; also what is chosen already. */
  list(chosen: string): readonly string[] {
    const names = chosen === '' ? this.#names : new Set([...this.#names, chosen]);
    return [...names].sort((one, other) => one.localeCompare(other));
  }
}
