// What every stand-in is: a real HTTP server on loopback that holds what came, says which published rules it broke, and answers faults on order.

import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib';
import { parseJson } from '../../base/json.js';
import { messageOf } from '../../base/system-error.js';
import type { EpochMs } from '../../base/time.js';

/** One request as it came over the wire. */
export interface StandInRequest {
  readonly at: EpochMs;
  readonly method: string;
  /** With the query. */
  readonly path: string;
  /** Names in lower case, as Node gives them. */
  readonly headers: IncomingHttpHeaders;
  /** The body after decompression (gzip, deflate, br). */
  readonly text: string;
  /** The body as JSON; `undefined` where it is none. */
  readonly body: unknown;
  /** Which of the published rules it breaks, a sentence each. */
  readonly problems: readonly string[];
  /** The status of the answer; `undefined` while there is none, and where none came. */
  readonly status: number | undefined;
}

/** What comes back in place of the stand-in's own answer. */
export interface StandInAnswer {
  /** Without it the stand-in does what it is asked for and answers itself, late or half where the rest says so. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Objects are written as JSON. */
  readonly body?: string | Buffer | object;
  /** Milliseconds before the answer. */
  readonly delayMs?: number;
  /** The answer waits for it. */
  readonly until?: Promise<unknown>;
  /**
   * What becomes of the connection: it is reset in place of an answer, it is left open without one, or it ends within the body of the answer. `reset unread` resets it before
   * the body is read; such a request is counted in `unread` alone, and only `answerNext` can ask for it.
   */
  readonly connection?: 'reset' | 'hang' | 'cut' | 'reset unread';
  /** Whether the stand-in does what it is asked for (takes the events, changes the list). Default: only where no `status` is given. */
  readonly performs?: boolean;
}

/** Says what comes back; `undefined` leaves it to the stand-in. */
export type DecideAnswer = (request: StandInRequest) => StandInAnswer | undefined | Promise<StandInAnswer | undefined>;

/** Where a stand-in listens, and what it answers. */
export interface StandInOptions {
  /** Default: a free one. */
  readonly port?: number;
  /** Default: 127.0.0.1. */
  readonly host?: string;
  /** As `answerBy`. */
  readonly answer?: DecideAnswer;
}

/** A running stand-in. */
export interface StandIn {
  /** Without a slash at its end. */
  readonly url: string;
  /** In the order of arrival. */
  readonly requests: readonly StandInRequest[];
  /** Requests whose connection was reset before they were read. */
  readonly unread: number;
  /** What all requests broke of the published rules, with method and path before it. */
  readonly problems: readonly string[];
  /** Orders answers for the next requests, one each. */
  answerNext(...answers: readonly StandInAnswer[]): void;
  /** Decides on every request for which none is ordered; without an argument the stand-in answers itself again. */
  answerBy(decide?: DecideAnswer): void;
  /** Resolves when so many requests have come in. @throws the reason of the signal, once it is aborted */
  received(count: number, signal?: AbortSignal): Promise<void>;
  /** Forgets what came and what is ordered. */
  clear(): void;
  /** Stops listening and ends all connections. */
  close(): Promise<void>;
}

/** An answer of the stand-in itself. */
export interface OwnAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string | object;
}

/** What a stand-in says of a request. */
export interface Judgement {
  /** Rules that it breaks. */
  readonly problems: readonly string[];
  /** Does what is asked for, unless a rule that it breaks forbids that, and says what is answered. */
  readonly perform: () => OwnAnswer;
}

/** A request that no rule was held against yet. */
export type UnjudgedRequest = Omit<StandInRequest, 'problems' | 'status'>;

/** Whom a stand-in stands in for. */
export interface StandInRules {
  /** Called once for each request that came whole. */
  readonly judge: (request: UnjudgedRequest) => Judgement;
  /** Forgets what came. */
  readonly forget: () => void;
}

type Heard = { -readonly [Name in keyof StandInRequest]: StandInRequest[Name] };

const DECOMPRESS: Readonly<Record<string, (bytes: Buffer) => Buffer>> = {
  gzip: gunzipSync,
  deflate: inflateSync,
  br: brotliDecompressSync,
};

