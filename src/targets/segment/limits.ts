// How much one request to a CDP may hold.

/**
 * Segment takes 2,500 events per request. The SDK holds some 12 KB of memory for each event until its request is answered, and lets nothing else run while it puts a batch together: measured
 * for 200, 2.4 MB and 15 ms. An event of a batch of 250 costs it a seventh more, because what it holds no longer fits the part of the heap that is cheap to clear.
 */
export const MAX_BATCH_EVENTS = 200;

/**
 * Bytes of payloads in a request. Segment takes 500 KB of body, 500,000 bytes to be safe:
 *
 *     450,000   payloads
 *   +  12,000   200 times `,"_metadata":{"nodeVersion":"v20.20.2","jsRuntime":"node"}` and a comma, at most 60 bytes
 *   +     300   `{"batch":[],"writeKey":"…","sentAt":"…"}` with a key of up to 200 bytes
 *   = 462,300
 *
 * So the SDK's own limits, 32 KB for an event and 480 KB for a batch, never come first, and what is claimed for one request goes out in one: of an event it counts no more than its bytes
 * (`calculateSize` in its `ContextBatch` counts what a URL would escape, and the letter `i`), and 11 at most for the longer name of its own library, which is not sent:
 *
 *     450,000 + 12,000 + 200 x 11 = 464,200 of the 491,520 that it allows
 */
export const MAX_BATCH_BYTES = 450_000;
