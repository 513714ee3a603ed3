// Finds variables in settings that are no keys, where nothing is replaced.

import { describedValues } from '../settings-schema.js';
import type { Mistake } from './mistake.js';

/** As programs, shells, CI systems and our own keys write them. */
const VARIABLE = /\$\{[^}]*\}|\$\([^)]*\)|\{\{|^\$[A-Z_][A-Z0-9_]*$|^%[A-Z_][A-Z0-9_]*%$|^env:[A-Z_][A-Z0-9_]*$/;

/** Warns of them, beside a fault where the setting takes no such characters. Templates of names have braces of their own. */
export function* findUnreplacedVariables(settings: object): Generator<Mistake, void> {
  for (const { at, schema, value } of describedValues(settings)) {
    if (schema.secret || at[0] === 'eventNameTemplates') continue;
    if (typeof value === 'string' && VARIABLE.test(value) && !isPath(at))
      yield { kind: 'warning', at, message: 'is taken as it stands: only keys and secrets can name a variable' };
  }
}

/** Braces and dollars in field paths are faults already. */
function isPath(at: Mistake['at']): boolean {
  return at.at(-1) === 'from' || at[0] === 'valueFrom' || at[0] === 'idListField';
}
