// What is odd about an event that is taken all the same: counted, and said once of each workspace.

/** The list is closed: it is a metric label. */
export type EventNote = 'anonymous_not_mapped' | 'no_id' | 'doubtful_id' | 'time_replaced';

/** Kinds of oddity, each once. Absent where there is none. */
export type Notes = readonly EventNote[];

/** The row that makes anonymous people countable at Statsig, by the custom id that Statsig recommends (Statsig's documentation, Segment integration). */
export const ANONYMOUS_ROW = { from: 'anonymousId', to: 'segmentAnonymousId' } as const;

export const TIME_REPLACED: Notes = ['time_replaced'];

/** What is odd in one way and what is in another. */
export function joinNotes(some: Notes | undefined, others: Notes | undefined): Notes | undefined {
  return some === undefined || others === undefined ? (some ?? others) : [...some, ...others];
}
