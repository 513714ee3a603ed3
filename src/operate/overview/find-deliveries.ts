// What needs attention about deliveries: keys, targets, hosts, dead letters, the outbox.

import { hostOf } from '../../call/http-request.js';
import { isNoAnswer } from '../../call/verdict.js';
import type { LaneReport } from '../../dispatch/dispatcher-options.js';
import { isIntoStatsig, kindOfTarget } from '../../outbox/lane-id.js';
import { baseUrlOf } from '../../settings/base-url.js';
import type { WorkspaceDocument } from '../../settings/document.js';
import { addUpLanes } from '../lane-totals.js';
import { counted, item, linkTo, workspaceNamed } from './item.js';
import type { AttentionItem } from './shapes.js';
import type { OverviewState } from './state.js';
import type { RefusedKey } from './target-answers.js';

/** Of its bytes, from which on the outbox is nearly full. */
const NEARLY_FULL = 0.8;

/** Items of one kind: there may be thousands of lanes. */
const MAX_EACH = 20;

function keySetting({ target, isRudderstacks }: RefusedKey): string {
  if (isRudderstacks) return 'the secret key of the destination in RudderStack';
  if (target === 'statsig-list') return '`consoleKey`';
  return isIntoStatsig(target) ? '`secretKey`' : `\`writeKey\` of the target ${target} in \`outbound.targets\``;
}

/** All lists of a workspace are counted as one target, which no dead letter has. */
const LISTS: ReadonlySet<string> = new Set(['statsig-list', 'statsig-dry-run-list']);

function exactly(target: string): string | undefined {
  return LISTS.has(target) ? undefined : target;
}

function nameOf(target: string): string {
  if (target === 'statsig') return 'Statsig';
  if (target === 'statsig-list') return "Statsig's Console API";
  return target === 'statsig-deletions' ? "Statsig's deletions" : `target ${target}`;
}

function ofKey(refused: RefusedKey): AttentionItem {
  const { workspaceId: workspace, target, status, at, events } = refused;
  const page = refused.isRudderstacks
    ? linkTo('live', { list: 'errors', workspace })
    : linkTo('dead-letters', { workspace, target: exactly(target) });
  const where =
    workspace === '' || refused.isRudderstacks ? '' : ` in the settings document of ${workspaceNamed(workspace)}`;
  const then = refused.isRudderstacks ? '' : ', then redeliver what was given up from its dead letters';
  return item({
    kind: 'wrong_key',
    severity: 'error',
    workspace,
    target,
    which: refused.isRudderstacks ? 'proxy' : '',
    what: `${nameOf(target)} refuses the key of ${workspaceNamed(workspace)}.`,
    why: `It answered ${status} to ${counted(events, 'event')} and has taken none since: the key is wrong, was revoked, or is of another kind.`,
    fix: `Put the right key into ${keySetting(refused)}${where}${then}.`,
    link: page,
    lastAt: at,
  });
}

/** The setting that says where a target is, and where that is. */
function placeOf({ workspaceId, target }: LaneReport, documents: readonly WorkspaceDocument[]): string {
  const document = documents.find(({ id }) => id === workspaceId);
  const kind = kindOfTarget(target);
  if (document === undefined) return '';
  if (!isIntoStatsig(target)) return `\`host\` of the target ${target} in \`outbound.targets\` of ${document.source}`;
  const setting = kind === 'statsig-list' ? 'consoleUrl' : kind === 'statsig-deletions' ? 'apiUrl' : 'eventsUrl';
  return `\`${setting}\` in ${document.source} (${hostOf(baseUrlOf(document.settings, setting))})`;
}

function waitsFor(lane: LaneReport, documents: readonly WorkspaceDocument[]): AttentionItem {
  const { workspaceId: workspace, target, problem = '' } = lane;
  const place = isNoAnswer(problem) ? placeOf(lane, documents) : '';
  return item({
    kind: 'lane_waits',
    severity: 'warning',
    workspace,
    target,
    what: `What is for ${nameOf(kindOfTarget(target))} of workspace ${workspace} waits.`,
    why: `${problem}.`,
    fix:
      place === ''
        ? 'Do what it says: what waits goes out by itself then, and is kept until it does.'
        : `Look whether this machine reaches it (DNS, firewall, proxy), and correct ${place} if the address is wrong; it is tried again by itself, and what waits is kept.`,
    link: linkTo('mapping', { workspace }),
  });
}

function isDown(lane: LaneReport, documents: readonly WorkspaceDocument[]): AttentionItem {
  const { workspaceId: workspace, target, circuit, problem, pausedUntil } = lane;
  const place = placeOf(lane, documents);
  const next = pausedUntil === undefined ? '' : ` It is tried next at ${new Date(pausedUntil).toISOString()}.`;
  return item({
    kind: 'target_down',
    severity: 'error',
    workspace,
    target,
    what: `${nameOf(kindOfTarget(target))} of workspace ${workspace} takes nothing: its circuit is ${circuit}.`,
    why: `${problem ?? 'Requests failed one after another.'}${next}`,
    fix: `Look at what it answered: where its address is wrong, correct ${place === '' ? 'the settings' : place}; else wait, it is tried again by itself and nothing is lost.`,
    link: linkTo('live', { list: 'errors', workspace, search: target }),
  });
}

