// Requests to the stock transformer, and its answers, that are to pass unchanged.

import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { brotliCompressSync, gzipSync } from 'node:zlib';

/** A request and how the upstream answers it. */
export interface Exchange {
  readonly title: string;
  readonly method?: string;
  readonly path?: string;
  readonly headers?: readonly string[];
  readonly body?: () => Buffer | Readable;
  /** How the upstream answers; `ok` by default. */
  readonly answer?: (response: ServerResponse) => void;
  /** The front reads the body before it forwards. */
  readonly read?: boolean;
}

const JSON_BODY = Buffer.from('[{"message":{"type":"track","event":"Order Completed"}}]');
const GZIPPED = gzipSync(JSON_BODY);
const BROTLI = brotliCompressSync(JSON_BODY);

const lengthOf = (body: Buffer) => ['Content-Length', String(body.length)];

/** Requests and answers of every kind that a transformer may get and give. */
export const EXCHANGES: readonly Exchange[] = [
  {
    title: 'a JSON batch',
    path: '/v0/destinations/webhook',
    headers: ['Content-Type', 'application/json', 'X-Content-Format', 'json+compactedv1', ...lengthOf(JSON_BODY)],
    body: () => JSON_BODY,
    answer: (response) => response.writeHead(200, 'OK', ['apiVersion', '2', 'X-Instance-ID', 'worker-1']).end('[]'),
  },
  {
    title: 'a gzip body',
    headers: ['Content-Encoding', 'gzip', ...lengthOf(GZIPPED)],
    body: () => GZIPPED,
  },
  { title: 'a brotli body', headers: ['Content-Encoding', 'br', ...lengthOf(BROTLI)], body: () => BROTLI },
  {
    title: 'a chunked body without a length',
    headers: ['Transfer-Encoding', 'chunked'],
    body: () => Readable.from([JSON_BODY.subarray(0, 5), JSON_BODY.subarray(5)]),
  },
  {
    title: 'repeated and oddly written headers',
    headers: [
      ...[
        'X-Trace',
        'one',
        'X-Trace',
        'two',
        'X-EMPTY',
        '',
        'x-Odd_Name!',
        'caf\u00e9',
        'User-Agent',
        'a',
        'User-Agent',
        'b',
      ],
      ...['Forwarded', 'for=192.0.2.1', 'X-Forwarded-For', '192.0.2.1', ...lengthOf(JSON_BODY)],
    ],
    body: () => JSON_BODY,
  },
  { title: 'a query string', method: 'GET', path: '/transformation/test?a=1&a=2&b=%20+c&d=?/' },
  { title: 'a percent-encoded path', method: 'GET', path: '/a%2Fb/%E2%82%AC/..%2f/./x//y/' },
  { title: 'an empty body', headers: ['Content-Length', '0'] },
  {
    title: 'a HEAD',
    method: 'HEAD',
    answer: (response) => response.writeHead(200, { 'Content-Length': '1234' }).end(),
  },
  { title: 'a PUT', method: 'PUT', headers: lengthOf(JSON_BODY), body: () => JSON_BODY },
  { title: 'a DELETE with a body', method: 'DELETE', headers: lengthOf(JSON_BODY), body: () => JSON_BODY },
  { title: 'a DELETE without a body', method: 'DELETE' },
  {
    title: 'an answer 404',
    answer: (response) =>
      response.writeHead(404, 'No such destination', { 'Content-Type': 'text/plain' }).end('Not Found'),
  },
  { title: 'an answer 500', answer: (response) => response.writeHead(500).end('{"error":"x"}') },
  { title: 'an answer without a body', answer: (response) => response.writeHead(204).end() },
  {
    title: 'a redirect, which is not followed',
    method: 'GET',
    answer: (response) => response.writeHead(302, { Location: 'http://127.0.0.1:1/elsewhere' }).end(),
  },
  {
    title: 'a compressed answer',
    headers: ['Accept-Encoding', 'gzip', 'Content-Length', '0'],
    answer: (response) => response.writeHead(200, ['Content-Encoding', 'gzip', 'Vary', 'Accept-Encoding']).end(GZIPPED),
  },
  {
    title: 'an answer with repeated headers',
    answer: (response) =>
      response
        .writeHead(200, [
          'Set-Cookie',
          'a=1; Path=/',
          'set-cookie',
          'b=2',
          'Vary',
          'Origin',
          'Vary',
          'Accept',
          'X-Rudder-Error-Reason',
          '',
        ])
        .end(),
  },
  {
    title: "the upstream's own wish to be asked again",
    answer: (response) =>
      response
        .writeHead(503, ['X-Rudder-Should-Retry', 'true', 'X-Rudder-Error-Reason', 'draining', 'Retry-After', '3'])
        .end(),
  },
  {
    title: 'a slow answer',
    answer: (response) => {
      response.writeHead(200, ['apiVersion', '2']).write('[');
      setTimeout(() => response.end(']'), 100);
    },
  },
  {
    title: 'a body that was read before',
    path: '/routerTransform',
    headers: ['Content-Encoding', 'gzip', ...lengthOf(GZIPPED)],
    body: () => GZIPPED,
    read: true,
  },
  {
    title: 'a chunked body that was read before',
    path: '/batch',
    headers: ['Transfer-Encoding', 'chunked'],
    body: () => Readable.from([JSON_BODY]),
    read: true,
  },
  { title: 'an empty body that was read before', path: '/batch', headers: ['Content-Length', '0'], read: true },
];
