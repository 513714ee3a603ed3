// Says what is odd about events, and what a person may do about it.

import { ANONYMOUS_ROW, type EventNote } from './notes.js';

const ANONYMOUS_LINE = `identifierMappings: [{ from: ${ANONYMOUS_ROW.from}, to: ${ANONYMOUS_ROW.to} }]`;

const SENTENCES: Readonly<Record<EventNote, string>> = {
  anonymous_not_mapped: `Events of anonymous people go out with a user without any id, and Statsig counts them to no one: no identifier mapping reads their anonymousId. Add the line \`${ANONYMOUS_LINE}\`, and give Statsig's SDK the same custom id.`,
  no_id:
    'Events without a userId and an anonymousId go out with a user without any id, and Statsig counts them to no one. Let the sender name one of them.',
  doubtful_id:
    'An id is what a program writes where it has none ("undefined", "null", "[object Object]" and the like): all of these people are one to Statsig. It is sent as it is. Let the sender leave it out.',
  time_replaced:
    'A sender says in no usable way when its events happened: the time cannot be read, or is before 2001 or of the future. They are dated by when they were received. Let the sender write ISO 8601 in UTC, or seconds or milliseconds since the epoch.',
};

/** What a person may do about it. */
export function describeNote(note: EventNote): string {
  return SENTENCES[note];
}
