// Segment for the console's scenarios: the stand-in of its Public API, of which a scenario has requests refused, held and counted.

import assert from 'node:assert/strict';
import { PUBLIC_API_TOKEN, startSegment } from '../../testkit/segment-public-api/stand-in.js';
import type { ConsoleRig } from './rig.js';

/** What is answered in place of Segment. */
interface Refusal {
  readonly status: number;
  readonly retryAfter?: string;
  /** What Segment says. */
  readonly message?: string;
}

/** A request that waits for its answer. */
interface Held {
  /** It has come, and what it asks for is done. */
  readonly reached: Promise<void>;
  /** Has it answered. */
  release(): void;
}

/** Starts it for one scenario, which fails at its end where something was asked that Segment's API does not describe. */
export async function startSegmentApi(rig: ConsoleRig) {
  const segment = await startSegment({ after: (end) => rig.keep(async () => void (await end())) }, { pageSize: 100 });
  rig.atEnd(() => assert.deepEqual(segment.problems, [], "as Segment's API is described"));
  const { sources, destinations, subscriptions } = segment.workspace;
  const [web] = sources.values();
  const own = sources.size;
  const changes = () => segment.changes().length;
  let refusal: Refusal | undefined;
  let times = 0;
  let hold: { readonly at: number; reach(): void; readonly until: Promise<void> } | undefined;

  segment.trouble(({ method }) => {
    if (refusal !== undefined && times > 0) {
      times -= 1;
      const { retryAfter, ...refused } = refusal;
      return { ...refused, ...(retryAfter !== undefined && { headers: { 'retry-after': retryAfter } }) };
    }
    const held = hold;
    if (method === 'GET' || held?.at !== changes()) return undefined;
    held.reach();
    return { isDone: true, meanwhile: () => held.until };
  });

  return {
    url: segment.url,
    token: PUBLIC_API_TOKEN,
    /** Requests that change something, so far. */
    changes,
    /** What there is of ours. */
    made: () => ({
      destinations: destinations.size,
      mappings: subscriptions.size,
      sources: sources.size - own,
    }),
    forgetSources: () => sources.clear(),
    /** The same source many times, under these names. */
    addSources(names: readonly string[]) {
      for (const [number, name] of names.entries())
        sources.set(`named-${number}`, { ...web, id: `named-${number}`, slug: `named-${number}`, name });
    },
    /** @param most so many requests; default: all */
    refuse(next: Refusal | undefined, most = Number.POSITIVE_INFINITY) {
      refusal = next;
      times = most;
    },
    /** Holds the answer to the change of that number, counted from now. */
    holdChange(number: number): Held {
      let reach = () => {};
      let release = () => {};
      const reached = new Promise<void>((resolve) => {
        reach = resolve;
      });
      const until = new Promise<void>((resolve) => {
        release = resolve;
      });
      hold = { at: changes() + number, reach, until };
      return { reached, release };
    },
  };
}
