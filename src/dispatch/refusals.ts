// Tells a target that refuses some events from one that refuses everything.

/**
 * So many events in a row that were refused although each stood alone, with nothing accepted in between, are the target's doing or that of a gateway before it. More is not tried: to find one
 * bad event among 1,000 takes a single refusal.
 */
export const MOST_REFUSALS = 16;

/** So many of them are believed to be to blame when nothing else is left that could show whether the target takes anything. */
export const MOST_BELIEVED = 5;

/** Statuses that blame an event, which is looked for by halving; any other permanent one blames the key or the URL, so that the next request would fare no better. */
export const EVENT_FAULTS: ReadonlySet<number> = new Set([400, 413, 422]);
