// Plays many fixtures against one running plugin.

import { Agent } from 'node:http';
import type { CallDesk } from './call-desk.js';
import type { Fixture, FixtureCall } from './fixture.js';
import type { Difference } from './match.js';
import { type Played, playFixture, type Stage } from './play-fixture.js';
import type { ReadFixture } from './read-fixtures.js';
import { type createValues, holdsMadeUp } from './values.js';

/** A fixture that is to be played, and the values that its settings were filled with. */
export interface CastFixture extends ReadFixture {
  readonly values: ReturnType<typeof createValues>;
}

/** What came of a fixture. */
export interface FixtureResult extends ReadFixture {
  /** None: it holds. */
  readonly differences: readonly Difference[];
}

/** Where they are played. */
export interface PlayOptions extends Pick<Stage, 'url' | 'publicUrl'> {
  readonly desk: CallDesk;
  /** Milliseconds to wait for calls. Default: 20 000. */
  readonly patienceMs?: number;
  /** Fixtures that are played at the same time. Default: 32. */
  readonly concurrency?: number;
  /** Resolves when the plugin has sent all that it is going to send. */
  readonly settled: () => Promise<void>;
}

const PATIENCE_MS = 20_000;
const CONCURRENCY = 32;

function callsOf({ exchanges }: Fixture): readonly FixtureCall[] {
  return exchanges.flatMap(({ calls = [] }) => calls);
}

/** Nothing in such a call tells whose it is. */
function needsToBeAlone(fixture: Fixture): boolean {
  return callsOf(fixture).some(({ reply: _, ...call }) => !holdsMadeUp(JSON.stringify(call)));
}

async function inParallel(count: number, tasks: readonly (() => Promise<void>)[]): Promise<void> {
  const rest = tasks.values();
  await Promise.all(
    Array.from({ length: Math.min(count, tasks.length) }, async () => {
      for (const task of rest) await task();
    }),
  );
}

/**
 * Plays fixtures: most at the same time, those whose calls do not tell whose they are one after the other.
 *
 * @param cast whose settings the plugin has
 * @returns in the order of the cast
 */
export async function playFixtures(
  cast: readonly CastFixture[],
  { url, publicUrl, desk, patienceMs = PATIENCE_MS, concurrency = CONCURRENCY, settled }: PlayOptions,
): Promise<readonly FixtureResult[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: concurrency });
  const played = new Map<string, Played>();
  const play = async ({ file, fixture, values }: CastFixture, isAlone: boolean) => {
    const stage = { url, ...(publicUrl !== undefined && { publicUrl }), desk, agent, patienceMs, isAlone };
    played.set(file, await playFixture(fixture, values, stage));
  };
  const [alone, together] = [true, false].map((isAlone) =>
    cast.filter(({ fixture }) => needsToBeAlone(fixture) === isAlone).map((each) => () => play(each, isAlone)),
  );
  await inParallel(concurrency, together ?? []);
  for (const task of alone ?? []) await desk.alone(task);
  await settled();
  agent.destroy();
  return cast.map(({ file, fixture }) => {
    const { differences = [], finish } = played.get(file) ?? {};
    return { file, fixture, differences: [...differences, ...(finish?.() ?? [])] };
  });
}
