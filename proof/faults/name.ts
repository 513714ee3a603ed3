// The targets' name does not resolve, then does again.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault } from './fault.js';
import { type FaultRig, sayOutcome, withRig } from './fault-rig.js';
import { WELL } from './stand-ins.js';

const UNKNOWN_MS = 15_000;
const SHORT_MS = 800;
const CALM_MS = 500;
const SAID_WITHIN_MS = 10_000;

/** Whether `/readyz` says it, which it does once a batch that lingers has been tried. */
async function saysNotFound(url: string): Promise<boolean> {
  const deadline = performance.now() + SAID_WITHIN_MS;
  while (performance.now() < deadline) {
    if (/ENOTFOUND/.test(await (await fetch(`${url}/readyz`)).text())) return true;
    await sleep(50);
  }
  return false;
}

/** What waits, once the pushes of a busy machine have reached the plugin. */
async function waitingSoon({ waiting }: FaultRig): Promise<number> {
  const deadline = performance.now() + SAID_WITHIN_MS;
  while ((await waiting()) === 0 && performance.now() < deadline) await sleep(50);
  return waiting();
}

export const name: Fault = {
  name: 'dns',
  what: 'the name of Statsig and of the targets does not resolve, from the start and again later when their connections have been reset',
  promise: 'what waits is tried again and delivered once the name resolves',
  run: (options) =>
    withRig({ ...options, byName: true }, async (rig) => {
      const unknownMs = options.short ? SHORT_MS : UNKNOWN_MS;
      const arrived = () => rig.standIns.statsigLedger.length + rig.standIns.targetsLedger().length;
      await rig.order({ nameIsUnknown: true });
      const stop = rig.push('everybody');
      await sleep(unknownMs);
      const first = { waited: await waitingSoon(rig), arrived: arrived() };
      const said = await saysNotFound(rig.url);
      await rig.order({});
      while (arrived() === 0) await sleep(20);
      await sleep(CALM_MS);
      // A connection that is open needs no name.
      await rig.order({ nameIsUnknown: true });
      rig.standIns.setMood({ 'reset unread': 1 });
      await sleep(unknownMs);
      const second = await rig.waiting();
      rig.standIns.setMood(WELL);
      await rig.order({});
      await stop();
      const outcome = await rig.finish();
      return {
        numbers: [
          `unknown for ${unknownMs / 1000} s twice, ${first.waited} and ${second} deliveries waited`,
          ...sayOutcome(outcome, rig),
        ],
        broken: [
          ...outcome.broken,
          ...(first.arrived > 0 || first.waited === 0 ? ['the name resolved all the time'] : []),
          ...(said ? [] : ['/readyz does not say ENOTFOUND']),
        ],
      };
    }),
};
