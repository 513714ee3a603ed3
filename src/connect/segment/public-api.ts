// Calls Segment's Public API: version, pages, retries, and what its refusals mean.

import { setTimeout as sleep } from 'node:timers/promises';
import { parseJson } from '../../base/json.js';
import { Secret } from '../../base/secret.js';
import { type Answered, callHttp, type HttpResponse } from '../../call/http-call.js';
import { type HttpRequest, hostOf, UnsendableHeaderError } from '../../call/http-request.js';
import { redactText } from '../../call/redaction.js';
import { readRetryAfter } from '../../dispatch/retry-policy.js';
import { isJsonObject, type JsonObject } from '../../model/segment-event.js';
import { ConnectError, type ConnectFault } from '../connection.js';

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
export interface PublicApiOptions {
  readonly token: Secret;
  /** Without a slash at its end. */
  readonly apiUrl: string;
  /** Ends calls and pauses. */
  readonly signal?: AbortSignal;
  /** Waits between two tries; milliseconds. */
  readonly pause?: (ms: number, signal: AbortSignal | undefined) => Promise<void>;
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
  /** All pages of a list. @param field of `data` that holds it */
  list(path: string, field: string, version?: ApiVersion): Promise<readonly JsonObject[]>;
  /** @returns `data` of the answer */
  change(change: ApiChange): Promise<JsonObject>;
  /** Makes something of which there may be one only. */
  make<Made>(making: Making, once: MadeOnce<Made>): Promise<Made>;
}

/** Milliseconds for one answer. */
const TIMEOUT_MS = 30_000;

/** Bytes of an answer: a page of the catalog has some megabytes. */
const MOST_BYTES = 32 * 1024 * 1024;

/** Items of a page; up to 1000. */
const PAGE = 200;

/** Pages of a list: one that never ends is at fault. */
const MOST_PAGES = 500;

/** Tries of a request, and the pause after the first, which doubles. */
const TRIES = 5;
const PAUSE_MS = 500;

/** A longer pause is left to a person. */
const LONGEST_PAUSE_MS = 60_000;

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

const quoted = (said: string) => (said === '' ? '' : ` Segment says: ${said}`);

function refusalOf({ status, body }: Answered, apiUrl: string, secrets: readonly string[]): SegmentRefusal {
  const said = saidIn(body, secrets);
  const refuse = (code: ConnectFault, message: string) =>
    new SegmentRefusal(code, `${message}${quoted(said)}`, status, said);
  switch (status) {
    case 401:
      return refuse(
        'token-refused',
        `${hostOf(apiUrl)} does not take the token: it is another one, one of another region (--region), or was revoked. Make one in Segment, under Settings > Workspace settings > Access Management > Tokens.`,
      );
    case 403:
      return refuse(
        'right-missing',
        'The token may not do this. It needs the role Workspace Owner, or Source Admin of the source for everything but new sources.',
      );
    case 404:
      return refuse('not-found', `${hostOf(apiUrl)} has no such thing (404).`);
    case 429:
      return refuse(
        'rate-limited',
        `${hostOf(apiUrl)} wants fewer requests. Run this again in some minutes: it goes on where it was.`,
      );
    default:
      return refuse('refused', `${hostOf(apiUrl)} refuses it (${status}).`);
  }
}

function pauseFor(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return sleep(ms, undefined, { signal });
}

function unavailable(message: string): ConnectError {
  return new ConnectError('unavailable', message);
}

function stopped(): ConnectError {
  return new ConnectError('stopped', 'It was ended. Run it again: it goes on where it was.');
}

/** Whether the same request may have another answer later. */
function isPassing(answer: HttpResponse): boolean {
  return (
    answer.kind === 'unanswered' ||
    answer.rest !== 'none' ||
    answer.status === 408 ||
    answer.status === 429 ||
    answer.status >= 500
  );
}

/** What is unclear of a change may have been carried out: all but a 429, before which nothing was done. */
function isUnclear(answer: HttpResponse): boolean {
  return isPassing(answer) && !(answer.kind === 'answered' && answer.status === 429);
}

