// Stands in on loopback for Segment's HTTP Tracking API, or for RudderStack's data plane, which speaks the same.

import { isJsonObject, type JsonObject } from '../../model/segment-event.js';
import { eventsOf, isRefused, trackingProblems } from './segment-rules.js';
import {
  type Judgement,
  type OwnAnswer,
  type StandIn,
  type StandInOptions,
  startStandIn,
  type UnjudgedRequest,
} from './stand-in.js';

/** What the stand-in is told of. */
export interface SegmentStandInOptions extends StandInOptions {
  /** Whose answers it gives. Segment's is 200 for nearly everything; a data plane says 401 to an unknown key. Default: Segment. */
  readonly as?: 'segment' | 'rudderstack';
  /** Write keys that are known. Default: any, but not none. */
  readonly writeKeys?: readonly string[];
}

/** An event that was taken, with the write key of its request. */
export interface TakenEvent {
  readonly writeKey: string;
  readonly event: JsonObject;
}

/** A running stand-in. */
export interface SegmentStandIn extends StandIn {
  /** Events of all requests that it took, in the order of arrival. */
  readonly events: readonly TakenEvent[];
}

/** Types by the last part of a path; a batch has none. */
const TYPES: Readonly<Record<string, string | undefined>> = {
  ...{ track: 'track', t: 'track', identify: 'identify', i: 'identify', page: 'page', p: 'page', screen: 'screen' },
  ...{ s: 'screen', group: 'group', g: 'group', alias: 'alias', a: 'alias', batch: undefined, b: undefined },
  import: undefined,
};

const TRACKING_PATH = /^\/v1\/(\w+)$/;
const SETTINGS_PATH = /^\/v1\/projects\/([^/]+)\/settings$/;

const YES: Readonly<Record<'segment' | 'rudderstack', OwnAnswer>> = {
  segment: { status: 200, body: { success: true } },
  rudderstack: { status: 200, body: 'OK' },
};

const MALFORMED: OwnAnswer = {
  status: 400,
  body: { success: false, message: 'malformed JSON', code: 'invalid_request' },
};
const NOT_FOUND: OwnAnswer = { status: 404, body: 'Not Found' };

/** The user of Basic authentication, or the `writeKey` of the body. */
function writeKeyOf({ headers, body }: UnjudgedRequest): string {
  const [, basic] = /^Basic (\S+)$/i.exec(headers.authorization ?? '') ?? [];
  const [user = ''] = Buffer.from(basic ?? '', 'base64')
    .toString()
    .split(':');
  return user === '' && isJsonObject(body) ? String(body.writeKey ?? '') : user;
}

/**
 * Starts a stand-in for Segment: point a target's `host`, or an SDK, at it. A request that breaks a rule of Segment's documentation has the rule in its `problems`, and is answered as Segment answers it, which is mostly
 * 200.
 *
 * @throws the system's error where it cannot listen
 */
export async function createSegmentStandIn(options: SegmentStandInOptions = {}): Promise<SegmentStandIn> {
  const { as = 'segment', writeKeys } = options;
  const events: TakenEvent[] = [];

  function judgeTracking(request: UnjudgedRequest, type: string | undefined): Judgement {
    const { text, body } = request;
    const writeKey = writeKeyOf(request);
    const isKnown = writeKeys === undefined ? writeKey !== '' : writeKeys.includes(writeKey);
    const problems = [...trackingProblems(text, body, type)];
    if (!isKnown) problems.push(writeKey === '' ? 'there is no write key' : 'the write key is not known');
    const perform = () => {
      if (isRefused(text, body, type)) return MALFORMED;
      if (!isKnown) return as === 'segment' ? YES.segment : { status: 401, body: 'Invalid Authorization Header' };
      const taken = isJsonObject(body) ? eventsOf(body, type).filter(isJsonObject) : [];
      events.push(...taken.map((event) => ({ writeKey, event })));
      return YES[as];
    };
    return { problems, perform };
  }

  function judge(request: UnjudgedRequest): Judgement {
    const { method, path } = request;
    const [, writeKey] = SETTINGS_PATH.exec(path) ?? [];
    if (method === 'GET' && writeKey !== undefined) {
      const isKnown = writeKeys === undefined || writeKeys.includes(writeKey);
      const settings = { integrations: { 'Segment.io': { apiKey: writeKey } } };
      return { problems: [], perform: () => (isKnown ? { status: 200, body: settings } : NOT_FOUND) };
    }
    const [, name = ''] = TRACKING_PATH.exec(path) ?? [];
    if (method === 'POST' && Object.hasOwn(TYPES, name)) return judgeTracking(request, TYPES[name]);
    return { problems: ['no document names this path'], perform: () => NOT_FOUND };
  }

  const forget = () => {
    events.length = 0;
  };
  return Object.assign(await startStandIn({ judge, forget }, options), { events });
}
