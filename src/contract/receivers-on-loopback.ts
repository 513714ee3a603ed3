// Everybody whom a plugin calls, as stand-ins that ask a desk what to answer.

import type { CallDesk } from './call-desk.js';
import type { FixtureReply, Receiver } from './fixture.js';
import { createSegmentStandIn } from './stand-ins/segment-stand-in.js';
import type { StandIn, StandInAnswer, StandInOptions } from './stand-ins/stand-in.js';
import { createStatsigStandIn } from './stand-ins/statsig-stand-in.js';
import { createUpstreamStandIn } from './stand-ins/upstream-stand-in.js';
import type { ReceiverUrls } from './values.js';

/** Where the stand-ins listen. */
export interface ReceiversOptions {
  /** Default: 127.0.0.1. */
  readonly host?: string;
  /** Of the first one; the others follow. Default: free ones. */
  readonly port?: number;
  /** The name under which the plugin finds the host. Default: the host. */
  readonly reachedAs?: string;
}

/** Running stand-ins. */
export interface OpenReceivers {
  readonly urls: ReceiverUrls;
  /** How many requests came to each. */
  counts(): Readonly<Record<Receiver, number>>;
  close(): Promise<void>;
}

const CREATE: Readonly<Record<Receiver, (options: StandInOptions) => Promise<StandIn>>> = {
  statsig: createStatsigStandIn,
  console: createStatsigStandIn,
  segment: createSegmentStandIn,
  rudderstack: (options) => createSegmentStandIn({ ...options, as: 'rudderstack' }),
  upstream: createUpstreamStandIn,
};

function asAnswer({ status = 200, headers, body, bodyString, afterMs, reset }: FixtureReply): StandInAnswer {
  const isJson = body !== undefined;
  return {
    status,
    headers: { ...(isJson && { 'content-type': 'application/json' }), ...headers },
    body: isJson ? JSON.stringify(body) : (bodyString ?? ''),
    ...(afterMs !== undefined && { delayMs: afterMs }),
    ...(reset && { connection: 'reset' }),
  };
}

function withHost(url: string, host: string | undefined): string {
  if (host === undefined) return url;
  const { port } = new URL(url);
  return `http://${host}:${port}`;
}

/** Starts a stand-in for each receiver; the desk answers. @throws the system's error where one cannot listen */
export async function openReceivers(
  desk: CallDesk,
  { host, port, reachedAs }: ReceiversOptions = {},
): Promise<OpenReceivers> {
  const open = new Map<Receiver, StandIn>();
  const urls = new Map<Receiver, string>();
  for (const [index, [to, create]] of (Object.entries(CREATE) as [Receiver, (typeof CREATE)[Receiver]][]).entries()) {
    const standIn = await create({
      ...(host !== undefined && { host }),
      ...(port !== undefined && { port: port + index }),
      answer: ({ method, path, headers: sent, text, problems }) =>
        asAnswer(desk.take(to, { method, path, headers: sent, text, problems })),
    });
    open.set(to, standIn);
    urls.set(to, withHost(standIn.url, reachedAs));
  }
  return {
    urls: Object.fromEntries(urls) as ReceiverUrls,
    counts: () =>
      Object.fromEntries([...open].map(([to, { requests }]) => [to, requests.length])) as Record<Receiver, number>,
    async close() {
      await Promise.all([...open.values()].map((standIn) => standIn.close()));
    },
  };
}
