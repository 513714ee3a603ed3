// Dates anew what lies on disk with a time that has not come yet: it was accepted while the clock was ahead.
//
// Such a record would wait until its time comes, what is accepted meanwhile would overtake it, and its age would be less than nothing. When it was accepted
// no one knows, but that it waits since now at the latest. All of them get the same time, so that their sequence numbers keep them in order;
// what is stored later is due no earlier, also where its request came before.

import type { EpochMs } from '../../base/time.js';
import type { Level } from '../../level/open-database.js';
import type { Stored } from './load.js';
import type { RecordKey } from './records.js';
import { decodeWaiting, encodeWaiting, readWaitingHead, recordKey } from './records.js';
import { Step } from './step.js';

/** A record as it is now. */
export interface Redated {
  readonly key: string;
  readonly value: string;
}

/** Collects the records that are to be dated anew, for one write. */
export class Redating {
  readonly #now: EpochMs;
  readonly #moved: { readonly from: string; readonly to: Redated }[] = [];
  /** Records since the start. */
  count = 0;
  /** LevelDB's count of what was written. */
  operations = 0;

  constructor(now: EpochMs) {
    this.#now = now;
  }

  /** The record with a time that has come: it stays as it is where its own has. One that is damaged stays so. */
  look(place: RecordKey, key: string, value: string): Redated {
    if (place.time <= this.#now) return { key, value };
    const { delivery, damaged } = decodeWaiting(place, key, value);
    const to = recordKey({ ...place, time: this.#now });
    const acceptedAt = Math.min(delivery.acceptedAt, this.#now);
    const redated = {
      key: to,
      value: damaged
        ? value
        : encodeWaiting(to, { ...delivery, acceptedAt }, delivery.attempts, {
            onceKey: delivery.onceKey,
            person: readWaitingHead(value).person,
          }),
    };
    this.#moved.push({ from: key, to: redated });
    this.count += 1;
    return redated;
  }

  /** Writes what was collected, and counts it where it was counted. Cut short, what is left is dated anew at the next start. */
  async write(db: Level, { isCounted, ledger, sequence }: Stored): Promise<void> {
    if (this.#moved.length === 0) return;
    const step = new Step(db, new Map(), ledger);
    try {
      for (const { from, to } of this.#moved.splice(0)) {
        step.del(from);
        step.put(to.key, to.value);
      }
      if (isCounted) ledger.write(step, sequence);
      await step.write();
      this.operations += step.size;
    } finally {
      await step.close();
    }
  }
}
