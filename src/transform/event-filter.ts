// Decides by an event's name whether it is sent.

import type { Trace } from '../base/trace.js';
import type { FilterReason } from '../model/conversion.js';

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

/** Compiles a list of names in which `*` matches any characters; letter case counts. An empty list matches nothing. */
export function compileMatcher(patterns: readonly string[]): Matcher {
  const exact = new Set(patterns.filter((pattern) => !pattern.includes('*')));
  const globs = patterns
    .filter((pattern) => pattern.includes('*'))
    .map((pattern) => ({ pattern, matches: compileGlob(pattern) }));
  return (name) => (exact.has(name) ? name : globs.find(({ matches }) => matches(name))?.pattern);
}

/** Compiles the two lists of names; exclusion wins, an empty include list means all. */
export function compileEventFilter(include: readonly string[], exclude: readonly string[]): EventFilter {
  const included = include.length === 0 ? undefined : compileMatcher(include);
  const excluded = exclude.length === 0 ? undefined : compileMatcher(exclude);
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