/** The text of a body. What cannot be decompressed has none. */
async function readText(incoming: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  const encoding = incoming.headers['content-encoding'];
  const decompress = encoding === undefined ? undefined : DECOMPRESS[encoding];
  try {
    return (decompress === undefined ? bytes : decompress(bytes)).toString();
  } catch {
    return undefined;
  }
}

function bytesOf(body: StandInAnswer['body'] = ''): Buffer {
  if (Buffer.isBuffer(body)) return body;
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
}

/** Some clients wait for an answer as long as the connection is open. */
function write(response: ServerResponse, { status = 200, headers = {}, body, connection }: StandInAnswer): void {
  const bytes = bytesOf(body);
  const json = typeof body === 'object' && !Buffer.isBuffer(body) ? { 'content-type': 'application/json' } : {};
  if (connection !== 'cut') {
    response.writeHead(status, { ...json, ...headers }).end(bytes);
    return;
  }
  response.writeHead(status, { ...json, ...headers, 'content-length': String(bytes.length + 1) });
  response.write(bytes.subarray(0, Math.ceil(bytes.length / 2)), () => response.destroy());
}

/** Starts a server that holds requests against rules. @throws the system's error where it cannot listen */
export async function startStandIn(
  { judge, forget }: StandInRules,
  { port = 0, host = '127.0.0.1', answer }: StandInOptions,
): Promise<StandIn> {
  const requests: Heard[] = [];
  const ordered: StandInAnswer[] = [];
  const waiting = new Set<() => void>();
  let decide = answer;
  let unread = 0;

  async function hear(incoming: IncomingMessage): Promise<{ heard: Heard; perform: Judgement['perform'] }> {
    const { method = '', url = '', headers } = incoming;
    const read = await readText(incoming);
    const text = read ?? '';
    const unjudged = { at: Date.now(), method, path: url, headers, text, body: parseJson(text, false) };
    const { problems: found, perform } = judge(unjudged);
    const problems = read === undefined ? ['the body is not compressed as its Content-Encoding says', ...found] : found;
    return { heard: { ...unjudged, problems, status: undefined }, perform };
  }

  async function handle(
    incoming: IncomingMessage,
    response: ServerResponse,
    order: StandInAnswer | undefined,
  ): Promise<void> {
    const { heard, perform } = await hear(incoming);
    requests.push(heard);
    for (const look of waiting) look();
    const given = order ?? (await decide?.(heard)) ?? {};
    const { delayMs = 0, until, connection, performs = given.status === undefined } = given;
    const own = performs ? perform() : { status: 200, body: '' };
    if (delayMs > 0) await sleep(delayMs);
    await until;
    if (connection === 'hang') return;
    if (connection === 'reset') {
      incoming.socket.resetAndDestroy();
      return;
    }
    const final = { ...own, ...given };
    heard.status = final.status;
    write(response, final);
  }

  const server = createServer((incoming, response) => {
    const order = ordered.shift();
    if (order?.connection === 'reset unread') {
      unread += 1;
      incoming.socket.resetAndDestroy();
      return;
    }
    handle(incoming, response, order).catch((error: unknown) => {
      // A sender that went away half-way broke no rule.
      if (incoming.complete) response.writeHead(500).end(messageOf(error));
      else response.destroy();
    });
  });
  server.listen(port, host);
  await once(server, 'listening');
  const address = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${address.port}`,
    requests,
    get unread() {
      return unread;
    },
    get problems() {
      return requests.flatMap(({ method, path, problems }) => problems.map((each) => `${method} ${path}: ${each}`));
    },
    answerNext(...answers) {
      ordered.push(...answers);
    },
    answerBy(next) {
      decide = next;
    },
    received: (count, signal) =>
      new Promise<void>((resolve, reject) => {
        const stop = () => {
          waiting.delete(look);
          signal?.removeEventListener('abort', giveUp);
        };
        const giveUp = () => {
          stop();
          reject(signal?.reason);
        };
        const look = () => {
          if (requests.length < count) return;
          stop();
          resolve();
        };
        if (signal?.aborted === true) giveUp();
        waiting.add(look);
        signal?.addEventListener('abort', giveUp);
        look();
      }),
    clear() {
      requests.length = 0;
      ordered.length = 0;
      unread = 0;
      forget();
    },
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
