// Finds the dead letters that a filter means, one after the other, so that a million of them take no memory.

import { parseJson } from '../../base/json.js';
import type { DeadLetter, DeadLetterRange, Outbox } from '../../outbox/outbox.js';
import { compileMatcher } from '../../transform/event-filter.js';
import { eventIn, idsIn } from './content.js';
import type { DeadLetterFilter } from './shapes.js';

/** Stands between the prefix of an event's name and the name. */
const PREFIX_END = '::';

/** What reading needs. */
export type ReadableOutbox = Pick<Outbox, 'deadLetters'>;

/** One that was read, and whether it is meant: who bounds the work counts both. */
export interface Looked {
  readonly letter: DeadLetter;
  readonly isMeant: boolean;
}

function compile({ reason, status, event, user }: DeadLetterFilter): (letter: DeadLetter) => boolean {
  const matches = event === undefined ? undefined : compileMatcher([event]);
  const isNamed = (name: string) =>
    matches?.(name) !== undefined || matches?.(name.slice(name.indexOf(PREFIX_END) + PREFIX_END.length)) !== undefined;
  return (letter) => {
    if (reason !== undefined && letter.reason !== reason) return false;
    if (status !== undefined && (letter.status ?? 'none') !== status) return false;
    if (event === undefined && user === undefined) return true;
    const content = parseJson(letter.payload);
    if (event !== undefined && !isNamed(eventIn(content, letter.target) ?? '')) return false;
    return user === undefined || [...idsIn(content)].includes(user);
  };
}

/**
 * Reads the dead letters that may be meant, in the order of their keys or the opposite one.
 *
 * @throws PluginError OUTBOX_UNAVAILABLE
 */
export async function* lookThrough(
  outbox: ReadableOutbox,
  filter: DeadLetterFilter,
  { after, newestFirst }: Pick<DeadLetterRange, 'after' | 'newestFirst'> = {},
): AsyncGenerator<Looked, void, void> {
  const isMeant = compile(filter);
  const { workspace, target, since, until } = filter;
  const range = {
    ...(target !== undefined && { target }),
    ...(since !== undefined && { since }),
    ...(until !== undefined && { until }),
    ...(after !== undefined && { after }),
    ...(newestFirst && { newestFirst }),
  };
  for await (const letter of outbox.deadLetters(workspace, range)) yield { letter, isMeant: isMeant(letter) };
}

/** The dead letter of a key. @throws PluginError OUTBOX_UNAVAILABLE */
export async function findDeadLetter(outbox: ReadableOutbox, key: string): Promise<DeadLetter | undefined> {
  // A text that stands right before it: few keys are in between.
  for await (const letter of outbox.deadLetters(undefined, { after: key.slice(0, -1) })) {
    if (letter.key === key) return letter;
    if (letter.key > key) return undefined;
  }
  return undefined;
}