/** Workspaces whose settings lost their key: with nothing to send no lane says it. */
function keyless(documents: readonly WorkspaceDocument[], told: readonly LaneReport[]): readonly AttentionItem[] {
  const without = documents.filter(({ secretKey, lost }) => secretKey === undefined && lost.includes('secretKey'));
  const untold = without.filter(({ id }) => !told.some(({ workspaceId }) => workspaceId === id));
  return untold.map(({ id: workspace, source }) =>
    item({
      kind: 'lane_waits',
      severity: 'warning',
      workspace,
      target: 'statsig',
      what: `Workspace ${workspace} sends nothing into Statsig: no secretKey.`,
      why: 'Its settings document had a `secretKey` and has none any more: what comes now waits in the outbox.',
      fix: `Set \`secretKey\` in ${source}.`,
      link: linkTo('mapping', { workspace }),
    }),
  );
}

function findLanes({ delivery, refusedKeys, documents }: OverviewState): readonly AttentionItem[] {
  if (typeof delivery !== 'object') return keyless(documents, []);
  const { lanes, hosts } = delivery.dispatcher;
  const isTold = ({ workspaceId, target }: LaneReport) =>
    refusedKeys.some((key) => key.workspaceId === workspaceId && key.target === kindOfTarget(target));
  const down = lanes.filter((lane) => lane.circuit !== 'closed' && !isTold(lane));
  const waiting = lanes.filter(({ circuit, problem }) => circuit === 'closed' && problem !== undefined);
  // What is paused on purpose is told with the workspace.
  const stopped = waiting.filter((lane) => lane.problem !== 'paused by the settings' && !isTold(lane));
  return [
    ...hosts.slice(0, MAX_EACH).map(({ host, problem = 'It does not answer.', pausedUntil }) =>
      item({
        kind: 'host_down',
        severity: 'error',
        which: host,
        what: `${host} does not answer.`,
        why: `${problem}${pausedUntil === undefined ? '' : ` It is tried next at ${new Date(pausedUntil).toISOString()}.`}`,
        fix: 'Look whether this machine reaches it (DNS, firewall, proxy) and whether its address in the settings is right (`eventsUrl`, `consoleUrl`, `apiUrl`, or `host` of an outbound target); what waits goes out by itself when it answers.',
        link: linkTo('overview'),
      }),
    ),
    ...down.slice(0, MAX_EACH).map((lane) => isDown(lane, documents)),
    ...stopped.slice(0, MAX_EACH).map((lane) => waitsFor(lane, documents)),
    ...keyless(documents, stopped).slice(0, MAX_EACH),
  ];
}

function findDeadLetters({ delivery, discards }: OverviewState): readonly AttentionItem[] {
  if (typeof delivery !== 'object') return [];
  const totals = [...addUpLanes(delivery.outbox.lanes)].filter(({ deadLetters }) => deadLetters > 0);
  totals.sort((a, b) => b.deadLetters - a.deadLetters);
  return totals.slice(0, MAX_EACH).map(({ workspaceId: workspace, target, deadLetters }) => {
    const reasons = discards
      .filter((each) => each.workspace === workspace && each.target === target && each.outcome === 'failed_delivery')
      .map(({ reason, count }) => `${reason} (${count})`);
    const since =
      reasons.length === 0
        ? 'They were given up before this process started.'
        : `Since the start: ${reasons.join(', ')}.`;
    return item({
      kind: 'dead_letters',
      severity: 'warning',
      workspace,
      target,
      what: `${counted(deadLetters, 'event')} of workspace ${workspace} for ${nameOf(target)} ${deadLetters === 1 ? 'was' : 'were'} given up.`,
      why: since,
      fix: 'Look at the answer of each group, correct what it names, and redeliver them; drop those that no one needs.',
      link: linkTo('dead-letters', { workspace, target: exactly(target) }),
    });
  });
}

/** As the outbox says that its bytes are used up, or those of a workspace. */
const FULL = /(?:^|\s)full(?: for [^:]+)?: /;

function whatOf(problem: string, ok: boolean): string {
  if (FULL.test(problem)) return 'The outbox is full: senders are told to keep their events.';
  return ok ? 'Something about the outbox has to be looked at.' : 'The outbox takes no events.';
}

function fixOf(problem: string, ok: boolean): string {
  if (FULL.test(problem))
    return 'Look which lane has waited longest and why its target does not take it, or raise OUTBOX_MAX_BYTES if the disk has room.';
  return ok
    ? 'Do what "When it says damaged" of docs/operate.md says, then `statsig-cdp outbox acknowledge`.'
    : 'Make room on the disk or correct what it says; senders are told to keep their events.';
}

function findOutbox({ delivery, outboxMaxBytes }: OverviewState): readonly AttentionItem[] {
  if (typeof delivery !== 'object') return [];
  const { problem, bytes, ok } = delivery.outbox;
  const link = linkTo('overview');
  if (problem !== undefined)
    return [
      item({
        kind: 'outbox',
        severity: 'error',
        what: whatOf(problem, ok),
        why: problem,
        fix: fixOf(problem, ok),
        link,
      }),
    ];
  if (bytes < NEARLY_FULL * outboxMaxBytes) return [];
  return [
    item({
      kind: 'outbox_full',
      severity: 'warning',
      what: 'The outbox is nearly full: beyond its end senders are refused.',
      why: `${bytes} of ${outboxMaxBytes} bytes wait.`,
      fix: 'Look which lane has waited longest and why its target does not take it, or raise OUTBOX_MAX_BYTES.',
      link,
    }),
  ];
}

export function findDeliveries(state: OverviewState): readonly AttentionItem[] {
  return [
    ...state.refusedKeys.slice(0, MAX_EACH).map(ofKey),
    ...findOutbox(state),
    ...findLanes(state),
    ...findDeadLetters(state),
  ];
}
