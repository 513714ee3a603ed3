// The report as JUnit XML, which CI systems show.

import { countOutcomes, type Outcome, type Row, rowsOf } from './outcome.js';
import { describeDifferences, nameRow } from './text-report.js';

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** XML 1.0 has no control characters beside these, not even escaped, and no halves of a pair. */
const NOT_IN_XML = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu;

function escapeXml(text: string): string {
  return text.replaceAll(NOT_IN_XML, '\u{FFFD}').replaceAll(/[&<>"]/g, (found) => ENTITIES[found] ?? '');
}

/** Line breaks of an attribute would be read as spaces. */
const attribute = (text: string) => escapeXml(text).replaceAll('\n', '&#10;');

function testCase({ file, fixture: { title, protocol }, verdict, differences, reason = '' }: Outcome): string {
  const head = `    <testcase classname="${attribute(protocol)}" name="${attribute(title)}" file="${attribute(file)}"`;
  if (verdict === 'held') return `${head}/>`;
  if (verdict === 'unseen') return `${head}><skipped message="${attribute(reason)}"/></testcase>`;
  const [first] = differences;
  const message = attribute(first?.where ?? '');
  return `${head}><failure message="${message}">${escapeXml(describeDifferences(differences))}</failure></testcase>`;
}

function countsOf(outcomes: readonly Outcome[]): string {
  const { failed, unseen } = countOutcomes(outcomes);
  return `tests="${outcomes.length}" failures="${failed}" errors="0" skipped="${unseen}"`;
}

function testSuite(row: Row): string {
  const { outcomes } = row;
  return [
    `  <testsuite name="${attribute(nameRow(row))}" ${countsOf(outcomes)}>`,
    ...outcomes.map(testCase),
    '  </testsuite>',
  ].join('\n');
}

/** A suite for each row, a test case for each fixture; what cannot be seen is skipped. */
export function junitReport(outcomes: readonly Outcome[]): string {
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="statsig-cdp conformance" ${countsOf(outcomes)}>`,
    ...rowsOf(outcomes).map(testSuite),
    '</testsuites>',
    '',
  ].join('\n');
}
