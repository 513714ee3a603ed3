// A target on loopback that repeats what it was sent, keys and all, in whatever it answers.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { createGunzip } from 'node:zlib';
import { serve } from './loopback.js';

/** How a request is repeated: as it came, as JSON, as a query, or so late that the reader's limit of 4096 characters cuts it. */
type Style = 'plain' | 'json' | 'query' | 'cut';

/** What becomes of a request, by the first two parts of its path. */
export const FATES = [
  'accept/plain',
  'accept/json',
  'page/json',
  '302/plain',
  '400/plain',
  '401/json',
  '403/query',
  '404/cut',
  '413/json',
  '429/plain',
  '500/json',
  '503/query',
  'reset/plain',
  'break/json',
  'hang/plain',
] as const;

/** A key may begin at any place; the longest piece of it that fits before the limit has 20 characters. */
const CUT_AT = 4096 - 20;

function write(head: readonly (readonly [string, string])[], body: string, style: Style): string {
  const { authorization = '', 'statsig-api-key': key = '' } = Object.fromEntries(head);
  const [, basic = ''] = /^Basic (\S+)$/.exec(authorization) ?? [];
  const told = [key, authorization, Buffer.from(basic, 'base64').toString('utf8')].filter((value) => value !== '');
  if (style === 'plain') return `refused: ${told.join(' ')} ${body}`;
  if (style === 'json') return JSON.stringify({ refused: told, head, body });
  if (style === 'query') return `refused?${told.map(encodeURIComponent).join('&')}`;
  return `${' '.repeat(CUT_AT)}${told[0] ?? body}`;
}

async function readBody(request: IncomingMessage): Promise<string> {
  return text(request.headers['content-encoding'] === 'gzip' ? request.pipe(createGunzip()) : request);
}

function isStyle(style: string): style is Style {
  return ['plain', 'json', 'query', 'cut'].includes(style);
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const [, fate = '', style = ''] = (request.url ?? '').split('/');
  const body = await readBody(request);
  const head = Object.entries(request.headers).map(([name, value]) => [name, String(value)] as const);
  const echo = write(head, body, isStyle(style) ? style : 'plain');
  if (fate === 'hang') return;
  if (fate === 'reset') {
    request.socket.resetAndDestroy();
    return;
  }
  if (fate === 'break') {
    response.writeHead(200, { 'content-length': String(echo.length + 1) });
    response.write(echo, () => response.destroy());
    return;
  }
  if (fate === 'page') response.writeHead(200).end(`<html>${echo}`);
  else if (fate === 'accept') response.writeHead(202).end(`{"success":true,"echo":${JSON.stringify(echo)}}`);
  else {
    const key = String(request.headers['statsig-api-key'] ?? request.headers.authorization);
    response
      .writeHead(Number(fate), 'refused', { 'retry-after': key, location: `/${encodeURIComponent(key)}` })
      .end(echo);
  }
}

/** All of them. */
export interface Echoes {
  /** `${urlOf(fate)}/${fate}` is the base URL of one that answers as the fate says. */
  urlOf(fate: (typeof FATES)[number]): string;
  close(): Promise<void>;
}

/** Starts one for each fate: of a host that does not answer nothing is asked for a while. */
export async function serveEchoes(): Promise<Echoes> {
  const start = async (fate: (typeof FATES)[number]) =>
    [fate, await serve((request, response) => void answer(request, response).catch(() => response.destroy()))] as const;
  const servers = new Map(await Promise.all(FATES.map(start)));
  return {
    urlOf: (fate) => servers.get(fate)?.url ?? '',
    async close() {
      await Promise.all([...servers.values()].map((server) => server.close()));
    },
  };
}
