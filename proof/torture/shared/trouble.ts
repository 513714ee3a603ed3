// Makes trouble: kills and stops replicas, silences and cuts their connections to the database, kills the database; in an order and at moments that chance decides.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../../../testkit/random.js';
import type { Disturbance } from '../torture-excuses.js';
import type { Replica } from './replicas.js';
import type { Stage } from './shared-run.js';

/** How much trouble. */
export interface TroubleCounts {
  /** SIGKILLs of replicas. */
  readonly kills: number;
  /** SIGSTOPs of replicas, each longer than the lease. */
  readonly stops: number;
  /** SIGKILLs of the database's first process. */
  readonly databaseKills: number;
  /** Times that a replica's connections fall silent. */
  readonly silences: number;
  /** Times that the database ends a replica's connections. */
  readonly cuts: number;
}

/** What to do. */
export interface TroublePlan {
  readonly counts: TroubleCounts;
  /** How long all of it takes, about. */
  readonly seconds: number;
}

const LONGEST_WAIT_MS = 4_000;

/** A replica is stopped longer than the lease by this much, in milliseconds. */
const BEYOND_LEASE_MS = [1_500, 6_000] as const;
/** How long connections are silent, in milliseconds: less than a lease, or more. */
const SILENCE_MS = [4_000, 20_000] as const;
/** Between the death of a process and the next one in its place, in milliseconds. */
const GAP_MS = [50, 1_500] as const;

type Kind = keyof TroubleCounts;

function shuffled(counts: TroubleCounts, random: Random): readonly Kind[] {
  const { kills, stops, databaseKills, silences, cuts } = counts;
  const left = { kills, stops, databaseKills, silences, cuts };
  const kinds: Kind[] = [];
  for (let total = kills + stops + databaseKills + silences + cuts; total > 0; total -= 1) {
    const kind = random.weighted(left);
    left[kind] -= 1;
    kinds.push(kind);
  }
  return kinds;
}

/** Makes all of it; resolves when every replica runs again. @throws Error when a replica ends by itself */
export async function makeTrouble({ counts, seconds }: TroublePlan, stage: Stage): Promise<readonly Disturbance[]> {
  const { leaseMs, replicas, cluster, takeOvers, pushed, answered, random } = stage;
  const kinds = shuffled(counts, random);
  const done: Disturbance[] = [];
  const underWay = new Set<Promise<void>>();
  const restMs = (seconds * 1000) / Math.max(1, kinds.length);

  /** One that nothing is being done to, while another one is left that serves. */
  async function nextVictim(): Promise<Replica> {
    for (;;) {
      const well = replicas.filter(({ isTroubled }) => !isTroubled);
      const victim = well[random.whole(0, well.length - 1)];
      if (well.length > 1 && victim !== undefined) return victim;
      await Promise.race(underWay);
    }
  }

  let databaseDeaths = 0;
  let isDatabaseUp = true;

  async function untilMoment(): Promise<void> {
    const moment = random.weighted({ any: 1, push: 1, answer: 1 });
    if (moment === 'any') return;
    const bell = moment === 'push' ? pushed : answered;
    await Promise.race([bell.next(), sleep(LONGEST_WAIT_MS, undefined, { ref: false })]);
    const ms = random.whole(0, 8);
    if (ms > 0) await sleep(ms);
  }

  async function kill(victim: Replica): Promise<void> {
    const { run, process } = victim;
    const owned = await takeOvers.ownedBy(run);
    const from = Date.now();
    const end = await process.end('SIGKILL');
    if (end !== 'SIGKILL') throw new Error(`it ended by itself with ${end}: ${process.errors.slice(-5).join('\n')}`);
    done.push({ trouble: 'killed', run, from, to: from });
    const watching = takeOvers.watch('killed', owned, from);
    await sleep(random.whole(...GAP_MS));
    await victim.start();
    await watching;
  }

  async function stop(victim: Replica): Promise<void> {
    const { run, process } = victim;
    const owned = await takeOvers.ownedBy(run);
    const from = Date.now();
    process.child.kill('SIGSTOP');
    const watching = takeOvers.watch('stopped', owned, from);
    await sleep(leaseMs + random.whole(...BEYOND_LEASE_MS));
    process.child.kill('SIGCONT');
    done.push({ trouble: 'stopped', run, from, to: Date.now() });
    await watching;
  }

  async function silence(victim: Replica): Promise<void> {
    const from = Date.now();
    victim.address.fallSilent();
    await sleep(random.whole(...SILENCE_MS));
    victim.address.speak();
    done.push({ trouble: 'silent', run: victim.run, from, to: Date.now() });
  }

  async function cut({ run }: Replica): Promise<void> {
    const from = Date.now();
    const deaths = databaseDeaths;
    try {
      await cluster.run(`select pg_terminate_backend(pid) from pg_stat_activity where application_name = '${run}'`);
    } catch (error) {
      // A database that is killed meanwhile cuts them, too.
      if (databaseDeaths === deaths && isDatabaseUp) throw error;
    }
    done.push({ trouble: 'cut', run, from, to: Date.now() });
  }

  async function killDatabase(): Promise<void> {
    const from = Date.now();
    isDatabaseUp = false;
    databaseDeaths += 1;
    await cluster.kill();
    await sleep(random.whole(0, 2_000));
    await cluster.start();
    isDatabaseUp = true;
    done.push({ trouble: 'database killed', from, to: Date.now() });
  }

  async function trouble(victim: Replica, make: (victim: Replica) => Promise<void>): Promise<void> {
    victim.isTroubled = true;
    try {
      await make(victim);
    } finally {
      victim.isTroubled = false;
    }
  }

  const ways = { kills: kill, stops: stop, silences: silence, cuts: cut };
  let failed: unknown;
  for (const kind of kinds) {
    const begin = performance.now();
    if (kind === 'databaseKills') {
      await untilMoment();
      await killDatabase();
    } else {
      const victim = await nextVictim();
      await untilMoment();
      const making = trouble(victim, ways[kind])
        .catch((error: unknown) => {
          failed ??= error;
        })
        .finally(() => underWay.delete(making));
      underWay.add(making);
    }
    if (failed !== undefined) throw failed;
    const left = restMs * (0.4 + 1.2 * random.fraction()) - (performance.now() - begin);
    if (left > 0) await sleep(left);
  }
  await Promise.all(underWay);
  if (failed !== undefined) throw failed;
  return done.sort((a, b) => a.from - b.from);
}
