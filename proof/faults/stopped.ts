// The process is stopped while answers come, beyond the time that a target has.

import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault } from './fault.js';
import { sayOutcome, withRig } from './fault-rig.js';
import { WELL } from './stand-ins.js';

/** Longer than the 10 s that a request may take. */
const STOPPED_MS = 20_000;
const SHORT_MS = 11_000;
const ANSWERS_AFTER_MS = 9_000;
const LOAD_MS = 3_000;
const STOPPED = /\) T /;

export const stopped: Fault = {
  name: 'stopped',
  what: 'the process is stopped for 20 s (SIGSTOP) while requests of all lanes are under way; the answers come meanwhile',
  promise: 'they are read when it goes on: nothing is sent again',
  run: (options) =>
    withRig(options, async (rig) => {
      rig.standIns.setMood({ 'accept after 9 s': 1 });
      const stop = rig.push('everybody');
      await sleep(LOAD_MS);
      const { child } = rig.process;
      child.kill('SIGSTOP');
      while (!STOPPED.test(readFileSync(`/proc/${child.pid}/stat`, 'utf8'))) await sleep(1);
      const stoppedAt = Date.now();
      const underWay = [...rig.standIns.statsigLedger, ...rig.standIns.targetsLedger()].filter(
        ({ at }) => at > stoppedAt - ANSWERS_AFTER_MS,
      );
      await sleep(options.short ? SHORT_MS : STOPPED_MS);
      rig.standIns.setMood(WELL);
      child.kill('SIGCONT');
      await stop();
      const outcome = await rig.finish();
      return {
        numbers: [
          `${underWay.length} requests of ${underWay.reduce((sum, { ids }) => sum + ids.length, 0)} events were answered while it was stopped`,
          ...sayOutcome(outcome, rig),
        ],
        broken: [
          ...outcome.broken,
          ...(underWay.length > 0 ? [] : ['nothing was under way']),
          ...(outcome.repeated === 0 ? [] : [`${outcome.repeated} were sent again`]),
        ],
      };
    }),
};
