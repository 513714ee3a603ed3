// Stand-ins on loopback for Statsig, Segment and the stock transformer: they take what comes and say so.

import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { serve } from '../../testkit/loopback.js';

/** Headers in which the stock transformer's stand-in tells what it got. */
export const UPSTREAM_HEADERS = { digest: 'x-got-sha256', request: 'x-got-request' } as const;

/** A log_event request with this word is refused, so that there are dead letters. */
export const POISON = 'poison';

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function answerJson(response: ServerResponse, status: number, body: unknown, headers = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

/** Answers with `handle`; a request that breaks off is let go. */
function serveBodies(handle: (request: IncomingMessage, body: Buffer, response: ServerResponse) => void) {
  return serve((request, response) => {
    readBody(request)
      .then((body) => handle(request, body, response))
      .catch(() => response.destroy());
  });
}

const LIST = /^\/console\/v1\/segments\/([^/]+)(\/id_list)?$/;

/** Statsig: events, deletions, and ID lists, of which those exist that somebody made. */
export function serveStatsig() {
  const lists = new Set<string>();
  return serveBodies((request, bytes, response) => {
    const { method, url = '' } = request;
    const [, listId] = LIST.exec(url) ?? [];
    if (url === '/console/v1/segments') {
      const { id } = JSON.parse(bytes.toString());
      lists.add(id);
      answerJson(response, 201, { message: 'made', data: { id, type: 'id_list', idType: 'userID', count: 0 } });
    } else if (listId !== undefined) {
      const data = { id: listId, type: 'id_list', idType: 'userID', count: lists.size };
      answerJson(response, lists.has(listId) ? 200 : 404, { message: method, data });
    } else {
      const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes;
      answerJson(response, body.includes(POISON) ? 400 : 202, { success: !body.includes(POISON) });
    }
  });
}

/** Segment takes every batch. */
export function serveSegment() {
  return serveBodies((_request, _body, response) => answerJson(response, 200, { success: true }));
}

const FEATURES = {
  routerTransform: { BRAZE: true },
  regulations: ['BRAZE'],
  supportSourceTransformV1: true,
  upgradedToSourceTransformV2: true,
};

/** The stock transformer: says what it got, and gives source webhooks as many answers as there are. */
export function serveUpstream() {
  return serveBodies(({ method, url = '' }, body, response) => {
    const headers = {
      [UPSTREAM_HEADERS.digest]: createHash('sha256').update(body).digest('hex'),
      [UPSTREAM_HEADERS.request]: encodeURIComponent(`${method} ${url}`),
    };
    if (url === '/features' && method === 'GET') return answerJson(response, 200, FEATURES);
    let webhooks: unknown;
    try {
      webhooks = JSON.parse(body.toString());
    } catch {
      webhooks = undefined;
    }
    const isSource = /^\/v\d\/sources\//.test(url) && Array.isArray(webhooks);
    const answers =
      isSource && Array.isArray(webhooks)
        ? webhooks.map(() => ({ statusCode: 404, error: 'ROUTE_UNKNOWN: of the upstream' }))
        : {};
    return answerJson(response, 200, answers, headers);
  });
}
