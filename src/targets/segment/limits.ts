// How much one request to a CDP may hold.

/**
 * Segment takes 2,500 events per request. The SDK holds some 12 KB of memory for each event until its request is answered, and lets nothing else run while it puts a batch together: measured
 * for 250, 3 MB and 25 ms. Larger batches cost more per event, not less.
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
 * So the SDK's own limits, 32 KB for an event and 480 KB for a batch, never come first, and what is claimed for one request goes out in one: of an event it counts no more than its bytes
 * (`calculateSize` in its `ContextBatch` counts what a URL would escape, and the letter `i`), among them 11 for the longer name of its own library that is not sent:
 *
 *     450,000 + 15,000 + 250 x 11 = 467,750 of the 491,520 that it allows
 */
export const MAX_BATCH_BYTES = 450_000;
