// The senders of the torture: each pushes its users' events in order and, as senders do, the same again until it gets a 2xx.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Bell } from '../../testkit/bell.js';
import type { Random } from '../../testkit/random.js';
import type { PushedEvent } from './torture-events.js';

/** A request to the plugin. */
export interface Call {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Some events, pushed together. */
export interface Push {
  readonly events: number;
  /** Made anew for each try. */
  makeCall(): Call;
  /** Some may be filtered: an equal one was sent before. */
  readonly mayBeFiltered: boolean;
  /** What has to arrive once the push is answered 2xx. */
  readonly expected: readonly PushedEvent[];
}

/** Somebody who pushes. */
export interface Sender {
  /** How, for people. */
  readonly way: string;
  readonly random: Random;
  /** Milliseconds between two pushes, at least and at most. */
  readonly rest: readonly [number, number];
  next(): Push;
}

/** What the senders have done. */
export interface SenderLog {
  /** What has to arrive. */
  readonly accepted: PushedEvent[];
  /** Pushes that were taken, by their way. */
  readonly calls: Map<string, number>;
  /** Events that were answered 2xx. */
  events: number;
  /** Pushes that had to be sent again. */
  repeats: number;
  /** Events that were answered as stored before: an earlier push had reached the disk, but not its answer the sender. */
  duplicates: number;
  filtered: number;
  /** Answers that no sender may get. */
  readonly faults: string[];
}

/** What the senders need. */
export interface SenderOptions {
  /** Of the plugin. */
  readonly url: string;
  /** Rung when a push has been sent. */
  readonly pushed: Bell;
  /** Once aborted, each sender ends when the push it is at has been taken. */
  readonly enough: AbortSignal;
  /** Once aborted, the senders end. */
  readonly quit: AbortSignal;
}

interface Counts {
  readonly accepted: number;
  readonly duplicates: number;
  readonly filtered: number;
  readonly rejected: readonly unknown[];
}

const PUSH_TIMEOUT_MS = 5_000;

/** How often the answer to a push is lost on its way to the sender, beside the kills. */
const LOST_ANSWERS = 0.04;

/** A log with nothing in it. */
export function createSenderLog(): SenderLog {
  return { accepted: [], calls: new Map(), events: 0, repeats: 0, duplicates: 0, filtered: 0, faults: [] };
}

/** @param tries before this one @throws Error when it is to be sent again */
async function pushOnce(
  sender: Sender,
  push: Push,
  tries: number,
  log: SenderLog,
  { url, pushed }: SenderOptions,
): Promise<void> {
  const { path, ...call } = push.makeCall();
  const answering = fetch(url + path, { method: 'POST', ...call, signal: AbortSignal.timeout(PUSH_TIMEOUT_MS) });
  pushed.ring();
  const response = await answering;
  const text = await response.text();
  if (response.status >= 500 || response.status === 429) throw new Error(text);
  const counts: Partial<Counts> = JSON.parse(text);
  const { accepted = 0, duplicates = 0, filtered = 0, rejected } = counts;
  const isWhole = accepted + duplicates + filtered === push.events && rejected?.length === 0;
  if (!response.ok || !isWhole || (filtered > 0 && !push.mayBeFiltered))
    log.faults.push(`${path} answered ${push.events} events with ${response.status} ${text.slice(0, 300)}`);
  if (sender.random.chance(LOST_ANSWERS)) throw new Error('the answer was lost');
  log.events += push.events;
  log.duplicates += duplicates;
  log.filtered += filtered;
  log.calls.set(sender.way, (log.calls.get(sender.way) ?? 0) + 1);
  log.accepted.push(...push.expected.map((event) => (tries > 0 ? { ...event, wasRepeated: true } : event)));
}

/** Pushes until it is taken. It fails while the plugin is killed or not up yet, and when the answer is lost. */
export async function pushUntilTaken(sender: Sender, push: Push, log: SenderLog, options: SenderOptions) {
  for (let tries = 0; !options.quit.aborted; tries += 1) {
    const taken = await pushOnce(sender, push, tries, log, options).then(
      () => true,
      () => false,
    );
    if (taken) return;
    log.repeats += 1;
    await sleep(sender.random.whole(30, 250));
  }
}

/** Lets them push, all at the same time, until it is enough. */
export async function runSenders(senders: readonly Sender[], log: SenderLog, options: SenderOptions): Promise<void> {
  async function run(sender: Sender): Promise<void> {
    while (!options.enough.aborted) {
      await pushUntilTaken(sender, sender.next(), log, options);
      await sleep(sender.random.whole(...sender.rest));
    }
  }
  await Promise.all(senders.map(run));
}
