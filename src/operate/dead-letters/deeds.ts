// Puts dead letters back, or drops them: many at a time, so that they share the syncs of the disk, and without knowing all their keys at once.

import type { EpochMs } from '../../base/time.js';
import { insist, isUnavailable } from '../../outbox/insist.js';
import type { DeadLetter } from '../../outbox/outbox.js';
import { findDeadLetter, type Looked, lookThrough, type ReadableOutbox } from './find.js';
import type { DeadLetterFilter, DeadLettersChanged } from './shapes.js';

/** Changes that are asked for together. */
const AT_ONCE = 200;

/** Dead letters that one request with a limit looks at: who looks for few among a million goes on with the next. */
const MAX_LOOKED = 100_000;

/** What is done to one. @returns false where it is no dead letter any more */
export type Deed = (letter: Pick<DeadLetter, 'key' | 'workspaceId' | 'target'>) => Promise<boolean>;

/** All that a filter means, up to a limit, behind a key. */
interface ByFilter {
  readonly filter: DeadLetterFilter & { readonly until: EpochMs };
  readonly limit: number | undefined;
  readonly after: string | undefined;
}

/** What a request names. */
export type Selection = { readonly keys: readonly string[] } | ByFilter;

interface Tally {
  changed: number;
  left: number;
  readonly unknown: string[];
  /** The disk stops it. */
  problem: unknown;
}

/** Does it to some, as soon as the disk lets it. */
async function doTo(letters: readonly Parameters<Deed>[0][], deed: Deed, tally: Tally): Promise<void> {
  if (tally.problem !== undefined) {
    tally.left += letters.length;
    return;
  }
  const done = await Promise.allSettled(letters.map((letter) => insist(() => deed(letter))));
  for (const [at, result] of done.entries()) {
    if (result.status === 'fulfilled' && result.value) tally.changed += 1;
    else if (result.status === 'fulfilled') tally.unknown.push(letters[at]?.key ?? '');
    else {
      tally.problem ??= result.reason;
      tally.left += 1;
    }
  }
}

/**
 * Does it to all that are meant, at the time of the call: what dies again meanwhile is not meant.
 *
 * @throws PluginError OUTBOX_UNAVAILABLE where nothing was changed
 */
export async function doToSelected(
  outbox: ReadableOutbox,
  selection: Selection,
  deed: Deed,
): Promise<Omit<DeadLettersChanged, 'redelivery'>> {
  const tally: Tally = { changed: 0, left: 0, unknown: [], problem: undefined };
  let next: DeadLettersChanged['next'];
  if ('keys' in selection) await doToKeys(outbox, selection.keys, deed, tally);
  else next = await doToMatching(outbox, selection, deed, tally);
  const { changed, left, problem } = tally;
  // What is done is told.
  if (problem !== undefined && (changed === 0 || !isUnavailable(problem))) throw problem;
  // Somebody else was faster with those of a filter: no one has named them.
  const unknown = 'keys' in selection ? tally.unknown : [];
  return {
    changed,
    ...(left > 0 && { left }),
    ...(unknown.length > 0 && { unknown }),
    ...(next !== undefined && left === 0 && { next }),
  };
}

async function doToKeys(outbox: ReadableOutbox, keys: readonly string[], deed: Deed, tally: Tally): Promise<void> {
  for (let at = 0; at < keys.length; at += AT_ONCE) {
    const some = await Promise.all(
      keys.slice(at, at + AT_ONCE).map(async (key) => (await insist(() => findDeadLetter(outbox, key))) ?? key),
    );
    tally.unknown.push(...some.filter((each) => typeof each === 'string'));
    await doTo(
      some.filter((each) => typeof each !== 'string'),
      deed,
      tally,
    );
  }
}

/** Looks on where the disk has stopped it, within five seconds. */
async function* lookInsistently(
  outbox: ReadableOutbox,
  { filter, after }: ByFilter,
): AsyncGenerator<Looked, void, void> {
  let last = after;
  const lookOn = () => lookThrough(outbox, filter, last === undefined ? {} : { after: last });
  let looks = lookOn();
  for (;;) {
    const next = await insist(() =>
      looks.next().catch((error: unknown) => {
        looks = lookOn();
        throw error;
      }),
    );
    if (next.done) return;
    last = next.value.letter.key;
    yield next.value;
  }
}

async function doToMatching(
  outbox: ReadableOutbox,
  selection: ByFilter,
  deed: Deed,
  tally: Tally,
): Promise<DeadLettersChanged['next']> {
  const { filter, limit, after } = selection;
  let some: DeadLetter[] = [];
  let looked = 0;
  let found = 0;
  let last = after;
  const doToSome = async () => {
    await doTo(some, deed, tally);
    some = [];
  };
  try {
    for await (const { letter, isMeant } of lookInsistently(outbox, selection)) {
      if (limit !== undefined && (found === limit || looked === MAX_LOOKED)) {
        await doToSome();
        return last === undefined ? undefined : { after: last, until: filter.until };
      }
      looked += 1;
      last = letter.key;
      if (!isMeant) continue;
      found += 1;
      some.push(letter);
      if (some.length === AT_ONCE) await doToSome();
    }
  } catch (error) {
    tally.problem ??= error;
  }
  await doToSome();
  return undefined;
}