export function createPublicApi(options: PublicApiOptions): PublicApi {
  const { apiUrl, token, signal, pause = pauseFor } = options;

  async function send(request: HttpRequest): Promise<HttpResponse> {
    try {
      const answer = await callHttp(request, {
        timeoutMs: TIMEOUT_MS,
        maxResponseBytes: MOST_BYTES,
        isDocument: true,
        ...(signal !== undefined && { signal }),
      });
      if (signal?.aborted) throw stopped();
      return answer;
    } catch (error) {
      if (error instanceof UnsendableHeaderError)
        throw new ConnectError('token-refused', 'The token has characters that no token has: copy it again.');
      throw error;
    }
  }

  async function wait(answer: HttpResponse, tried: number): Promise<void> {
    const asked = answer.kind === 'answered' ? readRetryAfter(answer.retryAfter, Date.now()) : undefined;
    const ms = asked ?? PAUSE_MS * 2 ** (tried - 1);
    if (ms > LONGEST_PAUSE_MS)
      throw new ConnectError(
        'rate-limited',
        `${hostOf(apiUrl)} wants no request for ${Math.ceil(ms / 1000)} seconds. Run this again after that: it goes on where it was.`,
      );
    await pause(ms, signal).catch(() => {});
    if (signal?.aborted) throw stopped();
  }

  function dataOf(answer: HttpResponse, secrets: readonly string[]): JsonObject {
    const where = hostOf(apiUrl);
    if (answer.kind === 'unanswered')
      throw unavailable(`${where} does not answer: ${answer.message}. Run this again: it goes on where it was.`);
    const { status, body, rest } = answer;
    if (rest !== 'none') throw unavailable(`${where} broke its answer off. Run this again: it goes on where it was.`);
    if (status === 408 || status >= 500)
      throw unavailable(
        `${where} fails (${status}). Run this again: it goes on where it was.${quoted(saidIn(body, secrets))}`,
      );
    if (status >= 400) throw refusalOf(answer, apiUrl, secrets);
    const value = status < 300 ? parseJson(body) : undefined;
    if (!isJsonObject(value) || !isJsonObject(value.data))
      throw new ConnectError(
        'answer-unclear',
        `${where} does not answer as Segment's Public API does (${status}). Is the address right?`,
      );
    return value.data;
  }

  async function get(path: string, version?: ApiVersion): Promise<JsonObject> {
    const request = requestOf(options, { method: 'GET', path, version });
    for (let tried = 1; ; tried += 1) {
      const answer = await send(request);
      if (!isPassing(answer) || tried === TRIES) return dataOf(answer, [token.reveal()]);
      await wait(answer, tried);
    }
  }

  async function list(path: string, field: string, version?: ApiVersion): Promise<readonly JsonObject[]> {
    const items: JsonObject[] = [];
    let cursor: string | undefined;
    for (let page = 0; page < MOST_PAGES; page += 1) {
      const query = new URLSearchParams({
        'pagination[count]': String(PAGE),
        ...(cursor !== undefined && { 'pagination[cursor]': cursor }),
      });
      const data = await get(`${path}?${query}`, version);
      const found = data[field];
      if (!Array.isArray(found))
        throw new ConnectError('answer-unclear', `${hostOf(apiUrl)} answers ${path} without ${field}.`);
      items.push(...found.filter(isJsonObject));
      const next = isJsonObject(data.pagination) ? data.pagination.next : undefined;
      if (typeof next !== 'string' || next === '' || next === cursor) return items;
      cursor = next;
    }
    throw new ConnectError('answer-unclear', `${hostOf(apiUrl)} answers ${path} with pages without end.`);
  }

  async function change({ secrets = [], ...asked }: ApiChange): Promise<JsonObject> {
    const request = requestOf(options, asked);
    for (let tried = 1; ; tried += 1) {
      const answer = await send(request);
      if (!isPassing(answer) || tried === TRIES) return dataOf(answer, [token.reveal(), ...secrets]);
      await wait(answer, tried);
    }
  }

  async function make<Made>(
    { path, body, version, secrets = [] }: Making,
    { read, find }: MadeOnce<Made>,
  ): Promise<Made> {
    const request = requestOf(options, { method: 'POST', path, body, version });
    for (let tried = 1; ; tried += 1) {
      const answer = await send(request);
      const isLast = tried === TRIES;
      if (isPassing(answer) && !isLast) await wait(answer, tried);
      const found = isUnclear(answer) ? await find() : undefined;
      if (found !== undefined) return found;
      if (!isPassing(answer) || isLast) return read(dataOf(answer, [token.reveal(), ...secrets]));
    }
  }

  return { apiUrl, get, list, change, make };
}
