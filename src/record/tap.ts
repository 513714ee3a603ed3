// Stands between two programs: passes requests and responses on as they come, and keeps a copy of those that are no longer than a limit.

import { once } from 'node:events';
import {
  type ClientRequest,
  createServer,
  type Agent as HttpAgent,
  type IncomingMessage,
  Agent as PlainAgent,
  request as requestHttp,
  type ServerResponse,
} from 'node:http';
import { request as requestHttps, Agent as TlsAgent } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { CopiedBody, type HeldCopies } from './copied-body.js';
import type { SeenExchange } from './exchange.js';

/** Headers that are about one connection (RFC 9110, 7.6.1). How the end of a body is told is passed on: it may be what is looked for. */
const OF_ONE_CONNECTION: ReadonlySet<string> = new Set([
  ...['connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'upgrade'],
]);

/** Why an exchange was not kept. */
export type Unkept = 'broken off' | 'too large';

/** Gets what becomes of one request: one of the two. */
export interface Watcher {
  /** It was answered, and all of both has passed. */
  readonly kept: (seen: SeenExchange) => void;
  readonly unkept: (why: Unkept) => void;
}

/** Where a tap listens, and where to. */
export interface TapOptions {
  /** Address that requests go on to: `http://127.0.0.1:9090`, `https://events.statsigapi.net`. A path of it stands before theirs. */
  readonly to: string;
  /** 0 for a free one. */
  readonly port: number;
  /** A request began to arrive; it goes on when this resolves. */
  readonly watch: () => Promise<Watcher> | Watcher;
}

/** A running tap. */
export interface Tap {
  readonly url: string;
  /** Takes no more connections, and ends those that are there. */
  readonly close: () => Promise<void>;
}

/** Headers as they go on: without those of the connection, but its end. */
function headersToPass(raw: readonly string[], host?: string): string[] {
  const passed: string[] = [];
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const [name = '', value = ''] = raw.slice(at, at + 2);
    const lower = name.toLowerCase();
    if (lower === 'connection' && value.toLowerCase() === 'close') passed.push(name, value);
    if (!OF_ONE_CONNECTION.has(lower)) passed.push(name, lower === 'host' && host !== undefined ? host : value);
  }
  return passed;
}

/** Node would announce chunks for a request of these methods that has no body. */
const MAY_HAVE_A_BODY = /^(?:POST|PUT|PATCH)$/;

/** One request on its way, and what is seen of it. */
class Passage {
  readonly #incoming: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #watcher: Watcher;
  readonly #copies: { readonly request: CopiedBody; readonly response: CopiedBody };
  #isOver = false;

  constructor(incoming: IncomingMessage, response: ServerResponse, watcher: Watcher, held: HeldCopies) {
    this.#incoming = incoming;
    this.#response = response;
    this.#watcher = watcher;
    this.#copies = { request: new CopiedBody(held), response: new CopiedBody(held) };
  }

  begin(outgoing: ClientRequest): void {
    const incoming = this.#incoming;
    incoming.on('data', (chunk: Buffer) => this.#copies.request.add(chunk));
    incoming.on('error', () => outgoing.destroy());
    incoming.pipe(outgoing);
    let isAnswered = false;
    outgoing.on('response', (answer) => {
      isAnswered = true;
      this.#passBack(answer);
    });
    outgoing.on('error', () => {
      // Who answers early may close before all of the request has come: the answer counts.
      incoming.unpipe(outgoing).resume();
      if (!isAnswered) this.#breakOff();
    });
    this.#response.on('close', () => {
      if (this.#response.writableFinished) return;
      this.#breakOff();
      outgoing.destroy();
    });
  }

  #passBack(answer: IncomingMessage): void {
    const { statusCode: status = 0, statusMessage = '', rawHeaders } = answer;
    const response = this.#response;
    response.sendDate = false;
    response.writeHead(status, statusMessage, headersToPass(rawHeaders));
    answer.on('data', (chunk: Buffer) => this.#copies.response.add(chunk));
    answer.on('error', () => this.#breakOff());
    answer.on('end', () => this.#end(status, rawHeaders));
    answer.pipe(response);
  }

  #end(status: number, rawHeaders: readonly string[]): void {
    if (this.#isOver) return;
    const { method = 'GET', url: path = '/', complete, rawHeaders: asked } = this.#incoming;
    const request = { rawHeaders: asked, bytes: this.#copies.request.take() };
    const response = { status, rawHeaders, bytes: this.#copies.response.take() };
    this.#isOver = true;
    if (!complete) this.#watcher.unkept('broken off');
    else if (request.bytes === undefined || response.bytes === undefined) this.#watcher.unkept('too large');
    else this.#watcher.kept({ method, path, request, response });
  }

  /** One of both sides is gone: the other sees it as if nothing stood between. */
  #breakOff(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#copies.request.drop();
    this.#copies.response.drop();
    this.#response.destroy();
    this.#watcher.unkept('broken off');
  }
}

/**
 * Listens on this machine alone. Each connection has one of its own to the other side, and they end together: so a sender sees what it would see without it.
 * `Host` is changed to the name that is asked unless that is on this machine: the plugin names its own address by what it was asked for.
 *
 * @throws the system's error when the port is taken; TypeError when `to` is no address
 */
export async function startTap(options: TapOptions): Promise<Tap> {
  const target = new URL(options.to);
  const isTls = target.protocol === 'https:';
  const isHere = /^(?:127\.|localhost$|\[::1\])/.test(target.hostname);
  const prefix = target.pathname.replace(/(?<!\/)\/+$/, '');
  const held: HeldCopies = { bytes: 0 };
  const agents = new Map<Socket, HttpAgent>();
  const joined = new WeakSet<Socket>();

  /** The connection beyond, which ends the one on this side when it ends. */
  function agentFor(socket: Socket): HttpAgent {
    const known = agents.get(socket);
    if (known !== undefined) return known;
    const agent = new (isTls ? TlsAgent : PlainAgent)({ keepAlive: true, maxSockets: 1 });
    agents.set(socket, agent);
    socket.on('close', () => {
      agents.delete(socket);
      agent.destroy();
    });
    return agent;
  }

  async function pass(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const watcher = await options.watch();
    const { method = 'GET', url: path = '/', rawHeaders, headers, socket } = incoming;
    const passage = new Passage(incoming, response, watcher, held);
    const passed = headersToPass(rawHeaders, isHere ? undefined : target.host);
    // HTTP/1.0 needs none, and what goes on is HTTP/1.1.
    if (headers.host === undefined) passed.push('Host', target.host);
    const hasBody = headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined;
    if (!hasBody && MAY_HAVE_A_BODY.test(method)) passed.push('Content-Length', '0');
    const outgoing = (isTls ? requestHttps : requestHttp)({
      host: target.hostname.replace(/^\[(.*)\]$/, '$1'),
      port: target.port || (isTls ? 443 : 80),
      method,
      path: prefix + path,
      headers: passed,
      agent: agentFor(socket),
    });
    outgoing.on('socket', (beyond) => {
      if (joined.has(beyond)) return;
      joined.add(beyond);
      beyond.on('close', () => socket.end());
    });
    passage.begin(outgoing);
    // The sender may have left while it waited.
    if (socket.destroyed) outgoing.destroy(new Error('the sender is gone'));
  }

  const server = createServer({ requestTimeout: 0, headersTimeout: 0, keepAliveTimeout: 0 }, pass);
  server.listen(options.port, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
