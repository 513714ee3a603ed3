// Finds names of Statsig's ids that no project has.

import type { Mistake } from './mistake.js';
import { stringsAt } from './strings-at.js';

/** Statsig's own, by what people write for them. */
const OWN: Readonly<Record<string, string>> = { userid: 'userID', stableid: 'stableID' };

function judge(name: string): string | undefined {
  const own = OWN[name.toLowerCase().replace(/[^a-z]/g, '')];
  if (own !== undefined && own !== name) return `makes a custom id of this name: Statsig's own is ${own}`;
  if (/^[A-Za-z0-9_-]+$/.test(name)) return undefined;
  return "holds other characters than letters, digits, _ and -: an id is called as in Statsig's console, as in companyID";
}

/** Warnings for names of ids that would make another custom id than the one that is meant. */
export function* findIdNameMistakes(settings: object): Generator<Mistake, void> {
  const names = [
    ...stringsAt(settings, ['identifierMappings'], 'to'),
    ...stringsAt(settings, ['audiences', 'units'], 'idType'),
    ...stringsAt(settings, ['outbound', 'identifierMappings'], 'from'),
  ];
  for (const { at, text } of names) {
    const message = judge(text);
    if (message !== undefined) yield { kind: 'warning', at, message };
  }
}
