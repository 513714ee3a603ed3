// Kills the plugin at random moments and starts it again at the same address, on the same outbox.

import { setTimeout as sleep } from 'node:timers/promises';
import type { PluginProcess } from './plugin-process.js';
import type { Random } from './random.js';
import type { TortureStandIn } from './torture-stand-in.js';

/** When a process is killed: some time, before it is up, or just after Statsig answered and before that may be written down. */
const MOMENTS = { 'any time': 6, 'while it starts': 1, 'after an answer': 5 };

export type Moment = keyof typeof MOMENTS;

/** What to do. */
export interface KillPlan {
  readonly kills: number;
  /** How long a process lives on the average, its start included. */
  readonly meanLifeMs: number;
  readonly start: () => PluginProcess;
  readonly standIn: Pick<TortureStandIn, 'onceAnswered'>;
  readonly random: Random;
}

/** A process that was killed. */
export interface Kill {
  readonly moment: Moment;
  /** Milliseconds since the epoch, when it was gone. */
  readonly at: number;
  readonly wasListening: boolean;
}

const LONGEST_WAIT_FOR_ANSWER_MS = 4_000;

function nextAnswer(standIn: KillPlan['standIn']): Promise<void> {
  return Promise.race([
    new Promise<void>((resolve) => standIn.onceAnswered(resolve)),
    sleep(LONGEST_WAIT_FOR_ANSWER_MS, undefined, { ref: false }),
  ]);
}

/** Waits for the moment of a process that has just been started. */
async function untilMoment(moment: Moment, { meanLifeMs, standIn, random }: KillPlan): Promise<void> {
  switch (moment) {
    case 'while it starts':
      return sleep(random.whole(30, 400));
    case 'any time':
      return sleep(random.whole(Math.round(meanLifeMs * 0.3), Math.round(meanLifeMs * 1.9)));
    case 'after an answer': {
      await sleep(random.whole(Math.round(meanLifeMs * 0.3), Math.round(meanLifeMs * 1.5)));
      await nextAnswer(standIn);
      const ms = random.whole(0, 12);
      if (ms > 0) await sleep(ms);
    }
  }
}

/** Starts and kills one process after the other. @throws Error when one ends by itself */
export async function killAgainAndAgain(plan: KillPlan): Promise<readonly Kill[]> {
  const kills: Kill[] = [];
  while (kills.length < plan.kills) {
    const running = plan.start();
    let wasListening = false;
    void running.listening.then((listens) => {
      wasListening = listens;
    });
    const moment = plan.random.weighted(MOMENTS);
    await untilMoment(moment, plan);
    const end = await running.end('SIGKILL');
    if (end !== 'SIGKILL') throw new Error(`it ended by itself with ${end}: ${running.errors.join('\n')}`);
    kills.push({ moment, at: Date.now(), wasListening });
    await sleep(plan.random.whole(10, 250));
  }
  return kills;
}
