// Says for people which rows hold, with the differences of those that do not.

import { toPrintable } from '../../base/printable.js';
import type { Json } from '../fixture.js';
import type { Difference } from '../match.js';
import { type Counts, countByProtocol, countOutcomes, type Outcome, type Row, rowsOf } from './outcome.js';

/** Characters of a value that is shown, and differences of one fixture. */
const MAX_VALUE = 300;
const MAX_DIFFERENCES = 10;

const HEADINGS = {
  documented: 'What documents say',
  recorded: 'What clients send and get',
  derived: 'What this plugin decides where no document and no client can tell',
} as const;

type Kind = keyof typeof HEADINGS;

function shown(value: Json | undefined): string {
  if (value === undefined) return '(nothing)';
  const text = JSON.stringify(value);
  return text.length > MAX_VALUE ? `${text.slice(0, MAX_VALUE)}…` : text;
}

/** One difference in three lines. */
export function describeDifference({ where, expected, actual }: Difference): string {
  return `${where}\n  - expected ${shown(expected)}\n  + got      ${shown(actual)}`;
}

/** All differences of a fixture, as far as a person reads them. */
export function describeDifferences(differences: readonly Difference[]): string {
  const lines = differences.slice(0, MAX_DIFFERENCES).map(describeDifference);
  const left = differences.length - lines.length;
  return [...lines, ...(left > 0 ? [`and ${left} more`] : [])].join('\n');
}

/** Numbers in words. */
export function describeCounts({ held, failed, unseen }: Counts): string {
  return `${held} hold, ${failed} fail, ${unseen} cannot be seen`;
}

/** Of a row. */
export function nameRow({ from, section }: Row): string {
  return section === undefined ? from : `${from}: ${section}`;
}

const indent = (text: string, by: string) => text.replaceAll(/^/gm, by);

function linesOf(row: Row): readonly string[] {
  const { held, failed, unseen } = countOutcomes(row.outcomes);
  const played = held + failed;
  const said = played === 0 ? 'cannot be seen' : failed === 0 ? 'holds' : 'FAILS';
  const part = unseen > 0 && played > 0 ? `, ${unseen} not seen` : '';
  const failures = row.outcomes
    .filter(({ verdict }) => verdict === 'failed')
    .flatMap(({ file, fixture, differences }) => [
      `      ${file}: ${fixture.title}`,
      indent(describeDifferences(differences), '        '),
    ]);
  return [`  ${said.padEnd(14)} ${nameRow(row)} (${held} of ${played === 0 ? unseen : played}${part})`, ...failures];
}

/** Of decisions those that hold are told together: who compares another program wants the documents. */
function describeKind(kind: Kind, rows: readonly Row[]): readonly string[] {
  if (kind !== 'derived') return rows.flatMap(linesOf);
  const isQuiet = ({ outcomes }: Row) => countOutcomes(outcomes).failed === 0;
  const quiet = countOutcomes(rows.filter(isQuiet).flatMap(({ outcomes }) => outcomes));
  const together = quiet.held + quiet.unseen === 0 ? [] : [`  ${describeCounts(quiet)} (--json lists them)`];
  return [...rows.filter((row) => !isQuiet(row)).flatMap(linesOf), ...together];
}

/** Why fixtures cannot be seen, and how many for each reason. */
function reasons(outcomes: readonly Outcome[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const { reason } of outcomes) if (reason !== undefined) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts].sort(([, one], [, other]) => other - one).map(([reason, count]) => `  ${count} times: ${reason}`);
}

/** Where everything has the same answer, it is most likely something else that answers. */
export function findWrongPort(outcomes: readonly Outcome[]): string | undefined {
  const played = outcomes.filter(({ verdict }) => verdict !== 'unseen');
  const statuses = played.map(({ differences: [first] }) =>
    first?.where.endsWith('.response.status') ? first.actual : undefined,
  );
  const [status] = statuses;
  if (played.length === 0 || status === undefined || !statuses.every((each) => each === status)) return undefined;
  return `Everything was answered ${shown(status)}: is it the right address, and the right port?`;
}

/** The whole report as lines of text. */
export function textReport(outcomes: readonly Outcome[]): string {
  const rows = rowsOf(outcomes);
  const parts = (Object.keys(HEADINGS) as Kind[]).flatMap((kind) => {
    const lines = describeKind(
      kind,
      rows.filter((row) => row.kind === kind),
    );
    return lines.length === 0 ? [] : [HEADINGS[kind], ...lines, ''];
  });
  const why = reasons(outcomes);
  const hint = findWrongPort(outcomes);
  const counts = [...countByProtocol(outcomes)].map(([protocol, each]) => `  ${protocol}: ${describeCounts(each)}`);
  return toPrintable(
    [
      ...parts,
      ...(why.length > 0 ? ['Not seen', ...why, ''] : []),
      ...counts,
      `${outcomes.length} fixtures: ${describeCounts(countOutcomes(outcomes))}.`,
      ...(hint === undefined ? [] : [hint]),
    ].join('\n'),
  );
}
