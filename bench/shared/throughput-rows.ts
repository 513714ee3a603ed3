// The rows about throughput: batches and single events, round by round against the embedded outbox and the peer.

import type { Row } from '../performance/row.js';
import {
  measureShared,
  printMeasured,
  type SharedContender,
  type SharedMeasured,
  type SharedRig,
} from './shared-measure.js';
import { atLeast, atMost, ratiosOf, sharedRow } from './shared-row.js';

/** Measures the contenders by turns, and prints each. */
async function byTurns<Name extends string>(
  rig: SharedRig,
  rounds: number,
  contenders: Readonly<Record<Name, SharedContender>>,
): Promise<(name: Name, value: (measured: SharedMeasured) => number) => readonly number[]> {
  const found: { readonly name: string; readonly measured: SharedMeasured }[] = [];
  for (let round = 0; round < rounds; round += 1) {
    for (const name in contenders) {
      const measured = await measureShared(rig, contenders[name]);
      printMeasured(name, measured);
      found.push({ name, measured });
    }
  }
  return (name, value) => found.flatMap((each) => (each.name === name ? [value(each.measured)] : []));
}

const appended = (measured: SharedMeasured) => measured.appendedPerSecond;
const settled = (measured: SharedMeasured) => measured.settledPerSecond;
const micros = ({ workerMicros, databaseMicros }: SharedMeasured) => workerMicros + databaseMicros;

export const throughputRows: readonly Row[] = [
  sharedRow(
    'batches',
    'Batches of 100, taken and delivered: 16 appends at a time, 8 lanes',
    async (rig, { options }) => {
      const of = await byTurns(rig, options.rounds, {
        embedded: { engine: 'embedded', workers: 1, batch: 100, appends: 16 },
        shared: { engine: 'shared', workers: 2, batch: 100, appends: 8 },
        'bare table': { engine: 'bare', workers: 2, batch: 100, appends: 8 },
      });
      return [
        atLeast(
          'batches: settled/s of the shared outbox / appended/s of the embedded one',
          1.5,
          ratiosOf(of('shared', settled), of('embedded', appended)),
        ),
        atMost(
          'batches: processor time per event, the database included / embedded',
          1,
          ratiosOf(of('shared', micros), of('embedded', micros)),
        ),
        atLeast('batches: settled/s / bare table', 1.3, ratiosOf(of('shared', settled), of('bare table', settled))),
      ];
    },
  ),
  sharedRow('single', 'Single events of 64 callers, taken and delivered', async (rig, { options }) => {
    const of = await byTurns(rig, options.rounds, {
      embedded: { engine: 'embedded', workers: 1, batch: 1, appends: 64 },
      shared: { engine: 'shared', workers: 2, batch: 1, appends: 32 },
    });
    return [
      atLeast(
        'single events: settled/s of the shared outbox / appended/s of the embedded one',
        1.2,
        ratiosOf(of('shared', settled), of('embedded', appended)),
      ),
    ];
  }),
];
