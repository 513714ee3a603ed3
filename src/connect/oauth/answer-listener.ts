// Listens on this machine for the answer of an authorization server, which a browser brings (RFC 8252, 7.3).

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { codeOf } from '../../base/system-error.js';
import { ConnectError } from '../connection.js';
import { isLoopback } from './app.js';

/** How the listener is used. */
export interface ListenerOptions {
  /** `http://localhost:8888/auth/segment/callback`; the port 0 stands for a free one. */
  readonly redirectUri: string;
  /** Milliseconds to wait for the answer. Default: 5 minutes. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** A listener that runs. */
export interface AnswerListener {
  /** With its port. */
  readonly redirectUri: string;
  /**
   * Waits for the answer. Everything else that is asked meanwhile is refused, and changes nothing.
   *
   * @param isAnswer whether a query is the answer to what was asked
   * @param take makes something of it; what comes of it is told to the person in the browser
   * @throws ConnectError when no answer came, or what `take` throws
   */
  waitFor(
    isAnswer: (query: URLSearchParams) => boolean,
    take: (query: URLSearchParams) => Promise<void>,
  ): Promise<void>;
  close(): Promise<void>;
}

const FIVE_MINUTES_MS = 300_000;

/** Milliseconds for the browser to ask for the page that the answer leads to. */
const LAST_PAGE_MS = 3_000;

/** Where the browser is led to from the answer, so that its query stands in no bar and no `Referer`. */
const DONE = '/done';

/** No script, no frame, nothing from elsewhere; no copy anywhere, and no word of this page to another. */
const HEADERS = {
  'content-type': 'text/plain; charset=utf-8',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
} as const;

function say(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, HEADERS).end(`${text}\n`);
}

/** The addresses that a host of this machine stands for: a browser may take either. */
function hostsOf({ hostname }: URL): readonly string[] {
  if (hostname === 'localhost') return ['127.0.0.1', '::1'];
  return [hostname === '[::1]' ? '::1' : hostname];
}

/** A machine without IPv6 has no `::1`. */
const NO_SUCH_ADDRESS: ReadonlySet<string> = new Set(['EADDRNOTAVAIL', 'EAFNOSUPPORT']);

function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

function cannotListen(url: URL, error: unknown): ConnectError {
  return new ConnectError(
    'refused',
    `Nothing can listen at ${url.host} (${codeOf(error)}). End what does, or add another redirect URI to the app and name it with --redirect-uri.`,
  );
}

async function startAll(url: URL, handle: (request: IncomingMessage, response: ServerResponse) => void) {
  const servers: Server[] = [];
  let port = Number(url.port || 80);
  for (const host of hostsOf(url)) {
    const server = createServer(handle);
    try {
      port = await listen(server, port, host);
      servers.push(server);
    } catch (error) {
      if (servers.length > 0 && NO_SUCH_ADDRESS.has(codeOf(error))) continue;
      await Promise.all(servers.map(stop));
      throw cannotListen(url, error);
    }
  }
  return { servers, port };
}

function stop(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

function readUri(redirectUri: string): URL {
  const url = URL.canParse(redirectUri) ? new URL(redirectUri) : undefined;
  if (url?.protocol === 'http:' && isLoopback(url) && url.pathname !== DONE) return url;
  throw new ConnectError(
    'settings',
    'The redirect URI has to be one of this machine, as in http://localhost:8888/auth/segment/callback. One of the console is answered by its page, and not by this command.',
  );
}

/** @throws ConnectError where it cannot listen there */
export async function listenForAnswer({
  redirectUri,
  timeoutMs = FIVE_MINUTES_MS,
  signal,
}: ListenerOptions): Promise<AnswerListener> {
  const url = readUri(redirectUri);
  let isExpected = (_query: URLSearchParams) => false;
  let outcome: Promise<string> | undefined;
  let onAnswer = (_query: URLSearchParams) => {};
  let onDone = () => {};
  const seen = new Promise<void>((resolve) => {
    onDone = resolve;
  });

  function takeAnswer(query: URLSearchParams, response: ServerResponse): void {
    // A second answer changes nothing: the first is being looked at.
    if (outcome === undefined) {
      if (!isExpected(query)) {
        say(response, 400, 'This is no answer to what was asked here. Nothing was done.');
        return;
      }
      onAnswer(query);
    }
    response.writeHead(303, { ...HEADERS, location: DONE }).end();
  }

  async function tell(response: ServerResponse): Promise<void> {
    say(response, 200, (await outcome) ?? 'Nothing came back yet.');
    if (outcome !== undefined) response.once('close', onDone);
  }

  function handle(request: IncomingMessage, response: ServerResponse): void {
    // A name that leads here only for a page of somebody else's (DNS rebinding) is none of ours.
    const asked = URL.canParse(request.url ?? '', url.origin) ? new URL(request.url ?? '', url.origin) : undefined;
    if (request.headers.host !== url.host || asked?.host !== url.host)
      say(response, 421, 'There is nothing of that name here.');
    else if (request.method !== 'GET') say(response, 405, 'There is nothing to send here.');
    else if (asked.pathname === url.pathname) takeAnswer(asked.searchParams, response);
    else if (asked.pathname === DONE) void tell(response);
    else say(response, 404, 'There is nothing here.');
  }

  const { servers, port } = await startAll(url, handle);
  // A browser leaves the port of the scheme out, and so does the URL.
  url.port = String(port);

  async function answerOf(isAnswer: (query: URLSearchParams) => boolean): Promise<URLSearchParams> {
    let timer: NodeJS.Timeout | undefined;
    let onAbort = () => {};
    try {
      return await new Promise<URLSearchParams>((resolve, reject) => {
        isExpected = isAnswer;
        onAnswer = resolve;
        onAbort = () => reject(new ConnectError('stopped', 'It was ended before somebody allowed it. Run it again.'));
        timer = setTimeout(
          () =>
            reject(new ConnectError('stopped', `No answer came within ${timeoutMs / 60_000} minutes. Run it again.`)),
          timeoutMs,
        );
        if (signal?.aborted) onAbort();
        signal?.addEventListener('abort', onAbort, { once: true });
      });
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      isExpected = () => false;
    }
  }

  return {
    redirectUri: url.href,
    async waitFor(isAnswer, take) {
      let tellOutcome = (_text: string) => {};
      const query = await answerOf((asked) => {
        if (!isAnswer(asked)) return false;
        outcome = new Promise((resolve) => {
          tellOutcome = resolve;
        });
        return true;
      });
      try {
        await take(query);
        tellOutcome('It is allowed. You can close this window, and go on in the terminal.');
      } catch (error) {
        tellOutcome(error instanceof ConnectError ? error.message : 'It failed. The terminal says why.');
        throw error;
      }
    },
    async close() {
      let timer: NodeJS.Timeout | undefined;
      if (outcome !== undefined)
        await Promise.race([
          seen,
          new Promise<void>((resolve) => {
            timer = setTimeout(resolve, LAST_PAGE_MS);
          }),
        ]);
      clearTimeout(timer);
      await Promise.all(servers.map(stop));
    },
  };
}
