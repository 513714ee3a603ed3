// Measures contenders in interleaved rounds.

import type { Load } from './load-contract.js';
import { type Measured, measure } from './measure.js';
import type { Bench } from './row.js';
import type { Server } from './servers.js';

/** Who takes part: a server and what it is asked. */
export interface Contender {
  /** Unique in its row. */
  readonly name: string;
  readonly load: Omit<Load, 'port' | 'seconds'>;
  /** Times the usual duration of a measurement; 1 unless given. */
  readonly patience?: number;
  /** Gives the server for one measurement. */
  server(): Promise<Server>;
  /** Called after each measurement. */
  release?(server: Server): Promise<void>;
  /** Says what is wrong with the first answer; `undefined` when it is as it should be. */
  fault(answer: string): string | undefined;
}

/** The measurements by contender, in the order of the rounds. */
export type Rounds = ReadonlyMap<string, readonly Measured[]>;

/** A server that is cold says nothing of the one that operators have. */
const WARM_UP_SECONDS = 1;

async function measureOnce(bench: Bench, row: string, contender: Contender, warmUp: boolean): Promise<Measured> {
  const server = await contender.server();
  try {
    const { load } = contender;
    if (warmUp) {
      const { seen } = await measure(bench, server, { ...load, seconds: WARM_UP_SECONDS });
      const fault =
        seen.statuses['200'] === undefined ? JSON.stringify(seen.statuses) : contender.fault(seen.firstAnswer);
      if (fault !== undefined) throw new Error(`${row}, ${contender.name}: ${fault}`);
    }
    const seconds = bench.options.seconds * (contender.patience ?? 1);
    return await measure(bench, server, { ...load, seconds }, row);
  } finally {
    await contender.release?.(server);
  }
}

/** Measures the contenders by turns: A B C A B C … A server that is started anew for each measurement is warmed up each time. */
export async function runRounds(bench: Bench, row: string, contenders: readonly Contender[]): Promise<Rounds> {
  const rounds = new Map<string, Measured[]>(contenders.map(({ name }) => [name, []]));
  for (let round = 0; round < bench.options.rounds; round += 1) {
    for (const contender of contenders) {
      const warmUp = round === 0 || contender.release !== undefined;
      rounds.get(contender.name)?.push(await measureOnce(bench, row, contender, warmUp));
    }
  }
  return rounds;
}
