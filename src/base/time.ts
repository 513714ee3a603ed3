// The one form in which a moment is passed around.

/** A moment: milliseconds since the epoch (1970-01-01T00:00:00Z), as `Date.now()` gives them. `Infinity` where it is a moment that does not come. */
export type EpochMs = number;
