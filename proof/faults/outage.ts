// Statsig and all targets are down for a while, under load.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault } from './fault.js';
import { sayOutcome, withRig } from './fault-rig.js';
import { DOWN } from './stand-ins.js';

const OUTAGE_MS = 60_000;
const SHORT_MS = 1_500;
/** The same load before the outage: what memory is compared with. */
const CALM_MS = 20_000;
const SHORT_CALM_MS = 1_000;
/** While they are down, above the highest of the calm. What waits is on disk; Node sweeps its heap when it likes. */
const MOST_GROWN_MIB = 40;

export const outage: Fault = {
  name: 'outage',
  what: 'Statsig and both targets of two workspaces are down under load (500, 503, reset, half-closed)',
  promise:
    'nothing is lost, the order of a user is kept, memory does not grow with what waits, all of it goes out afterwards',
  run: (options) =>
    withRig(options, async (rig) => {
      const stop = rig.push('everybody');
      await sleep(options.short ? SHORT_CALM_MS : CALM_MS);
      const calmMiB = rig.highestMiB();
      const before = rig.standIns.statsigLedger.length + rig.standIns.targetsLedger().length;
      rig.standIns.setMood(DOWN);
      const outageMs = options.short ? SHORT_MS : OUTAGE_MS;
      await sleep(outageMs);
      const requests = rig.standIns.statsigLedger.length + rig.standIns.targetsLedger().length - before;
      const backlog = await rig.waiting();
      const grownMiB = rig.highestMiB() - calmMiB;
      await stop();
      const outcome = await rig.finish();
      return {
        numbers: [
          `down for ${outageMs / 1000} s, ${requests} requests by 6 lanes meanwhile, ${backlog} deliveries waited`,
          `memory then ${grownMiB.toFixed(0)} MiB above the highest under the same load before`,
          ...sayOutcome(outcome, rig),
        ],
        broken: [
          ...outcome.broken,
          ...(grownMiB > MOST_GROWN_MIB && !options.short ? [`memory grew by ${grownMiB.toFixed(0)} MiB`] : []),
          ...(rig.probe.unanswered > 0 ? [`${rig.probe.unanswered} ordinary requests were not answered`] : []),
          ...(backlog === 0 ? ['nothing waited: the outage was none'] : []),
        ],
      };
    }),
};
