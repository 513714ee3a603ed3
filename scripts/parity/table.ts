// The parity of scripts and server as a table for docs/functions.md.

import { markdownTable } from '../markdown-table.js';
import type { FeatureResult } from './run.js';

const NAMES: Readonly<Record<FeatureResult['script'], string>> = {
  'destination-function': 'Destination Function',
  'source-function': 'Source Function',
  transformation: 'Transformation',
};

/** One row for each feature, and the reasons below. */
export function parityTable(results: readonly FeatureResult[]): string {
  const whys = [...new Set(results.flatMap(({ played }) => played.flatMap(({ exception }) => exception?.why ?? [])))];
  const rows = results.map(({ title, script, folder, played }) => {
    const of = (kind: 'state' | 'other') => played.filter(({ exception }) => exception?.kind === kind);
    const numbers = [...new Set(played.flatMap(({ exception }) => (exception ? whys.indexOf(exception.why) + 1 : [])))];
    const equal = played.filter(({ differences }) => differences.length === 0).length;
    return [
      title,
      NAMES[script],
      `\`${folder}\``,
      String(played.length),
      String(equal),
      String(of('state').length),
      String(of('other').length),
      numbers.sort((one, other) => one - other).join(', '),
    ];
  });
  const head = ['Feature', 'Script', 'Fixtures', 'Server', 'Equal', 'Needs state', 'Other', 'Why'];
  return [
    markdownTable(head, rows),
    '',
    ...whys.map((why, index) => `${index + 1}. Not the same, because ${why}.`),
  ].join('\n');
}
