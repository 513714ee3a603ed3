// Statsig and the two targets of each workspace as stand-ins whose mood a fault chooses: well, failing, slow, gone.

import { Bell } from '../../testkit/bell.js';
import { createRandom } from '../../testkit/random.js';
import { STATSIG_WEIGHTS, type Weights } from '../torture/torture-deeds.js';
import { MessageIds, segmentRules } from '../torture/torture-segment.js';
import { type LedgerEntry, startTortureStandIn, type TortureRules } from '../torture/torture-stand-in.js';
import { statsigRules } from '../torture/torture-statsig.js';
import { type Places, type TortureWorkspace, targetsByKey } from '../torture/torture-workspaces.js';

/** How often the stand-ins do what. */
export type Mood = Partial<Weights>;

/** All is taken but poison. */
export const WELL: Mood = { accept: 1 };
/** Nothing is taken, in all ways of a server that is down. */
export const DOWN: Mood = { 500: 1, 503: 3, 'reset unread': 2, 'half-close': 1 };

/** The stand-ins of a run. */
export interface StandIns {
  readonly places: Places;
  readonly statsigLedger: readonly LedgerEntry[];
  /** Of all targets, in the order of arrival. */
  targetsLedger(): readonly LedgerEntry[];
  /** What was wrong with requests. */
  faults(): readonly string[];
  /** From now on. */
  setMood(mood: Mood): void;
  /** From now on they are well, and what hangs is reset. */
  heal(): void;
  close(): Promise<void>;
}

/** @param host the name under which the process finds them */
export async function startStandIns(
  workspaces: readonly TortureWorkspace[],
  seed: number,
  host = '127.0.0.1',
): Promise<StandIns> {
  const weights: { -readonly [Deed in keyof Weights]: number } = { ...STATSIG_WEIGHTS };
  const setMood = (mood: Mood) => {
    for (const deed in weights) Object.assign(weights, { [deed]: 0 });
    Object.assign(weights, mood);
  };
  setMood(WELL);
  const messageIds = new MessageIds();
  const answered = new Bell();
  const start = (rules: TortureRules, part: number) =>
    startTortureStandIn({ ...rules, weights }, createRandom(seed + part), answered);
  const keys = new Map(workspaces.map(({ secretKey, id }) => [secretKey, id]));
  const forTargets = segmentRules(targetsByKey(workspaces), messageIds);
  const statsig = await start(statsigRules(keys), 1);
  const segment = await start(forTargets, 2);
  const warehouse = await start(forTargets, 3);
  const all = [statsig, segment, warehouse];
  const named = ({ url }: { readonly url: string }) => url.replace('127.0.0.1', host);
  return {
    places: { statsig: named(statsig), targets: { 'segment-us': named(segment), warehouse: named(warehouse) } },
    statsigLedger: statsig.ledger,
    targetsLedger: () => [...segment.ledger, ...warehouse.ledger].sort((a, b) => a.at - b.at),
    faults: () => [...all.flatMap(({ faults }) => faults), ...messageIds.faults],
    setMood,
    heal() {
      setMood(WELL);
      for (const place of all) place.heal();
    },
    async close() {
      await Promise.all(all.map((place) => place.close()));
    },
  };
}
