// For tests of others: fixtures as their tests, and the stand-ins.

import { checkConformance } from './conformance/conformance.js';
import type { Outcome } from './conformance/outcome.js';
import { ownProcess } from './conformance/own-process.js';
import type { GivenTarget, StartedTarget, StartTarget, TargetNeeds } from './conformance/target.js';
import { describeDifferences } from './conformance/text-report.js';
import type { FixtureProtocol } from './fixture.js';
import { readFixtures } from './read-fixtures.js';

export type { StandInList } from './stand-ins/console-lists.js';
export type { DeletionAsked } from './stand-ins/deletion-calls.js';
export {
  createSegmentStandIn,
  type SegmentStandIn,
  type SegmentStandInOptions,
  type TakenEvent,
} from './stand-ins/segment-stand-in.js';
export type { DecideAnswer, StandIn, StandInAnswer, StandInOptions, StandInRequest } from './stand-ins/stand-in.js';
export {
  createStatsigStandIn,
  type LoggedEvent,
  type StatsigStandIn,
  type StatsigStandInOptions,
} from './stand-ins/statsig-stand-in.js';
export { createUpstreamStandIn, type UpstreamStandInOptions } from './stand-ins/upstream-stand-in.js';
export type { FixtureProtocol, GivenTarget, StartedTarget, StartTarget, TargetNeeds };

/** Of `node:test`, vitest or jest: as much of it as is used. */
export type RegisterTest = (name: string, run: () => Promise<void>, timeoutMs?: number) => unknown;

/** What is registered, and what it is played against. */
export interface ContractTestOptions {
  /** `test` of `node:test`, vitest or jest. */
  readonly test: RegisterTest;
  /** What runs already, or how to start it: then a process is started for each environment that fixtures need. Default: this package's own process. */
  readonly target?: GivenTarget | { readonly start: StartTarget };
  /** Default: all. */
  readonly protocols?: readonly FixtureProtocol[];
  /** A folder of fixtures. Default: those of this package. */
  readonly fixtures?: string;
  /** Milliseconds to wait for the calls of a fixture. Default: 20 000. */
  readonly patienceMs?: number;
  /** What becomes of a fixture that cannot be seen at the target: its test passes, or fails. Default: `pass`. */
  readonly unseen?: 'pass' | 'fail';
}

/** All fixtures are played in the first test. */
const TIMEOUT_MS = 600_000;

function assertHeld(outcome: Outcome | undefined, unseen: 'pass' | 'fail'): void {
  if (outcome?.verdict === 'failed') throw new Error(`It does not hold.\n${describeDifferences(outcome.differences)}`);
  if (outcome?.verdict === 'unseen' && unseen === 'fail') throw new Error(`It cannot be seen: ${outcome.reason}`);
}

/**
 * Registers one test for each fixture, and plays all of them together when the first test runs, between stand-ins on loopback.
 *
 * @throws FixtureError when a file of the folder is no fixture
 */
export function contractTests({
  test,
  target = { start: ownProcess() },
  protocols,
  fixtures: folder,
  patienceMs,
  unseen = 'pass',
}: ContractTestOptions): void {
  const fixtures = readFixtures(folder).filter(
    ({ fixture }) => protocols === undefined || protocols.includes(fixture.protocol),
  );
  let played: Promise<ReadonlyMap<string, Outcome>> | undefined;
  const play = async () => {
    const outcomes = await checkConformance({ target, fixtures, ...(patienceMs !== undefined && { patienceMs }) });
    return new Map(outcomes.map((outcome) => [outcome.file, outcome]));
  };
  for (const { file, fixture } of fixtures) {
    const run = async () => {
      played ??= play();
      assertHeld((await played).get(file), unseen);
    };
    test(`${file}: ${fixture.title}`, run, TIMEOUT_MS);
  }
}
