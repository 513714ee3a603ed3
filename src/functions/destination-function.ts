// The Destination Function: events of Segment on their way into Statsig, without a server.

import { convertInbound } from '../convert/inbound.js';
import type { Workspace } from '../convert/workspace.js';
import type { MembershipChange } from '../model/conversion.js';
import type { JsonObject } from '../model/segment-event.js';
import { type Budget, startBudget } from './budget.js';
import {
  type BatchStatus,
  DONE,
  type Outcome,
  outcome,
  outcomeOfUnsent,
  statusOf,
  throwUnlessDone,
  type WhenUnclear,
} from './outcome.js';
import { sendChanges } from './send-changes.js';
import { type Forgetting, sendDeletions } from './send-deletions.js';
import { sendEvents } from './send-events.js';
import { type SettingValues, textOf } from './setting-values.js';
import { workspaceOf } from './workspace.js';

const KEY_MISSING = 'There is no Statsig key: enter it as the setting `statsigKey`.';

/** One of the events of an invocation, by its index, and what is to be sent of it. */
interface Placed<T> {
  readonly index: number;
  readonly what: T;
}

function whenUnclearOf(values: SettingValues | undefined): WhenUnclear {
  const text = textOf(values, 'whenUnclear')?.toLowerCase() ?? 'retry';
  if (text !== 'retry' && text !== 'drop')
    throwUnlessDone(outcome('retry', 'The setting `whenUnclear` is neither `retry` nor `drop`.'));
  return text === 'drop' ? 'drop' : 'retry';
}

/** Sends all of a kind. @param send what became of each, in order */
async function settle<T>(
  placed: readonly Placed<T>[],
  came: Outcome[],
  send: (all: readonly T[]) => Promise<readonly Outcome[]>,
): Promise<void> {
  if (placed.length === 0) return;
  const outcomes = await send(placed.map(({ what }) => what));
  for (const [at, { index }] of placed.entries()) {
    const outcomeHere = outcomes[at] ?? DONE;
    // Of an event with several changes the first that fails counts.
    if ((came[index] ?? DONE).kind === 'done') came[index] = outcomeHere;
  }
}

/** Without a key nothing is sent: Statsig would refuse it, and no one would read why. */
function withKey<T>(
  workspace: Workspace,
  send: (all: readonly T[]) => Promise<readonly Outcome[]>,
): (all: readonly T[]) => Promise<readonly Outcome[]> {
  return workspace.isDryRun ? async (all) => all.map(() => outcome('retry', KEY_MISSING)) : send;
}

/** What became of each event, in order. */
async function deliver(
  events: readonly unknown[],
  workspace: Workspace,
  budget: Budget,
  whenUnclear: WhenUnclear,
): Promise<readonly Outcome[]> {
  const came: Outcome[] = [];
  const toLog: Placed<{ readonly payload: string }>[] = [];
  const toChange: Placed<MembershipChange>[] = [];
  const toForget: Placed<Forgetting>[] = [];
  const receivedAt = Date.now();
  for (const [index, event] of events.entries()) {
    const result = convertInbound(event, workspace, { isProven: true, receivedAt });
    came[index] = DONE;
    if (result.kind === 'event') toLog.push({ index, what: result });
    else if (result.kind === 'membership') toChange.push(...result.changes.map((what) => ({ index, what })));
    else if (result.kind === 'deletion') toForget.push({ index, what: result });
    else came[index] = outcomeOfUnsent(result);
  }
  await Promise.all([
    settle(
      toLog,
      came,
      withKey(workspace, (all) => sendEvents(all, { workspace, budget, whenUnclear })),
    ),
    settle(toChange, came, (all) => sendChanges(all, workspace, budget)),
    settle(
      toForget,
      came,
      withKey(workspace, (all) => sendDeletions(all, workspace, budget)),
    ),
  ]);
  return came;
}

function prepare(written: JsonObject, values: SettingValues | undefined): Workspace {
  const secretKey = textOf(values, 'statsigKey');
  const consoleKey = textOf(values, 'consoleKey');
  if (secretKey === undefined && consoleKey === undefined) throwUnlessDone(outcome('retry', KEY_MISSING));
  return workspaceOf(written, values, (document) => ({
    ...document,
    ...(secretKey !== undefined && { secretKey }),
    ...(consoleKey !== undefined && { consoleKey }),
  }));
}

/**
 * Handles one event.
 *
 * @param written the document in the script
 * @throws a class of Segment's where the event was not taken
 */
export async function handleEvent(
  written: JsonObject,
  event: unknown,
  values: SettingValues | undefined,
): Promise<void> {
  const budget = startBudget();
  const workspace = prepare(written, values);
  const [came = DONE] = await deliver([event], workspace, budget, whenUnclearOf(values));
  throwUnlessDone(came);
}

/** Handles a batch. @returns the status of each event, in order */
export async function handleBatch(
  written: JsonObject,
  events: readonly unknown[],
  values: SettingValues | undefined,
): Promise<readonly BatchStatus[]> {
  const budget = startBudget();
  const workspace = prepare(written, values);
  return (await deliver(events, workspace, budget, whenUnclearOf(values))).map(statusOf);
}
