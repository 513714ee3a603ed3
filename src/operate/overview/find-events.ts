// What needs attention about senders and their events.

import { ERRORS, type ErrorCode, UNAVAILABLE } from '../../base/errors.js';
import { describeNote } from '../../model/note-sentences.js';
import type { EventNote } from '../../model/notes.js';
import { manifest } from '../../settings/manifest.js';
import { counted, item, linkTo, workspaceNamed } from './item.js';
import type { RefusedSender } from './refused-senders.js';
import type { AttentionItem, Severity } from './shapes.js';
import type { OverviewState } from './state.js';

const MAX_EACH = 20;

/** So many events tell that it is no coincidence. */
const MANY = 20;

/** Routes of operators: who is refused there sends no events. */
const OPERATORS: ReadonlySet<string> = new Set(
  Object.values(manifest.protocols).flatMap(({ listener, routes }) =>
    listener === 'private' ? routes.flatMap(({ path }) => (path.startsWith('/api') ? [path] : [])) : [],
  ),
);

/** Of a sender of ours that is set up wrongly, as far as can be told: anyone may knock at a public port. */
function severityOf({ route, code, workspace, sentIs, nearestWorkspace, message }: RefusedSender): Severity {
  if (OPERATORS.has(route)) return 'info';
  if (workspace !== '' || sentIs.length > 0 || nearestWorkspace !== undefined) return 'error';
  // Where a route is near, it was meant.
  if (code === 'ROUTE_UNKNOWN') return message.includes('nearest route') ? 'warning' : 'info';
  return route === 'other' ? 'info' : 'warning';
}

function causeOf({ workspace, unknownWorkspace, nearestWorkspace, sentIs, sent = [] }: RefusedSender): string {
  const causes = [
    workspace === '' ? '' : `It asked for workspace ${workspace}.`,
    unknownWorkspace === undefined ? '' : `It asked for workspace ${unknownWorkspace}, which does not exist.`,
    nearestWorkspace === undefined ? '' : `The nearest one is ${nearestWorkspace}.`,
    sentIs.length === 0 ? '' : `What it sent stands in ${sentIs.join(', ')}.`,
    sentIs.length === 0 && sent.length > 0 ? `It showed: ${sent.join(', ')}.` : '',
  ];
  return causes.filter((cause) => cause !== '').join(' ');
}

function fixOf({ code, sentIs, unknownWorkspace, nearestWorkspace }: RefusedSender): string {
  if (nearestWorkspace !== undefined)
    return `Send to workspace ${nearestWorkspace}: correct the path in the settings of the sender.`;
  if (unknownWorkspace !== undefined)
    return 'Correct the workspace in the path: it is the id of a settings document. Or write a settings document of this id.';
  if (sentIs.length > 0 && code !== 'ROUTE_UNKNOWN') return `That is a key for another place. ${ERRORS[code].fix}`;
  return ERRORS[code].fix;
}

function findRefused({ refusedSenders }: OverviewState): readonly AttentionItem[] {
  const real = refusedSenders.filter(({ code }) => !(code in UNAVAILABLE));
  return real
    .map((refused) => {
      const { route, code, workspace, count, message, lastAt, sentIs } = refused;
      // The message ends with what to do about it.
      const said = message.replace(ERRORS[code].fix, '').trim();
      return item({
        kind: 'refused_sender',
        severity: severityOf(refused),
        workspace,
        which: [route, code, ...sentIs].join(' '),
        what: `${counted(count, 'request')} to ${route === 'other' ? 'a path that is no route' : route} ${count === 1 ? 'was' : 'were'} refused within the hour.`,
        why: [said, causeOf(refused)].filter((part) => part !== '').join(' '),
        fix: fixOf(refused),
        link: linkTo('live', { list: 'errors', outcome: 'refused', search: code }),
        lastAt,
      });
    })
    .sort((a, b) => RANK[a.severity] - RANK[b.severity])
    .slice(0, MAX_EACH);
}

export const RANK: Readonly<Record<Severity, number>> = { error: 0, warning: 1, info: 2 };

