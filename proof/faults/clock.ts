// The system's clock jumps while events wait.

import { setTimeout as sleep } from 'node:timers/promises';
import { signWebhook } from '../../testkit/statsig-webhook.js';
import type { Fault } from './fault.js';
import { type FaultRig, sayOutcome, withRig } from './fault-rig.js';
import { DOWN, WELL } from './stand-ins.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** How far the clock is from the right time after each jump. The first and the last one leave it an hour wrong and right. */
const JUMPS = [
  ['an hour forward', HOUR_MS],
  ['an hour back', 0],
  ['an hour back', -HOUR_MS],
  ['a day forward', DAY_MS - HOUR_MS],
  ['a day back', -HOUR_MS],
  ['to the right time', 0],
] as const;

const SHORT_JUMPS = 2;
const LOAD_MS = 1_500;
const SHORT_LOAD_MS = 500;
const WATCHED_MS = 2_000;
const SHORT_WATCHED_MS = 500;
/** A lane that fails waits for seconds; a pause that the jump made longer would last an hour. */
const STUCK_MS = 60_000;
/** Requests that six lanes make in the 2 s after a jump, each pausing after every failure. A storm is thousands. */
const MOST_REQUESTS = 30;
/** Of the waiting events, in seconds, beside what the clock was set forward. */
const MOST_AGE_S = 120;
const LANES = 6;

function countRequests({ standIns }: FaultRig): number {
  return standIns.statsigLedger.length + standIns.targetsLedger().length;
}

/** Whether a webhook that was signed at a time is refused for that time. */
async function isRefused(url: string, signedAt: number): Promise<boolean> {
  const body = '[]';
  const headers = signWebhook(body, 'webhook-lane-0', signedAt);
  const response = await fetch(`${url}/statsig/lane-0`, { method: 'POST', headers, body });
  return (await response.text()).includes('WEBHOOK_TIMESTAMP_REFUSED');
}

async function untilNothingWaits(rig: FaultRig): Promise<number> {
  const start = performance.now();
  while ((await rig.waiting()) > 0 && performance.now() - start < STUCK_MS) await sleep(50);
  return performance.now() - start;
}

interface Jump {
  readonly name: string;
  /** How far the clock is from the right time afterwards. */
  readonly clockMs: number;
  /** Whether it is right before, so that webhooks of Statsig are taken. */
  readonly isRight: boolean;
  readonly short: boolean;
}

/** Lets events wait, moves the clock, and looks. */
async function jump(rig: FaultRig, { name, clockMs, isRight, short }: Jump) {
  rig.standIns.setMood(DOWN);
  const stop = rig.push(isRight ? 'everybody' : 'into Statsig');
  await sleep(short ? SHORT_LOAD_MS : LOAD_MS);
  await stop();
  const waited = await rig.waiting();
  const before = countRequests(rig);
  await rig.order({ clockMs });
  await sleep(short ? SHORT_WATCHED_MS : WATCHED_MS);
  const requests = countRequests(rig) - before;
  const age = await rig.metric('statsig_cdp_outbox_oldest_seconds');
  const [inTime, late] = await Promise.all([isRefused(rig.url, Date.now() + clockMs), isRefused(rig.url, Date.now())]);
  rig.standIns.setMood(WELL);
  const drainedMs = await untilNothingWaits(rig);
  const mostAge = LANES * (MOST_AGE_S + DAY_MS / 1000);
  return {
    requests,
    drainedMs,
    age,
    broken: [
      ...(waited > 0 ? [] : [`${name}: nothing waited`]),
      ...(requests <= MOST_REQUESTS ? [] : [`${name}: ${requests} requests in 2 s`]),
      ...(age >= 0 && age <= mostAge ? [] : [`${name}: the oldest events are ${age} s old together`]),
      ...(drainedMs < STUCK_MS ? [] : [`${name}: events still waited after ${STUCK_MS / 1000} s`]),
      ...(inTime ? [`${name}: a webhook signed at the process's time was refused`] : []),
      ...(late === (clockMs !== 0) ? [] : [`${name}: a webhook signed now was ${late ? '' : 'not '}refused`]),
    ],
  };
}

export const clock: Fault = {
  name: 'clock',
  what: 'the clock jumps while events wait for targets that are down: an hour forward, an hour back (twice), a day forward, a day back',
  promise:
    'nothing is lost or gets stuck, no storm of requests, ages are not negative, webhooks are refused while the clock is wrong and taken once it is right',
  run: (options) =>
    withRig(options, async (rig) => {
      const jumps = options.short ? JUMPS.slice(0, SHORT_JUMPS) : JUMPS;
      const seen: (Awaited<ReturnType<typeof jump>> & { readonly name: string })[] = [];
      let isRight = true;
      for (const [name, clockMs] of jumps) {
        seen.push({ ...(await jump(rig, { name, clockMs, isRight, short: options.short })), name });
        isRight = clockMs === 0;
      }
      const outcome = await rig.finish();
      return {
        numbers: [
          ...seen.map(
            ({ name, requests, drainedMs }) =>
              `${name}: ${requests} requests in 2 s, drained ${(drainedMs / 1000).toFixed(1)} s after the targets were back`,
          ),
          ...sayOutcome(outcome, rig),
        ],
        broken: [...seen.flatMap(({ broken }) => broken), ...outcome.broken],
      };
    }),
};
