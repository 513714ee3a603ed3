// Finds mappings and filters that have applied to no event.

import { counted, item, linkTo } from './item.js';
import type { AttentionItem } from './shapes.js';
import type { OverviewState } from './state.js';

const MAX_TOLD = 20;

export function findUnused({ unusedRows }: OverviewState): readonly AttentionItem[] {
  return unusedRows.slice(0, MAX_TOLD).map(({ workspace, source, setting, row, events }) => {
    const isMapping = setting === 'identifierMappings';
    // A name to leave out that does not come is no loss.
    const isExclusion = setting.endsWith('excludeEvents');
    return item({
      kind: 'row_unused',
      severity: isExclusion ? 'info' : 'warning',
      workspace,
      which: `${setting} ${row}`,
      what: isMapping
        ? `The mapping ${row} of workspace ${workspace} has found no value.`
        : `\`${row}\` in ${setting} of workspace ${workspace} has matched no event.`,
      why: isMapping
        ? `None of ${counted(events, 'event')} since the settings are in force had the field.`
        : `None of ${counted(events, 'event')} since the settings are in force had such a name.`,
      fix: isMapping
        ? `Compare the path in ${source} with a real event: it is written without \`$.\` and counts letter case.`
        : `Compare it with the names in the live log: in ${source} they are written without the prefix, and letter case counts.`,
      link: linkTo('mapping', { workspace }),
    });
  });
}
