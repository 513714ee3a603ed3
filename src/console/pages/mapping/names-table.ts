// Names of events seen lately, how many there were, and whether they are sent: a tick takes a name out of the filters or puts it in.

import { html } from 'htm/preact';
import type { SeenName } from '../../../operate/settings/shapes.js';
import { Badge, Checkbox, Count, Empty, Table } from '../../components/index.js';
import { type Place, valueAt } from './draft.js';
import { effectOf } from './effect-of.js';
import type { TabProps } from './form-parts.js';
import type { Desk } from './use-desk.js';

interface Lists {
  readonly include: Place;
  readonly exclude: Place;
}

const listAt = (desk: Desk, place: Place): readonly unknown[] => {
  const value = valueAt(desk.draft, place);
  return Array.isArray(value) ? value : [];
};

/** The pattern with a `*` that keeps a name out, which a tick of the name cannot change. */
function patternAgainst(desk: Desk, { exclude }: Lists, name: string): string | undefined {
  return effectOf(desk)?.patterns.find(
    ({ list, pattern, names }) => list === exclude.join('.') && pattern !== name && names.includes(name),
  )?.pattern;
}

function isListed(desk: Desk, lists: Lists, name: string): boolean {
  const patterns = effectOf(desk)?.patterns ?? [];
  const includes = listAt(desk, lists.include);
  const isIncluded =
    includes.length === 0 ||
    includes.includes(name) ||
    patterns.some(({ list, names }) => list === lists.include.join('.') && names.includes(name));
  return isIncluded && !listAt(desk, lists.exclude).includes(name) && patternAgainst(desk, lists, name) === undefined;
}

function setSent(desk: Desk, { include, exclude }: Lists, name: string, isSent: boolean): void {
  const excluded = listAt(desk, exclude);
  if (!isSent) {
    desk.setValue(exclude, [...excluded, name]);
    return;
  }
  const left = excluded.filter((each) => each !== name);
  if (left.length !== excluded.length) desk.setValue(exclude, left.length === 0 ? undefined : left);
  const included = listAt(desk, include);
  if (included.length > 0 && left.length === excluded.length && !included.includes(name))
    desk.setValue(include, [...included, name]);
}

function Sent({ name: { tried, sentBefore, sentAfter } }: { readonly name: SeenName }) {
  if (sentBefore === sentAfter) return html`<span class="muted">${sentAfter} of ${tried}</span>`;
  return html`<${Badge} tone=${sentAfter > sentBefore ? 'good' : 'warn'}>${sentBefore} → ${sentAfter} of ${tried}<//>`;
}

/** @param out of Statsig, not into it */
export function NamesTable({ desk, disabled, out }: TabProps & { readonly out: boolean }) {
  const names = (effectOf(desk)?.names ?? []).filter(({ source }) => (source === 'statsig') === out);
  const lists: Lists = out
    ? { include: ['outbound', 'includeEvents'], exclude: ['outbound', 'excludeEvents'] }
    : { include: ['includeEvents'], exclude: ['excludeEvents'] };
  if (names.length === 0)
    return html`<${Empty} title="No events seen lately">Names appear here once events have come.<//>`;
  const columns = [
    {
      id: 'sent',
      title: 'Send',
      cell: ({ name }: SeenName) => {
        const pattern = patternAgainst(desk, lists, name);
        return html`<span title=${pattern === undefined ? undefined : `Kept out by ${pattern}`}>
          <${Checkbox} label=${`Send ${name}`} hideLabel=${true} checked=${isListed(desk, lists, name)} disabled=${disabled || pattern !== undefined} onChange=${(checked: boolean) => setSent(desk, lists, name, checked)} />
        </span>`;
      },
    },
    {
      id: 'name',
      title: 'Name',
      wide: true,
      cell: ({ name }: SeenName) => {
        const pattern = patternAgainst(desk, lists, name);
        return html`<code>${name}</code>${pattern !== undefined && html` <span class="muted">kept out by <code>${pattern}</code></span>`}`;
      },
    },
    {
      id: 'events',
      title: 'Events lately',
      numeric: true,
      cell: ({ events, tried }: SeenName) => html`<${Count} value=${events ?? tried} short=${true} />`,
    },
    {
      id: 'effect',
      title: 'Sent of the last',
      numeric: true,
      cell: (name: SeenName) => html`<${Sent} name=${name} />`,
    },
  ];
  return html`<${Table} caption="Names of events seen lately" columns=${columns} rows=${names} rowKey=${({ name }: SeenName) => name} />`;
}
