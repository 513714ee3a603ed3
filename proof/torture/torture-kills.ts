// Kills the plugin at random moments and starts it again at the same address, on the same outbox.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Bell } from '../../testkit/bell.js';
import type { PluginProcess } from '../../testkit/plugin-process.js';
import type { Random } from '../../testkit/random.js';

/** When a process is killed: some time, before it is up, just after a push was sent, or just after Statsig answered. */
const MOMENTS = { 'any time': 5, 'while it starts': 2, 'after a push': 4, 'after an answer': 4 };

export type Moment = keyof typeof MOMENTS;

/** What to do. */
export interface KillPlan {
  readonly kills: number;
  /** How long a process lives on the average, its start included. */
  readonly meanLifeMs: number;
  readonly start: () => PluginProcess;
  /** Rings when a sender has sent a push. */
  readonly pushed: Bell;
  /** Rings when Statsig has answered. */
  readonly answered: Bell;
  readonly random: Random;
}

/** A process that was killed. */
export interface Kill {
  readonly moment: Moment;
  /** Milliseconds since the epoch, when it was gone. */
  readonly at: number;
  readonly wasListening: boolean;
}

const LONGEST_WAIT_MS = 4_000;

/** Between two processes, on the average. */
export const MEAN_PAUSE_MS = 130;

/** Waits for the moment of a process that has just been started. */
async function untilMoment(moment: Moment, { meanLifeMs, pushed, answered, random }: KillPlan): Promise<void> {
  const [least, most] = [Math.round(meanLifeMs * 0.3), Math.round(meanLifeMs * 1.9)];
  if (moment === 'while it starts') return sleep(random.whole(30, 400));
  await sleep(random.whole(least, most));
  if (moment === 'any time') return;
  const bell = moment === 'after a push' ? pushed : answered;
  await Promise.race([bell.next(), sleep(LONGEST_WAIT_MS, undefined, { ref: false })]);
  const ms = random.whole(0, 8);
  if (ms > 0) await sleep(ms);
}

/** Starts and kills one process after the other. @throws Error when one ends by itself */
export async function killAgainAndAgain(plan: KillPlan): Promise<readonly Kill[]> {
  const kills: Kill[] = [];
  while (kills.length < plan.kills) {
    const running = plan.start();
    let wasListening = false;
    void running.listening.then((port) => {
      wasListening = port !== undefined;
    });
    const moment = plan.random.weighted(MOMENTS);
    await untilMoment(moment, plan);
    const end = await running.end('SIGKILL');
    if (end !== 'SIGKILL') throw new Error(`it ended by itself with ${end}: ${running.errors.join('\n')}`);
    kills.push({ moment, at: Date.now(), wasListening });
    await sleep(plan.random.whole(10, 2 * MEAN_PAUSE_MS - 10));
  }
  return kills;
}
