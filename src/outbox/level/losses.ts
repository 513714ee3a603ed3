// Says what is gone of what was written down, lane by lane.

import type { Ledger } from './ledger.js';
import type { Stored } from './load.js';
import type { Tally } from './records.js';

/** Lanes named in a sentence. */
const MOST_NAMED = 5;

const NONE: Tally = { waiting: 0, waitingSum: 0, dead: 0, deadSum: 0 };

/** @returns a sentence for each lane whose records are not those that were written down; none where all are there */
export function compareLanes(stored: Stored, ledger: Ledger): string[] {
  const names = [...new Set([...stored.ledger.lanes.keys(), ...stored.unreadable, ...ledger.lanes.keys()])].sort();
  const losses = names.flatMap((name) => {
    if (name === '') return [];
    const was = stored.ledger.lanes.get(name) ?? NONE;
    const is = ledger.lanes.get(name) ?? NONE;
    const said = stored.unreadable.has(name) ? ['how many it had cannot be read'] : compare(was, is);
    return said.length === 0 ? [] : [`${readable(name)}: ${said.join(', ')}`];
  });
  if (losses.length === 0 && stored.unreadable.has('')) return ['how many events it had cannot be read'];
  if (losses.length === 0) return compare(stored.ledger.total, ledger.total);
  const more = losses.length > MOST_NAMED ? [`${losses.length - MOST_NAMED} more lanes`] : [];
  return [...losses.slice(0, MOST_NAMED), ...more];
}

function compare(was: Tally, is: Tally): string[] {
  return [
    ...difference('waiting events', was.waiting - is.waiting, was.waitingSum !== is.waitingSum),
    ...difference('dead letters', was.dead - is.dead, was.deadSum !== is.deadSum),
  ];
}

function difference(what: string, gone: number, differs: boolean): string[] {
  if (gone > 0) return [`${gone} ${what} are gone`];
  if (gone < 0) return [`${-gone} ${what} are there again`];
  return differs ? [`some ${what} are gone, others are there again`] : [];
}

function readable(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
