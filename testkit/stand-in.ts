// A stand-in on loopback for a place that events are delivered to: answers as the test says, and remembers the names of the events.

import assert from 'node:assert/strict';
import type { IncomingHttpHeaders } from 'node:http';
import type { TestContext } from 'node:test';
import {
  startStandIn as listen,
  type UnjudgedRequest,
  type StandInAnswer as WireAnswer,
} from '../src/contract/stand-ins/stand-in.js';

/** What comes back: a status with a body, at once or when `delayed` resolves, or something that is no answer. */
export type StandInAnswer =
  | { readonly status: number; readonly body?: string | Buffer; readonly headers?: Record<string, string> }
  | { readonly delayed: Promise<void>; readonly status: number }
  | 'hang'
  | 'reset'
  | 'cut off';

/** An answer that accepts. */
export interface Yes {
  readonly status: number;
  readonly body: string;
}

/** One request as it came over the wire. */
export interface ReceivedRequest {
  readonly headers: IncomingHttpHeaders;
  /** After decompression. */
  readonly text: string;
  /** Names of the events, in order. */
  readonly names: readonly string[];
  readonly answer: StandInAnswer;
}

/** Whom it stands in for. */
export interface StandInRules {
  /** `POST /v1/log_event`, from the request line. */
  readonly route: string;
  /**
   * Names of the events of a body.
   *
   * @throws Error when the request breaks a rule
   */
  readonly readNames: (text: string, headers: IncomingHttpHeaders) => readonly string[];
  readonly yes: Yes;
}

/** Says what comes back, by what came. */
export type AnswerTo = (names: readonly string[], headers: IncomingHttpHeaders) => StandInAnswer;

/** A running stand-in. */
export interface StandIn {
  readonly url: string;
  /** In the order of arrival. */
  readonly requests: readonly ReceivedRequest[];
  /** Requests whose connection was reset before their body was read. */
  readonly unread: number;
  /** Names of the events of the requests that were accepted, in order. */
  accepted(): readonly string[];
  /** Resolves when so many requests have come in. */
  received(count: number): Promise<void>;
}

function onWire(answer: StandInAnswer, { status, body }: Yes): WireAnswer {
  if (answer === 'hang' || answer === 'reset') return { connection: answer };
  if (answer === 'cut off') return { status, body, connection: 'cut' };
  return 'delayed' in answer ? { status: answer.status, body, until: answer.delayed } : answer;
}

/**
 * Closed with the test, which fails if a request broke a rule.
 *
 * @param resets how many requests are reset before their body is read, and count as none
 */
export async function startStandIn(
  context: TestContext,
  { route, readNames, yes }: StandInRules,
  answerTo: AnswerTo,
  resets = 0,
): Promise<StandIn> {
  const requests: ReceivedRequest[] = [];
  const faults: unknown[] = [];

  function take({ method, path, text, headers }: UnjudgedRequest): WireAnswer {
    try {
      assert.equal(`${method} ${path}`, route);
      const names = readNames(text, headers);
      const answer = answerTo(names, headers);
      requests.push({ headers, text, names, answer });
      return onWire(answer, yes);
    } catch (error) {
      faults.push(error);
      return { connection: 'reset' };
    }
  }

  const rules = { judge: () => ({ problems: [], perform: () => yes }), forget: () => {} };
  const server = await listen(rules, { answer: take });
  server.answerNext(...Array.from({ length: resets }, () => ({ connection: 'reset unread' }) as const));
  context.after(async () => {
    await server.close();
    assert.deepEqual(faults, []);
  });
  return {
    url: server.url,
    requests,
    get unread() {
      return server.unread;
    },
    accepted: () =>
      requests.flatMap(({ names, answer }) =>
        typeof answer === 'object' && answer.status === yes.status && !('body' in answer && answer.body !== yes.body)
          ? names
          : [],
      ),
    received: (count) => server.received(count),
  };
}
