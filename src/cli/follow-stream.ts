// Follows the live log of a process over as many connections as it takes, without losing a line unsaid.

import { setTimeout as sleep } from 'node:timers/promises';
import { parseJson } from '../base/json.js';
import { hostOf } from '../call/http-request.js';
import { isJsonObject } from '../model/segment-event.js';
import type { LiveEntry, LiveGap, LiveHello } from '../operate/live/shapes.js';
import { declaredRoute } from '../settings/declared-route.js';
import { EventStreamReader } from './event-stream.js';
import { CommandError, foreignAnswer, type RunningProcess } from './running-process.js';

/** What is told while it is followed. */
export interface Followed {
  /** @returns false where no more is wanted */
  entries(entries: readonly LiveEntry[]): Promise<boolean>;
  /** A sentence for people. */
  notice(text: string): void;
  /** Told with each connection: what comes from now on is seen. */
  connected?(): void;
}

/** How it is followed. Times in milliseconds. */
export interface FollowOptions {
  readonly query: URLSearchParams;
  /** Ends it. */
  readonly signal: AbortSignal;
  /** Between two tries to connect: the first, which doubles, up to the second. */
  readonly pauseMs?: readonly [number, number];
  /** So long a connection may be silent: the process says something every fifteen seconds. */
  readonly silenceMs?: number;
}

/** Why it ended. */
export type FollowEnd = 'stopped' | 'enough' | 'off';

/** What of a place in a stream outlives its connection. */
interface Place {
  lastId: string | undefined;
  wasConnected: boolean;
}

const UNKNOWN_WORKSPACE =
  'No settings document has the id that --workspace names: what comes from now on may be nothing.';

function describeGap({ reason, missed }: LiveGap): string {
  switch (reason) {
    case 'restart':
      return 'Gap: the process has started anew; what came in between is not known.';
    case 'slow':
      return `Gap: ${missed} entries are gone, newer ones have taken their place.`;
    case 'rate':
      return `Gap: ${missed} entries are not shown, more came than are kept.`;
  }
}

function isEntries(value: unknown): value is readonly LiveEntry[] {
  return Array.isArray(value) && value.every((each) => isJsonObject(each) && typeof each.id === 'string');
}

/** Reads one connection to its end. */
async function readConnection(
  peer: RunningProcess,
  body: AsyncIterable<Uint8Array>,
  place: Place,
  followed: Followed,
  alive: () => void,
): Promise<'ended' | 'enough' | 'off'> {
  const reader = new EventStreamReader();
  const decoder = new TextDecoder();
  for await (const bytes of body) {
    alive();
    for (const { event, data, id } of reader.read(decoder.decode(bytes, { stream: true }))) {
      const value = parseJson(data);
      if (event === 'hello' && (value as LiveHello).state === 'off') return 'off';
      if (event === 'hello' && (value as LiveHello).isWorkspaceUnknown === true) followed.notice(UNKNOWN_WORKSPACE);
      if (event === 'gap') followed.notice(describeGap(value as LiveGap));
      if (event === 'entries') {
        if (!isEntries(value)) throw foreignAnswer(peer);
        if (!(await followed.entries(value))) return 'enough';
      }
      // Only now: what was not printed is asked for again.
      place.lastId = id;
    }
  }
  return 'ended';
}

/** @throws CommandError where the process refuses, or is none */
async function connect(
  peer: RunningProcess,
  { query }: FollowOptions,
  { lastId }: Place,
  signal: AbortSignal,
): Promise<Response> {
  const path = declaredRoute('operations', 'liveStream')?.path ?? '';
  const headers = { authorization: `Bearer ${peer.token}`, ...(lastId !== undefined && { 'last-event-id': lastId }) };
  // Not by `callHttp`, which waits for the end of an answer.
  const response = await fetch(`${peer.url}${path}?${query}`, { headers, signal, redirect: 'manual' });
  if (response.headers.get('content-type')?.startsWith('text/event-stream') === true) return response;
  const answer = parseJson(await response.text());
  const said = isJsonObject(answer) && typeof answer.message === 'string' ? answer.message : undefined;
  // It stops, or has its streams full: both pass.
  if (response.status === 503 && said !== undefined) throw new Error(said);
  throw said === undefined ? foreignAnswer(peer) : new CommandError(said);
}

/**
 * Follows until it is to stop, enough was seen, or the process keeps no live log. A connection that breaks is made anew and goes on where it was.
 *
 * @throws CommandError where the process refuses, or was never there
 */
export async function followStream(
  peer: RunningProcess,
  options: FollowOptions,
  followed: Followed,
): Promise<FollowEnd> {
  const { signal, pauseMs: [first, longest] = [500, 10_000], silenceMs = 60_000 } = options;
  const place: Place = { lastId: undefined, wasConnected: false };
  const where = URL.canParse(peer.url) ? hostOf(peer.url) : peer.url;
  let pause = first;
  let isTold = false;
  while (!signal.aborted) {
    const silence = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    const alive = () => {
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), silenceMs);
    };
    try {
      alive();
      const response = await connect(peer, options, place, AbortSignal.any([signal, silence.signal]));
      followed.notice(`Connected to ${where}.`);
      followed.connected?.();
      place.wasConnected = true;
      isTold = false;
      pause = first;
      if (response.body === null) throw foreignAnswer(peer);
      const end = await readConnection(peer, response.body, place, followed, alive);
      if (end !== 'ended') return end;
    } catch (error) {
      if (error instanceof CommandError) throw error;
      if (!signal.aborted && !place.wasConnected) throw new CommandError(`No statsig-cdp answers at ${where}.`);
    } finally {
      clearTimeout(timer);
      silence.abort();
    }
    if (signal.aborted) break;
    if (!isTold) followed.notice(`The connection to ${where} ended: trying again.`);
    isTold = true;
    await sleep(pause, undefined, { signal }).catch(() => {});
    pause = Math.min(2 * pause, longest);
  }
  return 'stopped';
}
