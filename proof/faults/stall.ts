// The event loop stands still for seconds, as for a machine that is suspended or a debugger.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault } from './fault.js';
import { sayOutcome, withRig } from './fault-rig.js';

const STALL_MS = 5_000;
const SHORT_MS = 1_000;
const STALLS = 3;
const PAUSE_MS = 2_000;

export const stall: Fault = {
  name: 'stall',
  what: 'the event loop stands still for 5 s, three times, while targets answer late',
  promise: 'requests are answered after it; what the targets took meanwhile is neither sent again nor given up',
  run: (options) =>
    withRig(options, async (rig) => {
      rig.standIns.setMood({ 'accept late': 1 });
      const stallMs = options.short ? SHORT_MS : STALL_MS;
      const stop = rig.push('everybody');
      for (let count = 0; count < (options.short ? 1 : STALLS); count += 1) {
        await sleep(PAUSE_MS);
        await rig.order({ stallMs });
        await sleep(stallMs);
      }
      await stop();
      const outcome = await rig.finish();
      const { longestMs, unanswered } = rig.probe;
      return {
        numbers: sayOutcome(outcome, rig),
        broken: [
          ...outcome.broken,
          ...(unanswered === 0 ? [] : [`${unanswered} ordinary requests were not answered`]),
          ...(longestMs >= stallMs * 0.8 ? [] : ['it did not stand still']),
          ...(longestMs <= stallMs + 3_000 ? [] : [`a request waited ${longestMs.toFixed(0)} ms`]),
          ...(outcome.repeated === 0 ? [] : [`${outcome.repeated} were sent again`]),
        ],
      };
    }),
};
