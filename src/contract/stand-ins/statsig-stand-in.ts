// Stands in for Statsig on loopback: its events API, its webhooks for CDPs, its Console API for segments and its deletion of user data.

import { isJsonObject, type JsonObject } from '../../model/segment-event.js';
import { consoleApiUrl, SEGMENTS } from '../../statsig/console-api.js';
import { consoleProblems, createStandInLists, type StandInList } from './console-lists.js';
import {
  createStandInDeletions,
  DELETE_PATH,
  type DeletionAsked,
  deletionProblems,
  STATUS_PATH,
} from './deletion-calls.js';
import { logEventSchema } from './log-event-schema.js';
import { createSchemaCheck } from './schema-check.js';
import {
  type Judgement,
  type OwnAnswer,
  type StandIn,
  type StandInOptions,
  startStandIn,
  type UnjudgedRequest,
} from './stand-in.js';

/** Where events are logged. */
export const LOG_EVENT_PATH = '/v1/log_event';
/** Where CDPs post messages untouched, one a request: RudderStack's destination, and Segment's generic webhook. */
export const WEBHOOK_PATHS = ['/v1/webhooks/rudderstack', '/v1/webhooks/segment_webhook', '/v1/webhooks/segment'];

const SEGMENTS_PATH = consoleApiUrl('', SEGMENTS);
const SEGMENT_CALL = new RegExp(`${SEGMENTS_PATH}(?:/([^/]+)(/id_list)?)?$`);
const API_VERSION = /^\d{8}$/;

/** An event of a `log_event` request that was taken. */
export interface LoggedEvent extends JsonObject {
  readonly eventName: string;
}

/** What the stand-in is told of. */
export interface StatsigStandInOptions extends StandInOptions {
  /** Keys that it takes, server secrets and Console API keys alike; others are answered 401. Default: any key, but not none. */
  readonly keys?: readonly string[];
}

/** A running stand-in. */
export interface StatsigStandIn extends StandIn {
  /** Events of all `log_event` requests that it took, in the order of arrival. */
  readonly events: readonly LoggedEvent[];
  /** Messages that came to its webhooks and were taken. */
  readonly messages: readonly JsonObject[];
  /** Segments by id. */
  readonly lists: ReadonlyMap<string, StandInList>;
  /** Deletions by `request_id`. */
  readonly deletions: ReadonlyMap<string, DeletionAsked>;
  /** Makes a segment, as someone in Statsig's console would; an empty ID list of `userID`s unless the parts say otherwise. */
  makeList(id: string, parts?: Partial<StandInList>): StandInList;
}

/** Without the query. The base of an address that someone configured may hold a path of its own. */
const placeOf = (path: string) => path.replace(/\?.*$/s, '');

const checkLogEvent = createSchemaCheck(logEventSchema, 'the body');

const json = { 'content-type': 'application/json' };
const NOT_FOUND: OwnAnswer = { status: 404, body: { status: 404, message: 'Not Found' } };
const INVALID: OwnAnswer = { status: 400, body: { success: false, error: 'Invalid request' } };

/**
 * Starts a stand-in for Statsig: point `eventsUrl`, `apiUrl` and `consoleUrl` at it. A request that breaks a rule of Statsig's OpenAPI documents is answered as Statsig answers an error, and has the rule
 * in its `problems`.
 *
 * @throws the system's error where it cannot listen
 */
export async function createStatsigStandIn(options: StatsigStandInOptions = {}): Promise<StatsigStandIn> {
  const { keys } = options;
  const { lists, make, answer: answerConsole } = createStandInLists(Date.now);
  const deletions = createStandInDeletions();
  const events: LoggedEvent[] = [];
  const messages: JsonObject[] = [];

  function keyProblem({ headers }: UnjudgedRequest): string | undefined {
    const key = headers['statsig-api-key'];
    if (typeof key !== 'string' || key === '') return 'there is no header STATSIG-API-KEY';
    return keys === undefined || keys.includes(key) ? undefined : 'the key is none of those that are taken';
  }

  function judgeConsole({ method, path, headers, body }: UnjudgedRequest): Judgement {
    const [known, listId, tail] = SEGMENT_CALL.exec(placeOf(path)) ?? [];
    const call = { method, listId: listId && decodeURIComponent(listId), body };
    const isKnown = known !== undefined && (tail !== undefined) === (method === 'PATCH' || method === 'DELETE');
    const problems = isKnown ? [...consoleProblems(call)] : ['the OpenAPI document has no such call'];
    if (!API_VERSION.test(String(headers['statsig-api-version'])))
      problems.push('there is no version of the API in the headers');
    const perform = () => {
      const reply = isKnown ? answerConsole(call) : undefined;
      return reply === undefined ? NOT_FOUND : { ...reply, headers: json };
    };
    return { problems, perform };
  }

  function judgeEvents({ body }: UnjudgedRequest): Judgement {
    const problems = checkLogEvent(body);
    const perform = () => {
      if (problems.length > 0) return INVALID;
      events.push(...(body as { events: LoggedEvent[] }).events);
      return { status: 202, body: { success: true } };
    };
    return { problems, perform };
  }

  function judgeMessage({ body }: UnjudgedRequest): Judgement {
    if (!isJsonObject(body)) return { problems: ['the body is no message'], perform: () => INVALID };
    const perform = () => {
      messages.push(body);
      return { status: 200, body: { success: true } };
    };
    return { problems: [], perform };
  }

  function judgePlace(request: UnjudgedRequest): Judgement {
    const { method, path, body } = request;
    const place = placeOf(path);
    const isAt = (known: string) => place.endsWith(known);
    if (place.includes(SEGMENTS_PATH)) return judgeConsole(request);
    if (method !== 'POST') return { problems: ['the OpenAPI document has no such call'], perform: () => NOT_FOUND };
    if (isAt(LOG_EVENT_PATH)) return judgeEvents(request);
    if (WEBHOOK_PATHS.some(isAt)) return judgeMessage(request);
    if (isAt(DELETE_PATH))
      return { problems: deletionProblems(DELETE_PATH, body), perform: () => deletions.take(body) };
    if (isAt(STATUS_PATH))
      return { problems: deletionProblems(STATUS_PATH, body), perform: () => deletions.status(body) };
    return { problems: ['no document names this path'], perform: () => NOT_FOUND };
  }

  function judge(request: UnjudgedRequest): Judgement {
    const { problems, perform } = judgePlace(request);
    const about = [...problems];
    const isJson = /^application\/json\b/i.test(String(request.headers['content-type']));
    if (request.text !== '' && !isJson) about.push(`content-type is ${request.headers['content-type'] ?? 'missing'}`);
    const key = keyProblem(request);
    if (key === undefined) return { problems: about, perform };
    return { problems: [...about, key], perform: () => ({ status: 401, body: { status: 401, message: key } }) };
  }

  function forget(): void {
    events.length = 0;
    messages.length = 0;
    lists.clear();
    deletions.taken.clear();
  }

  const standIn = await startStandIn({ judge, forget }, options);
  return Object.assign(standIn, { events, messages, lists, deletions: deletions.taken, makeList: make });
}
