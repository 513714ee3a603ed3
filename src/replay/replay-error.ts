// What ends a replay before its end.

/** It cannot be begun or gone on with, as a sentence for people. */
export class ReplayError extends Error {}

/** It was stopped where it can be gone on with: run the same command again. */
export class ReplayStopped extends Error {}