function findIngest({ rows, discards, startedAt, silenced }: OverviewState): readonly AttentionItem[] {
  return rows.flatMap(({ workspace, direction, target, lastHour }) => {
    const { received, converted, filtered, failed_on_ingest: failed } = lastHour;
    if (target !== '') return [];
    const reasonsOf = (outcomes: readonly string[]) =>
      discards.filter(
        (each) => each.workspace === workspace && each.direction === direction && outcomes.includes(each.outcome),
      );
    const filters = reasonsOf(['filtered', 'duplicate']);
    const [fault] = reasonsOf(['failed_on_ingest']);
    const isTold = silenced.some((each) => each.workspace === workspace && each.direction === direction);
    const isAllFiltered = !isTold && received >= MANY && converted === 0 && filtered >= received;
    return [
      ...(isAllFiltered
        ? [
            item({
              kind: 'all_filtered',
              severity: 'warning',
              workspace,
              which: direction,
              what: `Of ${workspaceNamed(workspace)} every ${direction} event of the last hour was filtered.`,
              why: `${counted(received, 'event')}; ${filters.length === 0 ? 'that was before this process started, and the reasons are not kept' : `reasons since the start: ${filters.map(({ reason, count }) => `${reason === '' ? 'duplicates' : reason} (${count})`).join(', ')}`}.`,
              fix: 'Look at one of them in the live log: it names the setting that keeps it out.',
              link: linkTo('live', { workspace, outcome: 'filtered' }),
            }),
          ]
        : []),
      ...(failed > 0
        ? [
            item({
              kind: 'failed_on_ingest',
              severity: 'warning',
              workspace,
              which: direction,
              what: `${counted(failed, `${direction} event`)} of ${workspaceNamed(workspace)} failed on ingest within the hour.`,
              why: fault === undefined ? beforeStart(startedAt) : describeFault(fault.reason),
              fix: fixOfFault(fault?.reason),
              link: linkTo('live', { list: 'errors', workspace, outcome: 'failed_on_ingest' }),
            }),
          ]
        : []),
    ];
  });
}

/** Lists of names that let nothing through: told before an hour of it has gone by. */
function findSilenced({ silenced }: OverviewState): readonly AttentionItem[] {
  return silenced.slice(0, MAX_EACH).map(({ workspace, source, direction, events }) => {
    const setting = direction === 'outbound' ? 'outbound.includeEvents' : 'includeEvents';
    return item({
      kind: 'all_filtered',
      severity: 'warning',
      workspace,
      which: direction,
      what: `Of ${workspaceNamed(workspace)} every ${direction} event was filtered since its settings are in force.`,
      why: `${counted(events, 'event')}: \`${setting}\` names none of them.`,
      fix: `Correct \`${setting}\` in ${source}, or take it out; the live log shows the names that come.`,
      link: linkTo('live', { workspace, outcome: 'filtered' }),
    });
  });
}

function codeOf(reason = ''): ErrorCode | undefined {
  const code = reason.toUpperCase();
  return code in ERRORS ? (code as ErrorCode) : undefined;
}

/** The history counts no reasons. */
function beforeStart(startedAt: number): string {
  return `That was before this process started (${new Date(startedAt).toISOString()}): neither the history nor the live log has the reasons. The metrics of then have them (statsig_cdp_events_total, label \`reason\`), where they are kept.`;
}

function fixOfFault(reason: string | undefined): string {
  if (reason === undefined)
    return 'Where it goes on, it is told here with its reason; where it does not, nothing is to do.';
  const code = codeOf(reason);
  return code === undefined ? 'Look at one of them in the live log: it says what is wrong.' : ERRORS[code].fix;
}

function describeFault(reason: string): string {
  const code = codeOf(reason);
  return code === undefined ? `Mostly ${reason}.` : `Mostly ${code}: ${ERRORS[code].message}`;
}

function findOdd({ noted }: OverviewState): readonly AttentionItem[] {
  const sums = new Map<string, { readonly workspace: string; readonly note: string; events: number }>();
  for (const { labels, value } of noted) {
    const { workspace, note } = labels;
    const key = `${workspace} ${note}`;
    const sum = sums.get(key) ?? { workspace, note, events: 0 };
    sum.events += value;
    sums.set(key, sum);
  }
  return [...sums.values()].slice(0, MAX_EACH).map(({ workspace, note, events }) => {
    const sentence = describeNote(note as EventNote);
    const end = sentence.lastIndexOf('. ', sentence.length - 2) + 2;
    return item({
      kind: 'odd_events',
      severity: 'warning',
      workspace,
      which: note,
      what: `${counted(events, 'event')} of ${workspaceNamed(workspace)} since the start ${events === 1 ? 'was' : 'were'} odd: ${note}.`,
      why: sentence.slice(0, end).trim(),
      fix: sentence.slice(end),
      link: linkTo('live', { workspace }),
    });
  });
}

export function findEvents(state: OverviewState): readonly AttentionItem[] {
  return [...findRefused(state), ...findSilenced(state), ...findIngest(state), ...findOdd(state)];
}
