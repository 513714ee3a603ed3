// Calls Segment's Public API: version, pages, retries, and what its refusals mean.

import { parseJson } from '../../base/json.js';
import { Secret } from '../../base/secret.js';
import type { Answered, HttpResponse } from '../../call/http-call.js';
import { type HttpRequest, hostOf } from '../../call/http-request.js';
import { redactText } from '../../call/redaction.js';
import { isJsonObject, type JsonObject } from '../../model/segment-event.js';
import { ConnectError, type ConnectFault } from '../connection.js';
import {
  callPatiently,
  isPassing,
  isTurnedAway,
  type Patience,
  TRIES,
  waitAfter,
  wholeAnswer,
} from '../patient-call.js';

/** The version of a route. Those in Alpha have no other, and must be enabled for a workspace by Segment. */
export type ApiVersion = 'v1' | 'v1alpha';

/** Segment refuses a request. */
export class SegmentRefusal extends ConnectError {
  readonly status: number;
  /** What Segment says, on one line and without secrets; may be empty. */
  readonly said: string;

  constructor(code: ConnectFault, message: string, status: number, said: string) {
    super(code, message);
    this.status = status;
    this.said = said;
  }
}

/** How the API is reached. */
export interface PublicApiOptions extends Pick<Patience, 'signal' | 'pause'> {
  readonly token: Secret;
  /** Without a slash at its end. */
  readonly apiUrl: string;
}

/** What is sent to make something. */
export interface Making {
  readonly path: string;
  readonly body?: JsonObject;
  readonly version?: ApiVersion;
  /** Secrets in the body, which an answer may repeat. */
  readonly secrets?: readonly string[];
}

/** A change that does no harm when it is made again. */
export interface ApiChange extends Making {
  readonly method: 'PATCH' | 'DELETE';
}

/** How what is made is known. */
export interface MadeOnce<Made> {
  /** From `data` of the answer. */
  read(data: JsonObject): Made;
  /** Looks for it where no answer tells whether it was made. */
  find(): Promise<Made | undefined>;
}

/** Segment's Public API. Each function throws ConnectError, for a refusal SegmentRefusal. */
export interface PublicApi {
  readonly apiUrl: string;
  /** @returns `data` of the answer */
  get(path: string, version?: ApiVersion): Promise<JsonObject>;
  /** All pages of a list, each item once. @param path may have a query @param field of `data` that holds it */
  list(path: string, field: string, version?: ApiVersion): Promise<readonly JsonObject[]>;
  /** @returns `data` of the answer */
  change(change: ApiChange): Promise<JsonObject>;
  /** Makes something of which there may be one only. */
  make<Made>(making: Making, once: MadeOnce<Made>): Promise<Made>;
}

/** Bytes of an answer: a page of the catalog has some megabytes. */
const MOST_BYTES = 32 * 1024 * 1024;

/** Items of a page; up to 1000. */
const PAGE = 200;

/** Pages of a list: one that never ends is at fault. */
const MOST_PAGES = 500;

const MAX_SAID = 500;

