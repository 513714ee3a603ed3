// Which dead letters the page shows, as the address keeps it.

import type { DeadLetterGroup } from '../../../operate/dead-letters/shapes.js';

/** Fields of the form; `ago` is how long ago at most they died: `1h`. */
const NAMES = ['workspace', 'target', 'reason', 'status', 'event', 'user', 'ago'] as const;

/** All as text; empty where nothing is said. */
export type Filter = Readonly<Record<(typeof NAMES)[number], string>>;

const HOUR_MS = 3_600_000;

/** What can be chosen for the time. */
export const AGO: Readonly<Record<string, { readonly text: string; readonly ms: number }>> = {
  '1h': { text: 'Last hour', ms: HOUR_MS },
  '24h': { text: 'Last 24 hours', ms: 24 * HOUR_MS },
  '7d': { text: 'Last 7 days', ms: 7 * 24 * HOUR_MS },
};

/** Reads it from the address. */
export function readFilter(query: URLSearchParams): Filter {
  const texts = NAMES.map((name) => [name, query.get(name) ?? '']);
  return Object.fromEntries(texts) as Filter;
}

/** Whether nothing is left out. */
export const isEmpty = (filter: Filter): boolean => NAMES.every((name) => filter[name] === '');

/** As /api takes it in a query and in a body; what is empty is not said. */
export function toAsked({ ago, ...texts }: Filter, now: number): Readonly<Record<string, string | number>> {
  const span = AGO[ago];
  const status = /^\d+$/.test(texts.status) ? { status: Number(texts.status) } : {};
  const given = Object.entries({ ...texts, ...status }).filter(([, value]) => value !== '');
  return { ...Object.fromEntries(given), ...(span !== undefined && { since: now - span.ms }) };
}

/** The filter of one group, within what was asked for. */
export function ofGroup(filter: Filter, { workspaceId, target, reason, status }: DeadLetterGroup): Filter {
  return { ...filter, workspace: workspaceId, target, reason, status: String(status ?? 'none') };
}

/** Whether one group alone is meant. */
export const isOneGroup = ({ workspace, target, reason, status }: Filter): boolean =>
  [workspace, target, reason, status].every((text) => text !== '');
