// A stand-in on loopback for a place that events are delivered to: answers as the test says, reads every body and remembers it.

import assert from 'node:assert/strict';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { TestContext } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { serve } from './loopback.js';

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

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  return (request.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes).toString();
}

async function give(answer: StandInAnswer, response: ServerResponse, yes: string): Promise<void> {
  if (answer === 'hang') return;
  if (answer === 'reset') {
    response.socket?.resetAndDestroy();
    return;
  }
  if (answer === 'cut off') {
    response.writeHead(202, { 'content-length': '100' });
    response.write(yes.slice(0, 6), () => response.destroy());
    return;
  }
  if ('delayed' in answer) {
    await answer.delayed;
    response.writeHead(answer.status).end(yes);
    return;
  }
  response.writeHead(answer.status, answer.headers).end(answer.body ?? '');
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
  let unread = 0;
  let onRequest = () => {};

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const text = await readText(request);
    assert.equal(`${request.method} ${request.url}`, route);
    const { headers } = request;
    const names = readNames(text, headers);
    const answer = answerTo(names, headers);
    requests.push({ headers, text, names, answer });
    onRequest();
    await give(answer, response, yes.body);
  }

  const server = await serve((request, response) => {
    if (unread < resets) {
      unread += 1;
      request.socket.resetAndDestroy();
      return;
    }
    handle(request, response).catch((error: unknown) => {
      // A sender that went away half-way broke no rule.
      if (request.complete) faults.push(error);
      response.destroy();
    });
  });
  context.after(async () => {
    await server.close();
    assert.deepEqual(faults, []);
  });
  return {
    url: server.url,
    requests,
    get unread() {
      return unread;
    },
    accepted: () =>
      requests.flatMap(({ names, answer }) =>
        typeof answer === 'object' && answer.status === yes.status && !('body' in answer && answer.body !== yes.body)
          ? names
          : [],
      ),
    async received(count) {
      while (requests.length < count) {
        await new Promise<void>((resolve) => {
          onRequest = resolve;
        });
      }
    },
  };
}
