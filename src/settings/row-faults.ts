// Finds rows of lists in settings that do not go together.

import { type SettingsPath, valueAt } from './settings-path.js';
import { defaultsAt } from './settings-schema.js';

/** A value in a row that is at fault because of other rows. */
export interface RowFault {
  readonly at: SettingsPath;
  readonly message: string;
}

/** Lists whose rows are told apart by one of their fields: a target's queue and messageIds go by its name, an audience finds its list by the key. */
const UNIQUE = [
  { list: ['outbound', 'targets'], name: 'name', message: 'is the name of another target already' },
  { list: ['audiences', 'lists'], name: 'key', message: 'is the key of another list already' },
] as const;

const DEFAULT_UNITS = defaultsAt(['audiences']).units;

/** Every row fault of settings. Values of the wrong type, which are faults of their own, are passed over. */
export function findRowFaults(settings: unknown): RowFault[] {
  return [
    ...UNIQUE.flatMap(({ list, name, message }) => {
      const seen = new Set<string>();
      return column(valueAt(settings, list), name).flatMap((value, index) => {
        const size = seen.size;
        const isFirst = typeof value !== 'string' || seen.add(value).size > size;
        return isFirst ? [] : [{ at: [...list, index, name], message }];
      });
    }),
    ...idTypeFaults(settings),
  ];
}

/** Without a unit of its id type no event would ever change the list. */
function idTypeFaults(settings: unknown): RowFault[] {
  const units = column(valueAt(settings, ['audiences', 'units']) ?? DEFAULT_UNITS, 'idType');
  if (units.length === 0 || !units.every((idType) => typeof idType === 'string')) return [];
  return column(valueAt(settings, ['audiences', 'lists']), 'idType').flatMap((idType, index) =>
    typeof idType !== 'string' || idType === '' || units.includes(idType)
      ? []
      : [{ at: ['audiences', 'lists', index, 'idType'], message: 'no row of units has this id type' }],
  );
}

/** The field of each row; none where there is no list. */
function column(rows: unknown, name: string): unknown[] {
  return Array.isArray(rows) ? rows.map((row) => valueAt(row, [name])) : [];
}
