// Plays one fixture against a running plugin: sends its requests, takes the calls that they cause, and says what is not as expected.

import type { Agent } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseJson } from '../base/json.js';
import { messageOf } from '../base/system-error.js';
import type { EpochMs } from '../base/time.js';
import { type CallDesk, isOwnQuestion, type ReceivedCall } from './call-desk.js';
import { compareCalls, expectedOf, hasAllCalls } from './compare-calls.js';
import {
  asJson,
  type Fixture,
  type FixtureCall,
  type FixtureExchange,
  type FixtureReply,
  type Json,
} from './fixture.js';
import { listenerOfPath } from './listener-of-path.js';
import { compare, type Difference, type MatchContext } from './match.js';
import { fillJson } from './placeholders.js';
import { yesTo } from './receivers.js';
import { type ReceivedResponse, sendRequest } from './send-request.js';
import type { createValues } from './values.js';

/** Where and how fixtures are played. */
export interface Stage {
  /** Of the port for everybody, or for those inside. Without a slash at the end. */
  readonly url: string;
  /** Of the port for senders outside, where there is another one. */
  readonly publicUrl?: string;
  readonly desk: CallDesk;
  readonly agent: Agent;
  /** Milliseconds to wait for calls. */
  readonly patienceMs: number;
  /** True where no other fixture is played at the same time. */
  readonly isAlone: boolean;
}

/** A fixture that was played. */
export interface Played {
  /** What was not as expected so far. */
  readonly differences: readonly Difference[];
  /** Ends it. @returns what came after the last exchange although nothing should */
  finish(): readonly Difference[];
}

/** Milliseconds by which the clocks of the two sides may differ. */
const CLOCKS_DIFFER_MS = 500;

/** Calls of a fixture that are not answered yet. */
class UnderWay {
  #last = 0;

  add(answeredAfterMs: number): void {
    this.#last = Math.max(this.#last, performance.now() + answeredAfterMs);
  }

  any(): boolean {
    return performance.now() < this.#last;
  }
}

/** The calls of one exchange, and who waits for more. */
class ExchangeCalls {
  readonly came: ReceivedCall[] = [];
  /** Those that should have been alone and were not. */
  readonly crowded: ReceivedCall[] = [];
  readonly expected: readonly FixtureCall[];
  #onCall = () => {};

  constructor(expected: readonly FixtureCall[]) {
    this.expected = expected;
  }

  take(call: ReceivedCall, underWay: UnderWay): FixtureReply | undefined {
    const expected = expectedOf(call, this.expected, this.came);
    if (expected === undefined && isOwnQuestion(call)) return undefined;
    if (expected?.alone && underWay.any()) this.crowded.push(call);
    const answer = this.#answer(call, expected?.reply);
    underWay.add(answer.afterMs ?? 0);
    this.came.push(call);
    this.#onCall();
    return answer;
  }

  #answer(call: ReceivedCall, reply: FixtureReply | undefined): FixtureReply {
    if (reply === undefined) return yesTo(call);
    const isAnswer = reply.status !== undefined || reply.body !== undefined || reply.reset === true;
    return isAnswer ? reply : { ...yesTo(call), ...reply };
  }

  /** Resolves when all have come, or it takes too long. */
  async all(patienceMs: number): Promise<void> {
    const timeout = new AbortController();
    const late = sleep(patienceMs, true, { signal: timeout.signal, ref: false }).catch(() => true);
    try {
      while (!hasAllCalls(this.expected, this.came)) {
        const next = new Promise<false>((resolve) => {
          this.#onCall = () => resolve(false);
        });
        if (await Promise.race([next, late])) return;
      }
    } finally {
      timeout.abort();
    }
  }
}

/** What an expected answer does not show must not be in it. */
function findSecrets(text: string, expected: FixtureExchange['response'], secrets: readonly string[]): Difference[] {
  const shown = JSON.stringify(expected);
  return secrets
    .filter((secret) => text.includes(secret) && !shown.includes(secret))
    .map((secret) => ({ where: 'response', expected: 'no secret', actual: secret }));
}

