// Decides by an event's name whether it is sent.

import type { Trace } from '../base/trace.js';
import type { FilterReason } from '../model/conversion.js';
import { type FindRowUse, noteUse, type RowUse, unwatched } from './row-use.js';

/** The reason an event of this name is not sent, or `undefined`. Names are without the prefix: `Order Completed`, `page:Home`, `group`. */
export type EventFilter = (name: string, trace?: Trace) => FilterReason | undefined;

/** The pattern that lists a name; `undefined` where none does. */
export type Matcher = (name: string) => string | undefined;

/** True for a name that a pattern matches. */
type Glob = (name: string) => boolean;

/**
 * Compiles a pattern in which `*` matches any characters. No regular expression and no library: the common ones give `/` a meaning of its own, and
 * several stars in a backtracking expression would let a sender's event name take exponential time. This one looks at each character once per star.
 */
function compileGlob(pattern: string): Glob {
  const [first = '', ...rest] = pattern.split('*');
  const last = rest.pop() ?? '';
  return (name) => {
    if (!name.startsWith(first) || !name.endsWith(last)) return false;
    let from = first.length;
    const end = name.length - last.length;
    for (const part of rest) {
      const at = name.indexOf(part, from);
      if (at === -1) return false;
      from = at + part.length;
    }
    return from <= end;
  };
}

/** Compiles a list of names in which `*` matches any characters; letter case counts. An empty list matches nothing. @param useOf what remembers that a pattern has matched */
export function compileMatcher(
  patterns: readonly string[],
  useOf: (pattern: string) => RowUse = unwatched('includeEvents'),
): Matcher {
  const rows = patterns.map((pattern) => ({ pattern, use: useOf(pattern) }));
  // A name with the very stars of a pattern matches it, too.
  const byName = new Map(rows.map((row) => [row.pattern, row]));
  const globs = rows
    .filter(({ pattern }) => pattern.includes('*'))
    .map((row) => ({ row, matches: compileGlob(row.pattern) }));
  return (name) => {
    const row = byName.get(name) ?? globs.find(({ matches }) => matches(name))?.row;
    if (row !== undefined) noteUse(row.use);
    return row?.pattern;
  };
}

/** Compiles the two lists of names; exclusion wins, an empty include list means all. */
export function compileEventFilter(
  include: readonly string[],
  exclude: readonly string[],
  useOf: FindRowUse = unwatched,
): EventFilter {
  const included = include.length === 0 ? undefined : compileMatcher(include, useOf('includeEvents'));
  const excluded = exclude.length === 0 ? undefined : compileMatcher(exclude, useOf('excludeEvents'));
  return (name, trace) => {
    const excluding = excluded?.(name);
    if (excluding !== undefined) {
      trace?.add('name', 'event_excluded', `excludeEvents ${excluding}`);
      return 'event_excluded';
    }
    if (included === undefined) return undefined;
    const including = included(name);
    trace?.add(
      'name',
      including === undefined ? 'event_not_included' : 'included',
      including === undefined ? `no pattern of includeEvents matches ${name}` : `includeEvents ${including}`,
    );
    return including === undefined ? 'event_not_included' : undefined;
  };
}
