// The senders of the torture: each pushes its users' events in order and, as SDKs do, the same again until it gets a 2xx.

import { createHmac } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bell } from './bell.js';
import type { Random } from './random.js';
import { type PushedEvent, toSegmentEvent, UserEvents } from './torture-events.js';

/** One workspace of the torture, as its settings document has it. */
export interface TortureLane {
  readonly id: string;
  readonly secretKey: string;
  readonly writeKey: string;
  readonly sharedSecret: string;
}

/** How a sender pushes. */
const WAYS = ['batch', 'single', 'webhook'] as const;
export type Way = (typeof WAYS)[number];

/** What the senders have done. */
export interface SenderLog {
  /** Events whose push was answered 2xx. */
  readonly accepted: PushedEvent[];
  readonly calls: Record<Way, number>;
  /** Pushes that had to be sent again. */
  repeats: number;
  /** Events that were answered as stored before: an earlier push had reached the disk, but not its answer the sender. */
  duplicates: number;
  /** Answers that no sender may get. */
  readonly faults: string[];
}

const PUSH_TIMEOUT_MS = 5_000;
const USERS_PER_SENDER = 3;

/** How often the answer to a push is lost on its way to the sender, beside the kills. */
const LOST_ANSWERS = 0.04;

function makeCall(way: Way, lane: TortureLane, events: readonly PushedEvent[]) {
  const [first = {}, ...rest] = events.map(toSegmentEvent);
  if (way === 'webhook') {
    const signature = createHmac('sha1', lane.sharedSecret).update(JSON.stringify(first)).digest('hex');
    const headers = { 'content-type': 'application/json', 'x-signature': signature };
    return { path: `/segment/${lane.id}`, headers, body: JSON.stringify([first, ...rest]) };
  }
  const authorization = `Basic ${Buffer.from(`${lane.writeKey}:`).toString('base64')}`;
  const body = JSON.stringify(way === 'single' ? first : { batch: [first, ...rest] });
  return { path: way === 'single' ? '/v1/track' : '/v1/batch', headers: { authorization }, body };
}

interface Counts {
  readonly accepted: number;
  readonly duplicates: number;
  readonly filtered: number;
  readonly rejected: readonly unknown[];
}

/** What the senders need. */
export interface SenderOptions {
  /** Of the plugin. */
  readonly url: string;
  readonly lanes: readonly TortureLane[];
  /** Makes one for each sender. */
  readonly makeRandom: () => Random;
  /** Rung when a push has been sent. */
  readonly pushed: Bell;
  /** Once aborted, each sender ends when the push it is at has been taken. */
  readonly enough: AbortSignal;
  /** Once aborted, the senders end. */
  readonly quit: AbortSignal;
}

/** Runs one sender of each way for each lane. */
export async function runSenders(options: SenderOptions): Promise<SenderLog> {
  const { url, lanes, makeRandom, pushed, enough, quit } = options;
  const log: SenderLog = {
    accepted: [],
    calls: { batch: 0, single: 0, webhook: 0 },
    repeats: 0,
    duplicates: 0,
    faults: [],
  };

  /** @throws Error when it is to be sent again */
  async function pushOnce(way: Way, lane: TortureLane, events: readonly PushedEvent[], random: Random): Promise<void> {
    const { path, ...call } = makeCall(way, lane, events);
    const answering = fetch(url + path, { method: 'POST', ...call, signal: AbortSignal.timeout(PUSH_TIMEOUT_MS) });
    pushed.ring();
    const response = await answering;
    const text = await response.text();
    if (response.status >= 500 || response.status === 429) throw new Error(text);
    const counts: Partial<Counts> = JSON.parse(text);
    const { accepted = 0, duplicates = 0, filtered, rejected } = counts;
    const isWhole = accepted + duplicates === events.length && filtered === 0 && rejected?.length === 0;
    if (!response.ok || !isWhole)
      log.faults.push(`${path} answered ${events.length} events with ${response.status} ${text.slice(0, 300)}`);
    if (random.chance(LOST_ANSWERS)) throw new Error('the answer was lost');
    log.duplicates += duplicates;
    log.calls[way] += 1;
    log.accepted.push(...events);
  }

  async function send(lane: TortureLane, way: Way): Promise<void> {
    const random = makeRandom();
    const names = Array.from({ length: USERS_PER_SENDER }, (_, index) => `${lane.id}/${way}-${index}`);
    const users = names.map((name) => new UserEvents(lane.id, name, random));
    while (!enough.aborted) {
      const drawn = Array.from({ length: way === 'single' ? 1 : random.whole(1, 25) }, () =>
        random.whole(1, users.length),
      );
      const events = drawn.flatMap((nth) => users[nth - 1]?.next() ?? []);
      while (!quit.aborted) {
        // It fails while the plugin is killed or not up yet, and when the answer is lost.
        const taken = await pushOnce(way, lane, events, random).then(
          () => true,
          () => false,
        );
        if (taken) break;
        log.repeats += 1;
        await sleep(random.whole(30, 250));
      }
      await sleep(way === 'single' ? random.whole(0, 60) : random.whole(50, 500));
    }
  }

  await Promise.all(lanes.flatMap((lane) => WAYS.map((way) => send(lane, way))));
  return log;
}
