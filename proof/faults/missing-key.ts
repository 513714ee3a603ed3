// The settings lose their keys while events wait: for a moment, as in a file that is half written, and for longer.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault } from './fault.js';
import { sayOutcome, withRig } from './fault-rig.js';
import { DOWN } from './stand-ins.js';

const MOMENT_MS = 300;
/** Longer than settings are held that have lost something. */
const LONG_MS = 8_000;
const MOMENTS = 3;
const LOAD_MS = 2_000;

/** Writes the documents as they are made by `edit`. @returns puts them back */
function editAll(directory: string, edit: (document: Record<string, unknown>) => void): () => void {
  const files = readdirSync(directory).filter((name) => name.endsWith('.json'));
  const before = files.map((name) => readFileSync(join(directory, name), 'utf8'));
  files.forEach((name, index) => {
    const document = JSON.parse(before[index] ?? '{}');
    edit(document);
    writeFileSync(join(directory, name), JSON.stringify(document));
  });
  return () => {
    files.forEach((name, index) => {
      writeFileSync(join(directory, name), before[index] ?? '');
    });
  };
}

export const missingKey: Fault = {
  name: 'missing-key',
  what: 'while events wait, all documents lose their keys, senders and targets for 300 ms, three times, and then the Statsig key for 8 s',
  promise:
    'nothing that waits or comes is taken for a dry run, nothing counts as delivered, senders go on, and all of it is delivered once the key is back',
  run: (options) =>
    withRig(options, async (rig) => {
      rig.standIns.setMood(DOWN);
      const stop = rig.push('everybody');
      await sleep(LOAD_MS);
      for (let moment = 0; moment < (options.short ? 1 : MOMENTS); moment += 1) {
        const putBack = editAll(rig.settings, (document) => {
          for (const part of ['secretKey', 'segment', 'trackingApi', 'outbound']) delete document[part];
        });
        await sleep(MOMENT_MS);
        putBack();
        await sleep(MOMENT_MS);
      }
      const putBack = editAll(rig.settings, (document) => {
        delete document.secretKey;
      });
      await sleep(LONG_MS);
      await stop();
      const waited = await rig.waiting();
      const arrived = rig.standIns.statsigLedger.length;
      await sleep(MOMENT_MS);
      const waitsOn = await rig.waiting();
      putBack();
      await sleep(LOAD_MS);
      const outcome = await rig.finish();
      return {
        numbers: [`${waited} waited, ${arrived} requests until the key was back`, ...sayOutcome(outcome, rig)],
        broken: [
          ...(waited > 0 ? [] : ['nothing waited']),
          ...(waitsOn >= waited ? [] : [`${waited - waitsOn} events that waited are gone without a key`]),
          ...outcome.broken,
        ],
      };
    }),
};
