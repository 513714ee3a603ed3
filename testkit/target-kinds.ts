// The two kinds of target a dispatcher delivers to, so that what holds for both is tested with both.

import type { IncomingHttpHeaders } from 'node:http';
import { type TestContext, test } from 'node:test';
import { Secret } from '../src/base/secret.js';
import type { DeliveryTarget } from '../src/dispatch/delivery-target.js';
import { STATSIG_TARGET } from '../src/outbox/lane-id.js';
import { compileWorkspace } from '../src/settings/compile.js';
import { createSegmentTargets } from '../src/targets/segment/target.js';
import { type StatsigTargetOptions, statsigTarget } from '../src/targets/statsig-events/target.js';
import { ACCEPTED, serveLogEvent } from './log-event-stand-in.js';
import { serveSegment, TAKEN } from './segment-stand-in.js';
import { SIGNED } from './segment-target.js';
import type { AnswerTo, StandIn, Yes } from './stand-in.js';

/** Where a workspace's events go. */
export interface Aim {
  readonly workspaceId: string;
  readonly url: string;
  /** Empty: none, a dry run; of Statsig's kind only. */
  readonly key: string;
  readonly maxBatchEvents?: number;
  readonly maxBatchBytes?: number;
}

/** Makes the targets of one dispatcher. */
export interface TargetMaker {
  make(aim: Aim): DeliveryTarget;
  close(): Promise<void>;
}

/** A kind of target. */
export interface TargetKind {
  /** Name of the lane, and of who answers. */
  readonly target: string;
  readonly title: string;
  readonly key: string;
  readonly yes: Yes;
  serve(context: TestContext, answerTo: AnswerTo, resets?: number): Promise<StandIn>;
  /** The key that a request was sent with. */
  keyOf(headers: IncomingHttpHeaders): string;
  /** JSON text of an event of this name. */
  payload(name: string, padding?: number): string;
  nameOf(payload: string): string;
  open(options: StatsigTargetOptions): TargetMaker;
}

/** JSON text of a Statsig event of this name. */
function statsigPayload(name: string, padding = 0): string {
  return JSON.stringify({
    eventName: name,
    time: 1_768_478_400_000,
    user: { userID: 'user-42' },
    metadata: { padding: 'x'.repeat(padding) },
  });
}

/** Statsig's log_event. */
export const STATSIG: TargetKind = {
  target: STATSIG_TARGET,
  title: 'Statsig',
  key: 'secret-example',
  yes: ACCEPTED,
  serve: serveLogEvent,
  keyOf: (headers) => String(headers['statsig-api-key']),
  payload: statsigPayload,
  nameOf: (payload) => JSON.parse(payload).eventName,
  open: (options) => ({
    make({ workspaceId, url, key, ...limits }) {
      const secret = key === '' ? undefined : new Secret(key);
      return statsigTarget(compileWorkspace(workspaceId, { eventsUrl: url, ...limits }, secret, 'segment'), options);
    },
    close: async () => {},
  }),
};

/** JSON text of a track call whose event has this name. */
function trackPayload(name: string, padding = 0): string {
  return JSON.stringify({
    messageId: `${name}:acme:segment-us`,
    type: 'track',
    event: name,
    userId: 'user-42',
    timestamp: '2026-01-15T12:00:00.000Z',
    context: SIGNED,
    properties: { padding: 'x'.repeat(padding) },
    integrations: { Statsig: false },
  });
}

/** Segment or a RudderStack data plane, through Segment's SDK. */
export const SEGMENT: TargetKind = {
  target: 'segment-us',
  title: 'segment-us',
  key: 'write-key-example',
  yes: TAKEN,
  serve: serveSegment,
  keyOf({ authorization = '' }) {
    return Buffer.from(authorization.replace('Basic ', ''), 'base64').toString().replace(/:$/, '');
  },
  payload: trackPayload,
  nameOf: (payload) => JSON.parse(payload).event,
  open({ timeoutMs }) {
    const targets = createSegmentTargets({ maxClients: 10, timeoutMs });
    return {
      make({ workspaceId, url, key, ...limits }) {
        const aim = { name: 'segment-us', writeKey: new Secret(key), host: url, path: '/v1/batch' };
        return { ...targets.targetOf(aim), ...limits };
      },
      close: () => targets.close(),
    };
  },
};

/** All kinds. */
export const TARGET_KINDS: readonly TargetKind[] = [STATSIG, SEGMENT];

/** A test with each kind of target. */
export function testEachKind(name: string, body: (context: TestContext, kind: TargetKind) => Promise<void>): void {
  for (const kind of TARGET_KINDS) test(`${kind.title}: ${name}`, (context) => body(context, kind));
}
