// Passes a request on to the first worker, and its answer back.

import { type IncomingMessage, request as requestHttp, type ServerResponse } from 'node:http';
import { PluginError } from '../../base/errors.js';
import { endToEndHeaders } from '../../http/end-to-end-headers.js';
import { endWhenRead } from '../../http/linger.js';
import type { RouteHandler } from '../../http/route.js';
import { PASSED_ON } from './first-worker.js';
import type { WorkerPlace } from './place.js';

const AWAY = 'the worker that answers this is being replaced';

/** Node has answered `Expect` already; and what a worker says of the sender, no sender says. */
const NOT_PASSED_ON: ReadonlySet<string> = new Set(['expect', ...Object.values(PASSED_ON)]);

function headersFor({ rawHeaders, headers, socket }: IncomingMessage, { token }: WorkerPlace): string[] {
  const encoding = headers['transfer-encoding'];
  return [
    ...[PASSED_ON.token, token.reveal()],
    ...[PASSED_ON.address, socket.remoteAddress ?? ''],
    ...[PASSED_ON.port, String(socket.localPort ?? 0)],
    ...endToEndHeaders(rawHeaders)
      .filter(([name]) => !NOT_PASSED_ON.has(name.toLowerCase()))
      .flat(),
    ...(encoding === undefined ? [] : ['Transfer-Encoding', encoding]),
    ...['Connection', 'close'],
  ];
}

function sendAnswer(answer: IncomingMessage, response: ServerResponse): void {
  for (const name of response.getHeaderNames()) response.removeHeader(name);
  response.sendDate = false;
  response.writeHead(answer.statusCode ?? 0, answer.statusMessage ?? '', endToEndHeaders(answer.rawHeaders).flat());
  // What is streamed begins before its first line is there.
  response.flushHeaders();
  answer.pipe(response, { end: false });
}

/** Each request has a connection of its own, which knows whose it is. */
export function createPassOn(place: WorkerPlace): RouteHandler {
  return (request, response) =>
    new Promise((resolve, reject) => {
      const outgoing = requestHttp({
        socketPath: place.address,
        method: request.method,
        path: request.url,
        headers: headersFor(request, place),
        agent: false,
      });
      let isAnswered = false;
      const fail = () => {
        if (isAnswered) return;
        // Half an answer must not pass for a whole one.
        if (response.headersSent) return void response.destroy();
        request.unpipe();
        request.resume();
        reject(new PluginError('OUTBOX_UNAVAILABLE', AWAY));
      };
      outgoing.on('error', fail);
      outgoing.on('response', (answer) => {
        answer.on('error', fail);
        sendAnswer(answer, response);
        answer.on('end', () => {
          // It may come before the body has; the first worker reads no more of that then.
          isAnswered = true;
          request.unpipe(outgoing);
          endWhenRead(response, Buffer.alloc(0));
        });
      });
      response.on('close', () => {
        outgoing.destroy();
        resolve();
      });
      request.pipe(outgoing);
    });
}
