// Looks at the process: answers for the page and for the command.

import { VERSION } from '../../base/version.js';
import type { DispatcherStatus } from '../../dispatch/dispatcher-options.js';
import type { LaneStatus, OutboxStatus } from '../../outbox/outbox.js';
import { findAttention } from './attention.js';
import { isDryRun, isPaused } from './senders-of.js';
import type { HostOverview, LaneOverview, OutboxOverview, StatusAnswer } from './shapes.js';
import type { OverviewState } from './state.js';

/** Lanes and hosts that are shown. */
const MAX_SHOWN = 20;

/** Characters of an answer that are shown; it stands whole in the dead letters. */
const MAX_PROBLEM = 300;

const sum = (numbers: readonly number[]) => numbers.reduce((total, each) => total + each, 0);

function describeHosts({ hosts }: DispatcherStatus): readonly HostOverview[] {
  return hosts.slice(0, MAX_SHOWN).map(({ host, circuit, pausedUntil, problem }) => ({
    host,
    circuit,
    ...(pausedUntil !== undefined && { nextTryAt: pausedUntil }),
    ...(problem !== undefined && { problem: problem.slice(0, MAX_PROBLEM) }),
  }));
}

const NO_LANE = { waiting: 0, deadLetters: 0 };

function mergeLanes(outbox: OutboxStatus, dispatcher: DispatcherStatus): readonly LaneOverview[] {
  const stored = new Map(outbox.lanes.map((lane) => [lane.lane, lane]));
  const running = new Map(dispatcher.lanes.map((lane) => [lane.lane, lane]));
  return [...new Set([...stored.keys(), ...running.keys()])].map((lane) => {
    const { workspaceId = '', target = '' } = stored.get(lane) ?? running.get(lane) ?? {};
    const { waiting, deadLetters, oldestAcceptedAt }: Partial<LaneStatus> & typeof NO_LANE =
      stored.get(lane) ?? NO_LANE;
    const { circuit = 'closed', inFlight = 0, pausedUntil, problem } = running.get(lane) ?? {};
    return {
      workspace: workspaceId,
      target,
      waiting,
      deadLetters,
      ...(oldestAcceptedAt !== undefined && { oldestAcceptedAt }),
      circuit,
      inFlight,
      ...(pausedUntil !== undefined && { nextTryAt: pausedUntil }),
      ...(problem !== undefined && { problem: problem.slice(0, MAX_PROBLEM) }),
    };
  });
}

/** Those whose targets take nothing come first, then those with any other problem, then those that wait longest. */
function compareLanes(a: LaneOverview, b: LaneOverview): number {
  const rank = ({ circuit, problem }: LaneOverview) => (circuit === 'closed' ? 0 : 2) + (problem === undefined ? 0 : 1);
  const age = ({ oldestAcceptedAt = Number.MAX_SAFE_INTEGER }: LaneOverview) => oldestAcceptedAt;
  return rank(b) - rank(a) || age(a) - age(b) || b.deadLetters - a.deadLetters;
}

function describeOutbox({ delivery, usage, outboxMaxBytes: maxBytes }: OverviewState): OutboxOverview {
  if (typeof delivery !== 'object') {
    const state = delivery ?? 'not needed yet';
    return { state, ok: delivery === undefined, bytes: 0, maxBytes, waiting: 0, deadLetters: 0 };
  }
  const { lanes, bytes, ok, problem, counts } = delivery.outbox;
  const { diskBytes, deadLetterBytes } = usage ?? {};
  return {
    state: 'open',
    ok,
    ...(problem !== undefined && { problem }),
    bytes,
    maxBytes,
    waiting: sum(lanes.map(({ waiting }) => waiting)),
    deadLetters: sum(lanes.map(({ deadLetters }) => deadLetters)),
    ...(diskBytes !== undefined && { diskBytes }),
    ...(deadLetterBytes !== undefined && { deadLetterBytes }),
    ...(counts !== undefined && { counts }),
  };
}

/** @param ready whether the process is ready for traffic */
export function describeStatus(state: OverviewState, ready: boolean): StatusAnswer {
  const { delivery, settings, upstream, documents } = state;
  const lanes = typeof delivery === 'object' ? mergeLanes(delivery.outbox, delivery.dispatcher) : [];
  const { source, generation, faults = 0, lastError, warnings = [], missing = [] } = settings;
  const { servedOn, reason } = state.senders;
  const idsOf = (is: (document: (typeof documents)[number]) => boolean) => documents.filter(is).map(({ id }) => id);
  return {
    at: state.at,
    startedAt: state.startedAt,
    version: VERSION,
    ready,
    attention: findAttention(state),
    lanes: [...lanes].sort(compareLanes).slice(0, MAX_SHOWN),
    laneCount: lanes.length,
    lanesOpen: lanes.filter(({ circuit }) => circuit !== 'closed').length,
    hosts: typeof delivery === 'object' ? describeHosts(delivery.dispatcher) : [],
    settings: {
      source,
      documents: settings.documents,
      generation,
      faults,
      ...(lastError !== undefined && { lastError }),
      warnings,
      missing,
    },
    ...(upstream !== undefined && { upstream: { state: upstream } }),
    outbox: describeOutbox(state),
    senders: { servedOn, ...(reason !== undefined && { reason }) },
    dryRun: idsOf(isDryRun),
    paused: idsOf(isPaused),
  };
}
