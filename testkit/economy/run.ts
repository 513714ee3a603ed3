// Posts a stream of webhooks to an app with a workspace per case, and counts on the wire what reaches Segment.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { serve } from '../loopback.js';
import { SIGNING_SECRET, startOutboundApp } from '../outbound-app.js';
import { readTrackBatch, type TrackEvent } from '../track-batch-rules.js';
import type { EconomyCase } from './cases.js';

/** Name of the target that each workspace has. */
export const TARGET = 'segment';

/** What reached Segment of a workspace. */
export interface EconomyResult {
  /** messageIds, in order of arrival. */
  readonly messageIds: readonly string[];
  /** Segment's "monthly tracked users": userIds, and anonymousIds that never came with one (Segment's documentation, MTUs). */
  readonly trackedUsers: number;
}

const writeKeyOf = (id: string) => `write-key-${id}`;

function countTrackedUsers(calls: readonly TrackEvent[]): number {
  const userIds = new Set(calls.map(({ userId }) => userId).filter((id) => id !== undefined));
  const ofKnown = new Set(calls.filter(({ userId }) => userId !== undefined).map(({ anonymousId }) => anonymousId));
  const anonymous = new Set(calls.map(({ anonymousId }) => anonymousId).filter((id) => id !== undefined));
  return userIds.size + [...anonymous].filter((id) => !ofKnown.has(id)).length;
}

/** A stand-in for Segment that takes everything. */
async function serveSegment() {
  const calls = new Map<string, TrackEvent[]>();
  const faults: unknown[] = [];
  const server = await serve(async (request, response) => {
    try {
      const { writeKey, batch } = readTrackBatch(await text(request), request.headers);
      calls.set(writeKey, [...(calls.get(writeKey) ?? []), ...batch]);
      response.end('{"success":true}');
    } catch (error) {
      faults.push(error);
      response.writeHead(400).end();
    }
  });
  return { ...server, calls, faults };
}

/**
 * Every workspace gets every webhook, one after the other, so that which of equal exposures comes first does not depend on luck.
 *
 * @param webhooks JSON texts of their bodies
 * @returns by id of the case
 * @throws when a request to Segment was none that Segment takes
 */
export async function runEconomy(
  webhooks: readonly string[],
  cases: readonly EconomyCase[],
): Promise<ReadonlyMap<string, EconomyResult>> {
  const directory = mkdtempSync(join(tmpdir(), 'statsig-cdp-economy-'));
  const segment = await serveSegment();
  const documents = cases.map(({ id, settings }) => ({
    id,
    outbound: {
      signingSecrets: [SIGNING_SECRET],
      targets: [{ name: TARGET, writeKey: writeKeyOf(id), host: segment.url }],
      ...settings,
    },
  }));
  const app = await startOutboundApp(documents, join(directory, 'outbox'));
  try {
    for (const body of webhooks) await Promise.all(cases.map(({ id }) => app.post(id, body)));
    await app.drained();
  } finally {
    await app.close();
    await segment.close();
    rmSync(directory, { recursive: true, force: true });
  }
  if (segment.faults.length > 0) throw segment.faults[0];
  return new Map(
    cases.map(({ id }) => {
      const calls = segment.calls.get(writeKeyOf(id)) ?? [];
      const messageIds = calls.map(({ messageId }) => messageId);
      return [id, { messageIds, trackedUsers: countTrackedUsers(calls) }];
    }),
  );
}
