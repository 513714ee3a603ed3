// What the words of the log are called on the page.

import type { LiveDirection, LiveEntry, LiveGap, LiveOutcome, LiveProtocol } from '../../../operate/live/shapes.js';
import { formatCount } from '../../components/format.js';
import type { Tone } from '../../components/tone.js';

/** Outcomes in Segment's words. */
export const OUTCOMES: Readonly<Record<LiveOutcome, { readonly text: string; readonly tone: Tone }>> = {
  received: { text: 'Received', tone: 'accent' },
  delivered: { text: 'Delivered', tone: 'good' },
  filtered: { text: 'Filtered', tone: 'plain' },
  duplicate: { text: 'Duplicate', tone: 'plain' },
  pending_retry: { text: 'Pending retry', tone: 'warn' },
  failed_delivery: { text: 'Failed delivery', tone: 'bad' },
  failed_on_ingest: { text: 'Failed on ingest', tone: 'bad' },
  refused: { text: 'Refused', tone: 'bad' },
};

/** What nothing was sent for. */
const DRY_RUN = { text: 'Dry run', tone: 'warn' } as const;

/** What an outcome is called. A dry run counts as delivered, and nothing has gone out: it is told at a glance. */
export const outcomeOf = ({
  outcome,
  note,
  status,
}: Pick<LiveEntry, 'outcome' | 'note' | 'status'>): { readonly text: string; readonly tone: Tone } =>
  outcome === 'delivered' && status === undefined && note === 'dry run' ? DRY_RUN : OUTCOMES[outcome];

/** Outcomes that are kept apart: each needs somebody, or may. */
export const ERRORS: readonly LiveOutcome[] = ['refused', 'failed_on_ingest', 'failed_delivery', 'pending_retry'];

/** Sources, as their makers call them. */
export const PROTOCOLS: Readonly<Record<LiveProtocol, string>> = {
  segment: 'Segment webhook',
  tracking_api: 'Tracking API',
  rudderstack: 'RudderStack',
  rudderstack_source: 'RudderStack source',
  statsig: 'Statsig',
  operations: 'Operators',
  none: 'No route',
};

/** Directions. */
export const DIRECTIONS: Readonly<Record<LiveDirection, string>> = {
  inbound: 'Into Statsig',
  outbound: 'Out of Statsig',
  none: 'Neither',
};

/** What an entry is about, in one line: an event's name, or the request that was refused. */
export function subjectOf({ event, type, method, path, stage, count }: LiveEntry): string {
  if (event !== undefined) return type === undefined || type === 'track' ? event : `${type}: ${event}`;
  if (method !== undefined || path !== undefined) return [method, path].filter(Boolean).join(' ');
  if (type !== undefined) return type;
  return count === undefined ? stage : `${formatCount(count)} events`;
}

/** Its source; what is delivered comes from the outbox. */
export const sourceOf = ({ protocol, stage }: LiveEntry): string =>
  protocol === 'none' && stage === 'delivery' ? 'Outbox' : PROTOCOLS[protocol];

/** Its note; the code stands before a message, for logs. */
export const messageWithoutCode = ({ note, code }: LiveEntry): string | undefined => note?.replace(`${code}: `, '');

/** Why it came out so, in one line. */
export function whyOf(entry: LiveEntry): string {
  const { outcome, reason, code, status, target } = entry;
  const at = outcome === 'received' ? target && `to ${target}` : [target, status].filter(Boolean).join(' ');
  const words = messageWithoutCode(entry) ?? (reason === undefined ? code : undefined);
  return [at, reason?.replaceAll('_', ' '), words].filter(Boolean).join(' · ');
}

/** What is missing, for people. */
export function gapText({ reason, missed }: LiveGap): string {
  const count = missed === undefined ? 'Some entries' : `${formatCount(missed)} ${missed === 1 ? 'entry' : 'entries'}`;
  if (reason === 'restart') return 'The process was started anew: what it had in memory before is gone.';
  const are = missed === 1 ? 'is' : 'are';
  if (reason === 'slow') return `${count} ${are} not shown: this page was slower than the log.`;
  return `${count} ${are} not shown: more arrived than the log keeps.`;
}