/** What is sent, for people and for stand-ins: version by media type, as the published SDKs may ask. */
function requestOf(
  { apiUrl, token }: PublicApiOptions,
  {
    method,
    path,
    body,
    version = 'v1',
  }: { method: HttpRequest['method']; path: string; body?: JsonObject | undefined; version?: ApiVersion | undefined },
): HttpRequest {
  const type = `application/vnd.segment.${version}+json`;
  return {
    method,
    url: `${apiUrl}${path}`,
    headers: {
      authorization: new Secret(`Bearer ${token.reveal()}`),
      accept: type,
      ...(body !== undefined && { 'content-type': type }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  };
}

/** The messages of `{"errors": [{"message", "field"}]}`. */
function saidIn(body: string, secrets: readonly string[]): string {
  const answer = parseJson(body);
  const errors = isJsonObject(answer) && Array.isArray(answer.errors) ? answer.errors : [];
  const messages = errors.filter(isJsonObject).map(({ message, field, type }) => {
    const text = typeof message === 'string' && message !== '' ? message : String(type ?? '');
    return typeof field === 'string' && field !== '' ? `${text} (${field})` : text;
  });
  const said = redactText(messages.join('; '), secrets).replace(/\s+/g, ' ').trim();
  return said.length > MAX_SAID ? `${said.slice(0, MAX_SAID)}…` : said;
}

/** Where Segment's documentation of rate limits says how long to wait: `{"errors": [{"data": {"msBeforeNext"}}]}`. */
function msBeforeNext(answer: HttpResponse): number | undefined {
  if (answer.kind === 'unanswered' || answer.status !== 429) return undefined;
  const said = parseJson(answer.body);
  for (const error of isJsonObject(said) && Array.isArray(said.errors) ? said.errors : []) {
    const data = isJsonObject(error) ? error.data : undefined;
    if (isJsonObject(data) && typeof data.msBeforeNext === 'number' && data.msBeforeNext > 0) return data.msBeforeNext;
  }
  return undefined;
}

const quoted = (said: string) => (said === '' ? '' : ` Segment says: ${said}`);

/** @param isKnown whether Segment took the token before: then 401 says that it may not do this */
function refusalOf(
  { status, body }: Answered,
  { apiUrl, secrets, isKnown }: { apiUrl: string; secrets: readonly string[]; isKnown: boolean },
): SegmentRefusal {
  const said = saidIn(body, secrets);
  const refuse = (code: ConnectFault, message: string) =>
    new SegmentRefusal(code, `${message}${quoted(said)}`, status, said);
  switch (status === 401 && isKnown ? 403 : status) {
    case 401:
      return refuse(
        'token-refused',
        `${hostOf(apiUrl)} does not take the token: it is another one, one of another region (--region), was revoked, or may not do this. Make one in Segment, under Settings > Workspace settings > Access Management > Tokens.`,
      );
    case 403:
      return refuse(
        'right-missing',
        'The token may not do this. It needs the role Workspace Owner, or Source Admin of the source for everything but new sources.',
      );
    case 404:
      return refuse('not-found', `${hostOf(apiUrl)} has no such thing (404).`);
    default:
      return refuse('refused', `${hostOf(apiUrl)} refuses it (${status}).`);
  }
}

export function createPublicApi(options: PublicApiOptions): PublicApi {
  const { apiUrl, token } = options;
  const patience = { ...options, maxResponseBytes: MOST_BYTES, askedIn: msBeforeNext };
  let isKnown = false;

  function dataOf(answer: HttpResponse, secrets: readonly string[]): JsonObject {
    const isRefused = answer.kind === 'answered' && answer.status >= 400 && !isPassing(answer);
    if (isRefused) throw refusalOf(answer, { apiUrl, secrets, isKnown });
    const { status, body } = wholeAnswer(answer, apiUrl);
    const value = status < 300 ? parseJson(body) : undefined;
    if (!isJsonObject(value) || !isJsonObject(value.data))
      throw new ConnectError(
        'answer-unclear',
        `${hostOf(apiUrl)} does not answer as Segment's Public API does (${status}). Is the address right?`,
      );
    isKnown = true;
    return value.data;
  }

  async function get(path: string, version?: ApiVersion): Promise<JsonObject> {
    const request = requestOf(options, { method: 'GET', path, version });
    return dataOf(await callPatiently(request, patience), [token.reveal()]);
  }

  async function list(path: string, field: string, version?: ApiVersion): Promise<readonly JsonObject[]> {
    // By id: a list that changes while it is read shows an item on two pages.
    const items = new Map<unknown, JsonObject>();
    const seen = new Set<string>();
    let cursor: string | undefined;
    for (let page = 0; page < MOST_PAGES; page += 1) {
      const query = new URLSearchParams({
        'pagination[count]': String(PAGE),
        ...(cursor !== undefined && { 'pagination[cursor]': cursor }),
      });
      const data = await get(`${path}${path.includes('?') ? '&' : '?'}${query}`, version);
      const found = data[field];
      if (!Array.isArray(found))
        throw new ConnectError('answer-unclear', `${hostOf(apiUrl)} answers ${path} without ${field}.`);
      for (const item of found.filter(isJsonObject)) if (!items.has(item.id ?? item)) items.set(item.id ?? item, item);
      const next = isJsonObject(data.pagination) ? data.pagination.next : undefined;
      if (typeof next !== 'string' || next === '') return [...items.values()];
      if (seen.has(next)) break;
      seen.add(next);
      cursor = next;
    }
    throw new ConnectError('answer-unclear', `${hostOf(apiUrl)} answers ${path} with pages without end.`);
  }

  async function change({ secrets = [], ...asked }: ApiChange): Promise<JsonObject> {
    return dataOf(await callPatiently(requestOf(options, asked), patience), [token.reveal(), ...secrets]);
  }

  async function make<Made>(
    { path, body, version, secrets = [] }: Making,
    { read, find }: MadeOnce<Made>,
  ): Promise<Made> {
    const request = requestOf(options, { method: 'POST', path, body, version });
    for (let tried = 1; ; tried += 1) {
      const answer = await callPatiently(request, patience, isTurnedAway);
      if (!isPassing(answer) || isTurnedAway(answer)) return read(dataOf(answer, [token.reveal(), ...secrets]));
      const isLast = tried === TRIES;
      if (!isLast) await waitAfter(answer, tried, request.url, patience);
      const found = await find();
      if (found !== undefined) return found;
      if (isLast) return read(dataOf(answer, [token.reveal(), ...secrets]));
    }
  }

  return { apiUrl, get, list, change, make };
}
