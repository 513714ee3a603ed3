// The senders of the torture: each pushes its users' events in order and, as SDKs do, the same again until it gets a 2xx.

import { createHmac } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
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

/** Pushes until it is taken. @returns how many of the events had been stored before */
async function push(
  url: string,
  way: Way,
  lane: TortureLane,
  events: readonly PushedEvent[],
  random: Random,
  log: SenderLog,
) {
  const { path, headers, body } = makeCall(way, lane, events);
  for (;;) {
    try {
      const signal = AbortSignal.timeout(PUSH_TIMEOUT_MS);
      const response = await fetch(url + path, { method: 'POST', headers, body, signal });
      const text = await response.text();
      if (response.ok) {
        const { accepted, duplicates, filtered, rejected }: Counts = JSON.parse(text);
        if (accepted + duplicates !== events.length || filtered > 0 || rejected.length > 0)
          log.faults.push(`${path} answered ${events.length} events with ${text.slice(0, 300)}`);
        return duplicates;
      }
      if (response.status < 500 && response.status !== 429) {
        log.faults.push(`${path} answered ${response.status}: ${text.slice(0, 300)}`);
        return 0;
      }
    } catch {
      // Killed, or not up yet.
    }
    log.repeats += 1;
    await sleep(random.whole(30, 250));
  }
}

/**
 * Runs one sender of each way for each lane.
 *
 * @param isOver once true, the senders end with the push they are at
 */
export async function runSenders(
  url: string,
  lanes: readonly TortureLane[],
  makeRandom: () => Random,
  isOver: () => boolean,
): Promise<SenderLog> {
  const log: SenderLog = {
    accepted: [],
    calls: { batch: 0, single: 0, webhook: 0 },
    repeats: 0,
    duplicates: 0,
    faults: [],
  };

  async function send(lane: TortureLane, way: Way): Promise<void> {
    const random = makeRandom();
    const users = Array.from(
      { length: USERS_PER_SENDER },
      (_, index) => new UserEvents(lane.id, `${lane.id}/${way}-${index}`, random),
    );
    while (!isOver()) {
      const count = way === 'single' ? 1 : random.whole(1, 25);
      const events = Array.from({ length: count }, () => users[random.whole(0, users.length - 1)]?.next()).filter(
        (event) => event !== undefined,
      );
      log.duplicates += await push(url, way, lane, events, random, log);
      log.calls[way] += 1;
      log.accepted.push(...events);
      await sleep(way === 'single' ? random.whole(0, 60) : random.whole(50, 500));
    }
  }

  await Promise.all(lanes.flatMap((lane) => WAYS.map((way) => send(lane, way))));
  return log;
}
