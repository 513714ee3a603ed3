// How much one request to a CDP may hold.

/**
 * Segment takes 2,500 events per request. The SDK holds some 12 KB of memory for each event it is given and lets nothing else run while it takes a batch in:
 * measured for 250, 3 MB and 5 ms. Larger batches cost more per event, not less.
 */
export const MAX_BATCH_EVENTS = 250;

/**
 * Bytes of payloads in a request. Segment takes 500 KB of body, 500,000 bytes to be safe:
 *
 *     450,000   payloads
 *   +  15,000   250 times `,"_metadata":{"nodeVersion":"v20.20.2","jsRuntime":"node"}` and a comma, at most 60 bytes
 *   +     300   `{"batch":[],"writeKey":"…","sentAt":"…"}` with a key of up to 200 bytes
 *   = 465,300
 *
 * The SDK's own limits never come first. Of the gists that it is given it counts each byte at most once, and 75 for each event that it adds itself
 * (`calculateSize` in its `ContextBatch`): 468,750 of the 491,520 that it allows.
 */
export const MAX_BATCH_BYTES = 450_000;
