// The stand-ins of the torture: Statsig, and a place for each target of the workspaces.

import { Bell } from '../../testkit/bell.js';
import type { Random } from '../../testkit/random.js';
import { TARGETS } from './torture-outbound-events.js';
import { MessageIds, segmentRules } from './torture-segment.js';
import { type LedgerEntry, type Overlap, startTortureStandIn } from './torture-stand-in.js';
import { statsigRules } from './torture-statsig.js';
import { type Places, type TortureWorkspace, targetsByKey } from './torture-workspaces.js';

/** All stand-ins of a run. */
export interface TorturePlaces {
  readonly urls: Places;
  /** Rings after each answer of any of them. */
  readonly answered: Bell;
  readonly statsigLedger: readonly LedgerEntry[];
  /** Of all targets, in the order of arrival. */
  targetsLedger(): readonly LedgerEntry[];
  /** Requests of a lane at the same time. */
  overlaps(): readonly Overlap[];
  readonly messageIds: MessageIds;
  faults(): readonly string[];
  heal(): void;
  close(): Promise<void>;
}

/** Starts them. @param makeRandom makes one for each */
export async function startPlaces(
  workspaces: readonly TortureWorkspace[],
  makeRandom: () => Random,
): Promise<TorturePlaces> {
  const answered = new Bell();
  const messageIds = new MessageIds();
  const keys = new Map(workspaces.map(({ secretKey, id }) => [secretKey, id]));
  const statsig = await startTortureStandIn(statsigRules(keys), makeRandom(), answered);
  const rules = segmentRules(targetsByKey(workspaces), messageIds);
  const [segment, warehouse] = await Promise.all(TARGETS.map(() => startTortureStandIn(rules, makeRandom(), answered)));
  if (segment === undefined || warehouse === undefined) throw new Error('there are two targets');
  const targets = [segment, warehouse];
  const all = [statsig, ...targets];
  return {
    urls: { statsig: statsig.url, targets: { 'segment-us': segment.url, warehouse: warehouse.url } },
    answered,
    statsigLedger: statsig.ledger,
    targetsLedger: () => targets.flatMap(({ ledger }) => ledger).sort((a, b) => a.at - b.at),
    messageIds,
    overlaps: () => all.flatMap(({ overlaps }) => overlaps),
    faults: () => all.flatMap(({ faults }) => faults),
    heal() {
      for (const place of all) place.heal();
    },
    async close() {
      await Promise.all(all.map((place) => place.close()));
    },
  };
}
