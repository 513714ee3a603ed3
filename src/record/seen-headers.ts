// The headers of a message that passed: which of them say something that holds for the next time, too.

/** The value of a header, of several the first. */
export function headerOf(rawHeaders: readonly string[], name: string): string | undefined {
  for (let at = 0; at + 1 < rawHeaders.length; at += 2)
    if (rawHeaders[at]?.toLowerCase() === name) return rawHeaders[at + 1];
  return undefined;
}

/** About a connection, a length, a moment or a trace, or a cookie. What a body is compressed with stands beside it. */
const VOLATILE =
  /^(?:host|connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|expect|content-length|content-encoding|date|age|etag|cookie|set-cookie2?|traceparent|tracestate|baggage|b3|x-b3-.*|x-request-id|x-correlation-id|x-amzn-.*|x-cloud-trace-context|cf-ray|via)$/;

/** What says who called, and in which form. The rest of what a client of ours adds changes with its version. */
const OF_CALLS = /^(?:content-type|authorization|statsig-api-key|statsig-api-version)$/;

function kept(rawHeaders: readonly string[], isKept: (name: string) => boolean): Record<string, string> {
  const headers = new Map<string, readonly [name: string, value: string]>();
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const [name = '', value = ''] = rawHeaders.slice(at, at + 2);
    const lower = name.toLowerCase();
    if (!isKept(lower)) continue;
    const [first = name, before] = headers.get(lower) ?? [];
    headers.set(lower, [first, before === undefined ? value : `${before}, ${value}`]);
  }
  return Object.fromEntries(headers.values());
}

/** The headers of a message, with their names as they came. */
export function headersToKeep(rawHeaders: readonly string[]): Record<string, string> {
  return kept(rawHeaders, (name) => !VOLATILE.test(name));
}

/** Those of a call that leaves the plugin. */
export function headersOfCall(rawHeaders: readonly string[]): Record<string, string> {
  return kept(rawHeaders, (name) => OF_CALLS.test(name));
}
