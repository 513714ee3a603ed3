// A stand-in for Statsig's log_event on loopback: answers as the test says, reads every body and remembers it.

import assert from 'node:assert/strict';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { TestContext } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { serve } from './loopback.js';
import { logEventSchema } from './statsig-event-schema.js';

/** What comes back: a status with a body, at once or when `delayed` resolves, or something that is no answer. */
export type StandInAnswer =
  | { readonly status: number; readonly body?: string; readonly headers?: Record<string, string> }
  | { readonly delayed: Promise<void>; readonly status: number }
  | 'hang'
  | 'reset'
  | 'cut off';

const ACCEPTED_BODY = '{"success":true}';

export const ACCEPTED: StandInAnswer = { status: 202, body: ACCEPTED_BODY };

/** One request as it came over the wire. */
export interface ReceivedRequest {
  readonly headers: IncomingHttpHeaders;
  /** After decompression. */
  readonly text: string;
  /** Names of the events, in order. */
  readonly names: readonly string[];
  readonly answer: StandInAnswer;
}

interface LogEventBody {
  readonly events: readonly { readonly eventName: string }[];
}

const ajv = new Ajv({ strict: true, strictTypes: false });
addFormats.default(ajv);
const isLogEventBody = ajv.compile<LogEventBody>(logEventSchema);

async function read(request: IncomingMessage): Promise<{ text: string; body: LogEventBody }> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  const text = (request.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes).toString();
  const body: unknown = JSON.parse(text);
  if (!isLogEventBody(body)) throw new Error(ajv.errorsText(isLogEventBody.errors));
  return { text, body };
}

async function give(answer: StandInAnswer, response: ServerResponse): Promise<void> {
  if (answer === 'hang') return;
  if (answer === 'reset') {
    response.socket?.resetAndDestroy();
    return;
  }
  if (answer === 'cut off') {
    response.writeHead(202, { 'content-length': '100' });
    response.write('{"succ', () => response.destroy());
    return;
  }
  if ('delayed' in answer) {
    await answer.delayed;
    response.writeHead(answer.status).end(ACCEPTED_BODY);
    return;
  }
  response.writeHead(answer.status, answer.headers).end(answer.body ?? '');
}

/** Closed with the test, which fails if a body was not Statsig's. */
export async function serveLogEvent(
  context: TestContext,
  answerTo: (names: readonly string[], headers: IncomingHttpHeaders) => StandInAnswer,
) {
  const requests: ReceivedRequest[] = [];
  const faults: unknown[] = [];
  let onRequest = () => {};
  const server = await serve((request, response) => {
    read(request)
      .then(({ text, body }) => {
        assert.equal(`${request.method} ${request.url}`, 'POST /v1/log_event');
        const names = body.events.map(({ eventName }) => eventName);
        assert.equal(request.headers['statsig-event-count'], String(names.length));
        const answer = answerTo(names, request.headers);
        requests.push({ headers: request.headers, text, names, answer });
        onRequest();
        return give(answer, response);
      })
      .catch((error: unknown) => {
        faults.push(error);
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
    /** Names of the events of the requests that were accepted, in order. */
    accepted: () =>
      requests.flatMap(({ names, answer }) =>
        typeof answer === 'object' && answer.status === 202 && !('body' in answer && answer.body !== ACCEPTED_BODY)
          ? names
          : [],
      ),
    /** Resolves when so many requests have come in. */
    async received(count: number): Promise<void> {
      while (requests.length < count) {
        await new Promise<void>((resolve) => {
          onRequest = resolve;
        });
      }
    },
  };
}
