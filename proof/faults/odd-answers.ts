// Targets whose 2xx says yes at length, no in odd words, or neither; and a gateway that refuses everything.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault } from './fault.js';
import { type FaultRig, sayOutcome, withRig } from './fault-rig.js';
import { WELL } from './stand-ins.js';

const LOAD_MS = 10_000;
const SHORT_MS = 1_500;
/** Of two workspaces, each with Statsig and two targets. */
const LANES = 6;
/** Stand-ins. */
const HOSTS = 3;

const requestsOf = ({ standIns }: FaultRig) => [...standIns.statsigLedger, ...standIns.targetsLedger()];

export const oddAnswers: Fault = {
  name: 'odd-answers',
  what: 'Statsig and the targets say yes in 100 KB, no with `[{"success":false}]`, then answer `null` to everything',
  promise:
    'a long yes is one, and nothing is sent twice; a no is sent again; after `null` a lane waits and a single event finds out; nothing is lost or given up',
  run: (options) =>
    withRig(options, async (rig) => {
      const loadMs = options.short ? SHORT_MS : LOAD_MS;
      rig.standIns.setMood({ 'long yes': 3, 'odd no': 1 });
      const stop = rig.push('everybody');
      await sleep(loadMs);
      const before = requestsOf(rig);
      rig.standIns.setMood({ 'null 200': 1 });
      await sleep(loadMs);
      const unclear = requestsOf(rig).filter(({ deed }) => deed === 'null 200');
      rig.standIns.setMood(WELL);
      await stop();
      const outcome = await rig.finish();
      const count = (wanted: string) => before.filter(({ deed }) => deed === wanted).length;
      return {
        numbers: [
          `${count('long yes')} long yeses, ${count('odd no')} noes, ${unclear.length} times \`null\` to ${LANES} lanes`,
          ...sayOutcome(outcome, rig),
        ],
        broken: [
          ...outcome.broken,
          ...(outcome.repeated === 0 ? [] : [`${outcome.repeated} came twice`]),
          ...(count('long yes') > 0 ? [] : ['no long yes was sent']),
          ...(unclear.length > 0 ? [] : ['null was not answered']),
          ...(unclear.length <= LANES * 2 ? [] : [`${unclear.length} requests were answered null`]),
        ],
      };
    }),
};

/** Believed of a host before it is blamed. */
const BELIEVED = 5;
const WRONG = /^(\d+) wrong dead letters/;

export const refuseAll: Fault = {
  name: 'refuse-all',
  what: 'a gateway answers 400 to everything while senders go on',
  promise:
    'nothing is halved for long: the circuits open and what waits goes out afterwards, in order; of each host at most 5 events are given up before it is blamed',
  run: (options) =>
    withRig(options, async (rig) => {
      const loadMs = options.short ? SHORT_MS : 2 * LOAD_MS;
      const stop = rig.push('everybody');
      await sleep(SHORT_MS);
      rig.standIns.setMood({ 'refuse all': 1 });
      await sleep(loadMs);
      const refused = requestsOf(rig).filter(({ deed }) => deed === 'refuse all');
      const waiting = await rig.waiting();
      rig.standIns.setMood(WELL);
      await stop();
      const outcome = await rig.finish();
      const wrong = outcome.broken.reduce((sum, each) => sum + Number(WRONG.exec(each)?.[1] ?? 0), 0);
      return {
        numbers: [
          `${refused.length} requests of ${LANES} lanes were refused while ${waiting} deliveries waited, ${wrong} events given up for it`,
          ...sayOutcome(outcome, rig),
        ],
        broken: [
          ...outcome.broken.filter((each) => !WRONG.test(each)),
          ...(wrong <= HOSTS * BELIEVED ? [] : [`${wrong} events were given up`]),
          ...(refused.length > 0 ? [] : ['nothing was refused']),
          ...(refused.length <= LANES * 80 ? [] : [`${refused.length} requests were made in vain`]),
          ...(outcome.repeated === 0 ? [] : [`${outcome.repeated} came twice`]),
        ],
      };
    }),
};
