// The senders of the torture whose events go into Statsig: Segment's SDKs and Segment's webhooks.

import { createHmac } from 'node:crypto';
import type { Random } from '../../testkit/random.js';
import { toSegmentEvent, UserEvents } from './torture-events.js';
import type { Call, Sender } from './torture-senders.js';
import type { TortureWorkspace } from './torture-workspaces.js';

const WAYS = ['batch', 'single', 'webhook'] as const;
type Way = (typeof WAYS)[number];

const USERS_PER_SENDER = 3;

function makeCall(way: Way, workspace: TortureWorkspace, [first = {}, ...rest]: readonly object[]): Call {
  if (way === 'webhook') {
    const signature = createHmac('sha1', workspace.sharedSecret).update(JSON.stringify(first)).digest('hex');
    const headers = { 'content-type': 'application/json', 'x-signature': signature };
    return { path: `/segment/${workspace.id}`, headers, body: JSON.stringify([first, ...rest]) };
  }
  const authorization = `Basic ${Buffer.from(`${workspace.writeKey}:`).toString('base64')}`;
  const body = JSON.stringify(way === 'single' ? first : { batch: [first, ...rest] });
  return { path: way === 'single' ? '/v1/track' : '/v1/batch', headers: { authorization }, body };
}

function makeSender(workspace: TortureWorkspace, way: Way, random: Random): Sender {
  const names = Array.from({ length: USERS_PER_SENDER }, (_, index) => `${workspace.id}/${way}-${index}`);
  const users = names.map((name) => new UserEvents(workspace.id, name, random));
  return {
    way,
    random,
    rest: way === 'single' ? [0, 60] : [50, 500],
    next() {
      const drawn = Array.from({ length: way === 'single' ? 1 : random.whole(1, 25) }, () =>
        random.whole(1, users.length),
      );
      const events = drawn.flatMap((nth) => users[nth - 1]?.next() ?? []);
      // As it was, when it is sent again.
      const sent = events.map(toSegmentEvent);
      return {
        events: events.length,
        makeCall: () => makeCall(way, workspace, sent),
        mayBeFiltered: false,
        expected: events,
      };
    },
  };
}

/** One sender of each way for each workspace. @param makeRandom makes one for each sender */
export function inboundSenders(workspaces: readonly TortureWorkspace[], makeRandom: () => Random): readonly Sender[] {
  return workspaces.flatMap((workspace) => WAYS.map((way) => makeSender(workspace, way, makeRandom())));
}
