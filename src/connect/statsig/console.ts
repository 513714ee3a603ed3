// Calls Statsig's Console API for a person: pages, retries, and what its refusals mean.

import { parseJson } from '../../base/json.js';
import { ownText } from '../../base/own-text.js';
import type { Secret } from '../../base/secret.js';
import type { Answered } from '../../call/http-call.js';
import { type HttpRequest, hostOf } from '../../call/http-request.js';
import { redactText } from '../../call/redaction.js';
import { isJsonObject, type JsonObject } from '../../model/segment-event.js';
import { type ConsoleCall, consoleApiUrl, consoleRequest } from '../../statsig/console-api.js';
import { createRateBudget, MUTATION_LIMITS, type RateBudget } from '../../targets/statsig-lists/rate-budget.js';
import { ConnectError } from '../connection.js';
import { callPatiently, isPassing, isTurnedAway, type Patience, wholeAnswer } from '../patient-call.js';

/** How the API is reached. */
export interface ConsoleApiOptions extends Patience {
  readonly consoleKey: Secret;
  /** Without a slash at its end. */
  readonly consoleUrl: string;
}

/** Statsig's Console API. Each function throws ConnectError. */
export interface ConsoleApi {
  readonly consoleUrl: string;
  /** Full address of a path within the API. */
  url(path: string): string;
  /** @returns `data` of the answer; undefined where there is no such thing */
  look(path: string): Promise<JsonObject | undefined>;
  /** All pages of a list. */
  list(path: string): Promise<readonly JsonObject[]>;
  /**
   * Makes something of which there may be one only.
   *
   * @param isThere looks whether it is there, where no answer tells whether it was made, or the answer is that it is
   */
  make(path: string, body: JsonObject, isThere: () => Promise<boolean>): Promise<void>;
}

/** Items of a page, and the bytes that they may have. */
const PAGE = 100;
const MOST_BYTES = 4 * 1024 * 1024;

/** Pages of a list: one that never ends is at fault. */
const MOST_PAGES = 200;

/** Tries to make something, where what came of one is not known. */
const MAKE_TRIES = 3;

const MAX_SAID = 300;

/** What keys are called by their beginnings. */
const OTHER_KINDS: Readonly<Record<string, string>> = {
  'secret-': 'a server secret key',
  'client-': 'a client key',
};

const MAKE_KEY =
  'Make one in Statsig, under Project Settings > Keys & Environments: a Console key, which begins with console-.';

/** A key of another kind must not go to where it does not belong. @throws ConnectError token-refused */
export function assertConsoleKey(key: Secret): void {
  const text = key.reveal();
  const other = Object.keys(OTHER_KINDS).find((start) => text.startsWith(start));
  if (other !== undefined)
    throw new ConnectError('token-refused', `This is ${OTHER_KINDS[other]} of Statsig, not a Console key. ${MAKE_KEY}`);
}

function saidIn({ body }: Answered, key: Secret): string {
  const answer = parseJson(body);
  const message = isJsonObject(answer) ? (answer.message ?? answer.error) : undefined;
  // Statsig's own messages repeat the key.
  return typeof message === 'string' ? ` Statsig says: ${ownText(redactText(message, [key.reveal()]), MAX_SAID)}` : '';
}

function refusalOf(answer: Answered, { consoleUrl, consoleKey }: ConsoleApiOptions): ConnectError {
  const where = hostOf(consoleUrl);
  const said = saidIn(answer, consoleKey);
  switch (answer.status) {
    case 401:
      return new ConnectError(
        'token-refused',
        `${where} does not take the key as a Console key: it is another one or of another kind, or was deactivated. ${MAKE_KEY}`,
      );
    case 403:
      return new ConnectError(
        'right-missing',
        `The Console key may not do this. A personal key may do what its owner's role may: it has to see and edit project settings and segments.${said}`,
      );
    case 404:
      return new ConnectError('not-found', `${where} has no such thing (404). Is its address right?${said}`);
    default:
      return new ConnectError('refused', `${where} refuses it (${answer.status}).${said}`);
  }
}

/** @throws ConnectError */
function dataOf(answer: Answered, options: ConsoleApiOptions): JsonObject {
  if (answer.status >= 400) throw refusalOf(answer, options);
  const value = answer.status < 300 ? parseJson(answer.body) : undefined;
  if (isJsonObject(value)) return value;
  const where = hostOf(options.consoleUrl);
  throw new ConnectError(
    'answer-unclear',
    `${where} does not answer as Statsig's Console API does (${answer.status}). Is its address right?`,
  );
}

/** Waits for a place within Statsig's limit. @returns to be called when the call is over */
async function takePlace(budget: RateBudget, { signal, pause }: Patience): Promise<() => void> {
  for (;;) {
    const over = await budget.take();
    if (over !== undefined) return over;
    const ms = Math.max(1, budget.readyAt() - Date.now());
    if (pause !== undefined) await pause(ms, signal);
    else await new Promise((resolve) => setTimeout(resolve, ms));
    if (signal?.aborted) throw new ConnectError('stopped', 'It was ended. Run it again: it goes on where it was.');
  }
}

/** @throws ConnectError for a key of another kind */
export function createConsoleApi(options: ConsoleApiOptions): ConsoleApi {
  const { consoleUrl, consoleKey } = options;
  assertConsoleKey(consoleKey);
  const patience: Patience = { maxResponseBytes: MOST_BYTES, ...options };
  const budget = createRateBudget(Date.now, MUTATION_LIMITS);
  const requestOf = (call: ConsoleCall): HttpRequest => consoleRequest({ consoleUrl, consoleKey }, call);

  async function get(path: string): Promise<Answered> {
    const request = requestOf({ method: 'GET', path });
    return wholeAnswer(await callPatiently(request, patience), request.url);
  }

  return {
    consoleUrl,
    url: (path) => consoleApiUrl(consoleUrl, path),
    async look(path) {
      const answer = await get(path);
      if (answer.status === 404) return undefined;
      const { data } = dataOf(answer, options);
      return isJsonObject(data) ? data : {};
    },
    async list(path) {
      const items: JsonObject[] = [];
      for (let page = 1; page <= MOST_PAGES; page += 1) {
        const { data, pagination } = dataOf(await get(`${path}?limit=${PAGE}&page=${page}`), options);
        if (!Array.isArray(data))
          throw new ConnectError('answer-unclear', `${hostOf(consoleUrl)} answers ${path} without a list.`);
        items.push(...data.filter(isJsonObject));
        const next = isJsonObject(pagination) ? pagination.nextPage : undefined;
        if (data.length === 0 || typeof next !== 'string' || next === '') return items;
      }
      throw new ConnectError('answer-unclear', `${hostOf(consoleUrl)} answers ${path} with pages without end.`);
    },
    async make(path, body, isThere) {
      const request = requestOf({ method: 'POST', path, body: JSON.stringify(body) });
      for (let tried = 1; ; tried += 1) {
        const over = await takePlace(budget, options);
        // Only what was turned away is surely not made: else it is looked for first.
        const answer = await callPatiently(request, patience, isTurnedAway).finally(over);
        const isUnclear = isPassing(answer) && !isTurnedAway(answer);
        const mayBeThere = isUnclear || (answer.kind === 'answered' && answer.status === 400);
        if (mayBeThere && (await isThere())) return;
        if (isUnclear && tried < MAKE_TRIES) continue;
        dataOf(wholeAnswer(answer, request.url), options);
        return;
      }
    },
  };
}
