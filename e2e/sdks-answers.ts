// What each SDK does with an answer: a server gives it to an event for a minute and a half, and counts how often the SDK asks.

import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { freePort } from '../testkit/free-port.js';
import type { Resources } from './resources.js';
import type { FoundSdk } from './sdks-clients.js';
import { type Sender, startSender } from './sdks-sender.js';

/** Longer than Go's SDKs try, and shorter than the patience of a sender. */
const GIVEN_MS = 85_000;

const BYTES = 1_024;

/** What the server does with each request. */
export interface Answer {
  readonly name: string;
  /** Without one no server is there. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The answers of the Tracking API, and none. */
export const ANSWERS: readonly Answer[] = [
  ...[400, 401, 413, 503].map((status) => ({ name: String(status), status })),
  { name: '429 with Retry-After: 2', status: 429, headers: { 'Retry-After': '2' } },
  { name: 'connection refused' },
];

/** What an SDK did. */
export interface Reaction {
  readonly sdk: FoundSdk;
  /** Requests; 0 where nothing listened that could count them. */
  readonly requests: number;
  /** Seconds from the first request, or where there is none from the start of the program, to the last, or to its failure. */
  readonly seconds: number;
  /** The reason with which it gave up; `undefined` while it tries. */
  readonly failure: string | undefined;
}

interface Watched {
  readonly sdk: FoundSdk;
  readonly sender: Sender;
  readonly started: number;
  /** When requests came. */
  readonly times: readonly number[];
  /** When it gave up. */
  readonly reported: () => number | undefined;
}

async function listen(answer: Answer, times: number[], resources: Resources): Promise<string> {
  if (answer.status === undefined) return `http://127.0.0.1:${await freePort()}`;
  const { status, headers = {} } = answer;
  const server: Server = createServer((request, response) => {
    times.push(performance.now());
    request.resume().on('end', () => {
      response.writeHead(status, { 'Content-Type': 'application/json', ...headers });
      response.end('{"success":false,"code":"TRIED","message":"a test"}');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  resources.add(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function watch(sdk: FoundSdk, answer: Answer, resources: Resources): Promise<Watched> {
  const times: number[] = [];
  const sender = startSender(sdk, await listen(answer, times, resources), sdk.id);
  resources.add(() => sender.kill());
  sender.track(`${sdk.id}/answered`, BYTES);
  sender.flush();
  let reported: number | undefined;
  const timer = setInterval(() => {
    if (sender.failed.size > 0) reported ??= performance.now();
  }, 50);
  resources.add(() => clearInterval(timer));
  return { sdk, sender, started: performance.now(), times, reported: () => reported };
}

function reactionOf({ sdk, sender, started, times, reported }: Watched): Reaction {
  const [failure] = sender.failed.values();
  const last = times.at(-1) ?? reported() ?? performance.now();
  return { sdk, requests: times.length, seconds: (last - (times[0] ?? started)) / 1_000, failure };
}

/** Gives the answer to one event of each SDK. */
export async function tryAnswer(
  sdks: readonly FoundSdk[],
  answer: Answer,
  resources: Resources,
): Promise<readonly Reaction[]> {
  const watched = await Promise.all(sdks.map((sdk) => watch(sdk, answer, resources)));
  const ends = Promise.all(watched.map(({ sender }) => sender.end()));
  let timer: NodeJS.Timeout | undefined;
  await Promise.race([
    ends,
    new Promise((resolve) => {
      timer = setTimeout(resolve, GIVEN_MS);
    }),
  ]);
  clearTimeout(timer);
  return watched.map(reactionOf);
}
