// Runs the cases: each is a copy of an outbox, one harm, and two starts.

import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRandom } from '../../testkit/random.js';
import { applyHarm, chooseHarm, type Harm } from './harm.js';
import { harmedRecords } from './harmed-records.js';
import { type Judgement, judge } from './judge.js';
import { type Filled, fillOutbox, SHAPES } from './shapes.js';
import { createStarter, type Started, type Starter } from './starts.js';

export interface DamageSettings {
  readonly seed: number;
  readonly cases: number;
  /** Outboxes of each shape. */
  readonly fills: number;
  /** Cases at once. */
  readonly workers: number;
  /** Told of each case as it ends. */
  readonly onCase?: (result: CaseResult) => void;
}

export interface CaseResult {
  readonly number: number;
  readonly shape: string;
  readonly harm: Harm;
  readonly judgement: Judgement;
}

export async function runDamage(settings: DamageSettings): Promise<CaseResult[]> {
  const parent = mkdtempSync(join(tmpdir(), 'damage-'));
  const results: CaseResult[] = [];
  const starters: Starter[] = [];
  try {
    const filled: Filled[] = [];
    for (const shape of SHAPES)
      for (let fill = 0; fill < settings.fills; fill += 1)
        filled.push(await fillOutbox(shape, settings.seed + fill, join(parent, `${shape}-${fill}`)));
    let next = 0;
    const work = async () => {
      const starter = createStarter();
      starters.push(starter);
      for (let number = next++; number < settings.cases; number = next++) {
        const result = await runCase(starter, parent, filled, settings.seed, number);
        results.push(result);
        settings.onCase?.(result);
      }
    };
    await Promise.all(Array.from({ length: settings.workers }, work));
    return results;
  } finally {
    for (const starter of starters) starter.close();
    rmSync(parent, { recursive: true, force: true, maxRetries: 20 });
  }
}

async function runCase(
  starter: Starter,
  parent: string,
  all: readonly Filled[],
  seed: number,
  number: number,
): Promise<CaseResult> {
  const random = createRandom(seed * 1_000_003 + number);
  const filled = all[random.whole(0, all.length - 1)] as Filled;
  const root = join(parent, `case-${number}`);
  cpSync(filled.root, root, { recursive: true });
  const harm = chooseHarm(root, random);
  const harmed = harmedRecords(filled.root, harm);
  applyHarm(root, harm);
  const events = [...filled.lanes];
  const starts: Started[] = [];
  const start = async (adds: boolean) => {
    const started = await starter.start({ root, events, adds });
    starts.push(started);
    return !('died' in started) && started.ok;
  };
  if ((await start(false)) || (await start(false))) await start(true);
  rmSync(root, { recursive: true, force: true, maxRetries: 20 });
  return { number, shape: filled.shape, harm, judgement: judge(filled, harmed, starts) };
}
