// Targets that answer slowly or not at all, close half of the connection, or reset it.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault, FaultRun, Seen } from './fault.js';
import { sayOutcome, withRig } from './fault-rig.js';
import { type Mood, WELL } from './stand-ins.js';

const LOAD_MS = 15_000;
const SHORT_MS = 1_500;

function runWith(mood: Mood, mayRepeat: boolean) {
  return (options: FaultRun): Promise<Seen> =>
    withRig(options, async (rig) => {
      rig.standIns.setMood(mood);
      const stop = rig.push('everybody');
      await sleep(options.short ? SHORT_MS : LOAD_MS);
      await stop();
      const requests = [...rig.standIns.statsigLedger, ...rig.standIns.targetsLedger()];
      const tried = requests.filter(({ deed }) => deed !== 'accept').length;
      const outcome = await rig.finish();
      return {
        numbers: [`${requests.length} requests, ${tried} of them so`, ...sayOutcome(outcome, rig)],
        broken: [
          ...outcome.broken,
          ...(tried > 0 ? [] : ['no request was answered so']),
          ...(mayRepeat || outcome.repeated === 0 ? [] : [`${outcome.repeated} were sent again`]),
          ...(rig.probe.unanswered === 0 ? [] : [`${rig.probe.unanswered} ordinary requests were not answered`]),
        ],
      };
    });
}

export const slowTargets: Fault = {
  name: 'slow-targets',
  what: 'Statsig and the targets take 9 s to answer',
  promise: 'it is waited for, and nothing is sent twice',
  run: runWith({ 'accept after 9 s': 1 }, false),
};

export const cutTargets: Fault = {
  name: 'cut-targets',
  what: 'Statsig and the targets half-close or reset connections, before and after they took the events, or break off their answers',
  promise: 'all is tried again; twice comes only what was taken and whose answer was lost',
  run: runWith(
    { accept: 2, 'half-close': 2, 'reset unread': 2, 'accept, then reset': 1, 'accept, then cut off': 1 },
    true,
  ),
};

const SILENT_MS = 60_000;
const SHORT_SILENT_MS = 2_000;
/** A request is given up after 10 s; then what waits goes out. */
const MOST_SILENCE_MS = 40_000;

export const silentTargets: Fault = {
  name: 'silent-targets',
  what: 'one request in ten to Statsig and to the targets is never answered, and its connection stays open',
  promise: 'it is given up after 10 s and sent again, and the lane goes on',
  run: (options) =>
    withRig(options, async (rig) => {
      rig.standIns.setMood({ accept: 9, hang: 1 });
      const stop = rig.push('everybody');
      await sleep(options.short ? SHORT_SILENT_MS : SILENT_MS);
      await stop();
      rig.standIns.setMood(WELL);
      const silent = [...rig.standIns.statsigLedger, ...rig.standIns.targetsLedger()].filter(
        ({ deed }) => deed === 'hang',
      );
      const start = performance.now();
      while ((await rig.waiting()) > 0 && performance.now() - start < MOST_SILENCE_MS) await sleep(50);
      const waitedMs = performance.now() - start;
      const outcome = await rig.finish();
      return {
        numbers: [
          `${silent.length} requests so; nothing waited ${(waitedMs / 1000).toFixed(1)} s after the last, without anything being closed`,
          ...sayOutcome(outcome, rig),
        ],
        broken: [
          ...outcome.broken,
          ...(silent.length > 0 || options.short ? [] : ['every request was answered']),
          ...(waitedMs < MOST_SILENCE_MS ? [] : [`requests still hung after ${MOST_SILENCE_MS / 1000} s`]),
        ],
      };
    }),
};