/** As much of an answer that is no JSON as tells a page from an error of another server. */
const SHOWN_CHARACTERS = 200;

function readBody({ text }: ReceivedResponse): Json {
  const body = parseJson(text, false) as Json | undefined;
  return body === undefined ? `not JSON: ${text.slice(0, SHOWN_CHARACTERS)}` : body;
}

function compareResponse(
  { status, headers = {}, body, bodyString }: FixtureExchange['response'],
  actual: ReceivedResponse,
  context: MatchContext,
): Difference[] {
  const there = (name: string) => {
    const value = actual.headers[name.toLowerCase()];
    return value === undefined ? undefined : String(value);
  };
  return [
    ...(Array.isArray(status) && status.includes(actual.status)
      ? []
      : compare(status, actual.status, 'response.status', context)),
    ...Object.entries(headers).flatMap(([name, value]) =>
      compare(value ?? undefined, there(name), `response.headers.${name}`, context),
    ),
    ...(body === undefined ? [] : compare(body, readBody(actual), 'response.body', context)),
    ...(bodyString === undefined ? [] : compare(bodyString, actual.text, 'response.bodyString', context)),
  ];
}

const at = (index: number, differences: readonly Difference[]): Difference[] =>
  differences.map((each) => ({ ...each, where: `exchanges[${index}].${each.where}` }));

/**
 * Plays a fixture. Never throws.
 *
 * @param values of its own: its settings, filled with them, are what the plugin runs with
 */
export async function playFixture(
  fixture: Fixture,
  values: ReturnType<typeof createValues>,
  { url, publicUrl = url, desk, agent, patienceMs, isAlone }: Stage,
): Promise<Played> {
  const ids = new Map<string, string>();
  const differences: Difference[] = [];
  let calls = new ExchangeCalls([]);
  let compared = 0;
  let place = 0;
  const underWay = new UnderWay();
  const stop = desk.listen(values.tag, (call) => calls.take(call, underWay), isAlone);

  async function play(index: number, written: FixtureExchange): Promise<void> {
    if (written.afterMs !== undefined) await sleep(written.afterMs);
    const now: EpochMs = Date.now();
    // Values take the place of strings: what the schema holds stays.
    const filled = fillJson(asJson(written), values.at(now)) as unknown as FixtureExchange;
    const { request, response, calls: expected = [] } = filled;
    const late = calls.came.slice(compared);
    if (late.length > 0) differences.push(...compareLate(late));
    calls = new ExchangeCalls(expected);
    compared = 0;
    place = index;
    const isInside = listenerOfPath(request.path, fixture.protocol) === 'private';
    const answer = await sendRequest(request, { url: isInside ? url : publicUrl, agent, now });
    const context = { received: { from: now - CLOCKS_DIFFER_MS, to: Date.now() + CLOCKS_DIFFER_MS }, ids };
    differences.push(
      ...at(index, compareResponse(response, answer, context)),
      ...at(index, findSecrets(answer.text, response, values.secrets())),
    );
    await calls.all(patienceMs);
    compared = calls.came.length;
    differences.push(
      ...at(index, compareCalls(expected, calls.came, 'calls', context)),
      ...at(
        index,
        calls.crowded.map(({ method, path }) => ({
          where: `calls ${method} ${path}`,
          expected: 'no other call under way',
          actual: 'one is',
        })),
      ),
    );
  }

  function compareLate(late: readonly ReceivedCall[]): Difference[] {
    const context = { received: { from: 0, to: 0 }, ids };
    return at(place, compareCalls([], late, 'calls after all others', context));
  }

  for (const [index, exchange] of fixture.exchanges.entries()) {
    try {
      await play(index, exchange);
    } catch (error) {
      differences.push(...at(index, [{ where: 'response', expected: 'an answer', actual: messageOf(error) }]));
    }
    if (differences.length > 0) break;
  }
  return {
    differences,
    finish() {
      stop();
      return compareLate(calls.came.slice(compared));
    },
  };
}
