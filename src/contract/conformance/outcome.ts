// What came of each fixture, and the rows that they are told in: a section of a document each.

import type { FixtureProtocol, FixtureSource } from '../fixture.js';
import type { Difference } from '../match.js';
import type { ReadFixture } from '../read-fixtures.js';

/** `unseen`: the target does not let it be seen. */
export type Verdict = 'held' | 'failed' | 'unseen';

/** What came of one fixture. */
export interface Outcome extends ReadFixture {
  readonly verdict: Verdict;
  /** What was not as expected; of those that failed. */
  readonly differences: readonly Difference[];
  /** Why it cannot be seen. */
  readonly reason?: string;
}

/** What the fixtures of one section say together. */
export interface Row {
  readonly kind: FixtureSource['kind'];
  /** The document; the client and its version; the decision. */
  readonly from: string;
  readonly section?: string;
  readonly outcomes: readonly Outcome[];
}

/** Numbers of fixtures. */
export type Counts = Readonly<Record<Verdict, number>>;

/** The order in which rows are told. */
const KINDS = ['documented', 'recorded', 'derived'] as const;

/** How many there are of each. */
export function countOutcomes(outcomes: readonly Outcome[]): Counts {
  const counts = { held: 0, failed: 0, unseen: 0 };
  for (const { verdict } of outcomes) counts[verdict] += 1;
  return counts;
}

/** The same by protocol, as far as there are fixtures of it. */
export function countByProtocol(outcomes: readonly Outcome[]): ReadonlyMap<FixtureProtocol, Counts> {
  const protocols = [...new Set(outcomes.map(({ fixture }) => fixture.protocol))].sort();
  return new Map(
    protocols.map((protocol) => [
      protocol,
      countOutcomes(outcomes.filter(({ fixture }) => fixture.protocol === protocol)),
    ]),
  );
}

/** The rows: what documents say first, then what clients do, then decisions; by name. */
export function rowsOf(outcomes: readonly Outcome[]): readonly Row[] {
  const rows = new Map<string, Row & { readonly outcomes: Outcome[] }>();
  for (const outcome of outcomes) {
    const { kind, from, section } = outcome.fixture.source;
    const name = JSON.stringify([KINDS.indexOf(kind), from, section ?? '']);
    const row = rows.get(name) ?? { kind, from, ...(section !== undefined && { section }), outcomes: [] };
    rows.set(name, row);
    row.outcomes.push(outcome);
  }
  return [...rows].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, row]) => row);
}
