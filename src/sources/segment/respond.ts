// Words the answers to Segment, which people read in its Event Delivery.

import { describeError, ERRORS, type ErrorCode, PluginError } from '../../base/errors.js';
import type { Logger } from '../../base/logger.js';
import { Ongoing } from '../../base/ongoing.js';
import type { Accepted, Ingested } from '../../ingest/inbound.js';
import type { Filtered, Invalid } from '../../model/conversion.js';
import { isJsonObject } from '../../model/segment-event.js';
import { DELETIONS_TARGET, listOfTarget, shownByDryRun } from '../../outbox/lane-id.js';
import type { CompiledWorkspace } from '../../transform/compiled-workspace.js';
import { describeInvalid, summarisePush } from '../result-words.js';

/** An answer's status and its body, to be sent as JSON. */
export interface SegmentResponse {
  readonly status: number;
  readonly body: object;
}

/** As much of the request as the answer to one event depends on. */
export interface ResponseContext {
  /** Partner subscriptions want 501 for a type that is not supported; a webhook would show that as an error. */
  readonly kind: 'webhook' | 'partner';
  readonly workspace: Pick<CompiledWorkspace, 'secretKey' | 'audiences' | 'isPaused'>;
}

const DATED_BY_RECEIPT =
  'It says in no usable way when it happened, and is dated by when it was received (time_replaced).';

/** What a message repeats of the event, in characters. */
const MAX_DETAIL = 200;

function isNoEvent(result: Ingested): result is Invalid {
  return result.kind === 'invalid' && (result.code === 'EVENT_TYPE_MISSING' || result.code === 'ELEMENT_NOT_OBJECT');
}

function cutDetail({ detail }: Filtered): string {
  return detail.slice(0, MAX_DETAIL);
}

function describeFiltered(filtered: Filtered): string {
  return `Filtered (${filtered.reason}): ${cutDetail(filtered)}.`;
}

/** An error of the table, in the form of all errors of these routes. */
function refuse(error: ErrorCode, message: string): SegmentResponse {
  return { status: ERRORS[error].status, body: { error, message } };
}

function describeDryRun(key: string): string {
  return `This is a dry run, because the workspace has no ${key}: nothing is sent.`;
}

/** What becomes of it next, where that is not what was asked for; `undefined` where it is. */
function describeHold(isDry: boolean, hasKey: boolean, key: string, isPaused: boolean): string | undefined {
  if (isDry) return describeDryRun(key);
  if (!hasKey) return `It waits, because the workspace has lost its ${key}.`;
  return isPaused ? 'It waits, because the settings say so.' : undefined;
}

function describeAccepted(
  { target = '', notes = [] }: Accepted,
  { secretKey, audiences, isPaused }: ResponseContext['workspace'],
): string {
  const shown = shownByDryRun(target);
  const name = shown ?? target;
  const isDry = shown !== undefined;
  const listId = listOfTarget(name);
  if (listId !== undefined) {
    const hold = describeHold(isDry, audiences?.consoleKey !== undefined, 'Statsig console key', isPaused);
    return hold === undefined ? `It is stored and changes the ID list ${listId} next.` : `The event is stored. ${hold}`;
  }
  const hold = describeHold(isDry, secretKey !== undefined, 'Statsig key', isPaused);
  if (name === DELETIONS_TARGET) return `The deletion is stored.${hold === undefined ? '' : ` ${hold}`}`;
  const dated = notes.includes('time_replaced') ? ` ${DATED_BY_RECEIPT}` : '';
  return `The event is stored. ${hold ?? 'It is sent to Statsig next.'}${dated}`;
}

/**
 * The answer to one event. Statuses: Segment's documentation, "Build a webhook".
 *
 * @throws PluginError BODY_NOT_SEGMENT_EVENTS
 */
export function answerOne(event: unknown, result: Ingested, { kind, workspace }: ResponseContext): SegmentResponse {
  switch (result.kind) {
    case 'accepted':
      return {
        status: 200,
        body: { success: true, result: 'accepted', message: describeAccepted(result, workspace) },
      };
    case 'duplicate':
      return {
        status: 200,
        body: { success: true, result: 'duplicate', message: 'An event of this messageId is stored already.' },
      };
    case 'filtered': {
      if (kind === 'partner' && result.reason === 'unsupported_type')
        return refuse('EVENT_TYPE_UNSUPPORTED', describeError('EVENT_TYPE_UNSUPPORTED', undefined, cutDetail(result)));
      return { status: 200, body: { success: true, result: 'filtered', message: describeFiltered(result) } };
    }
    case 'invalid': {
      // A partner subscription has no mapping that could be wrong: there the event itself is.
      if (isNoEvent(result) && !(kind === 'partner' && isJsonObject(event)))
        throw new PluginError('BODY_NOT_SEGMENT_EVENTS');
      return refuse(result.code, describeInvalid(result, 'BODY_NOT_SEGMENT_EVENTS').message);
    }
  }
}

/** Something is refused for its proof, and nothing is taken: as a rule all of an audience's batch. */
function isOnlyRefused(results: readonly Ingested[]): boolean {
  const isTaken = ({ kind }: Ingested) => kind === 'accepted' || kind === 'duplicate';
  return results.some(isUnproven) && !results.some(isTaken);
}

/** The sender is known, but its proof does not cover this change of a list or deletion. */
export function isUnproven(result: Ingested): boolean {
  return result.kind === 'invalid' && result.code === 'PROOF_INSUFFICIENT';
}

/**
 * The answer to a list. It is 200 also when some events are rejected: Segment gives all of them the one status, and would send the good ones again. It
 * reads nothing else, so a list of which nothing is taken for want of a proof is an error.
 *
 * @throws PluginError BODY_NOT_SEGMENT_EVENTS when none of them is an event
 */
export function answerMany(results: readonly Ingested[]): SegmentResponse {
  if (results.length > 0 && results.every(isNoEvent)) throw new PluginError('BODY_NOT_SEGMENT_EVENTS');
  if (isOnlyRefused(results)) {
    return refuse('PROOF_INSUFFICIENT', describeError('PROOF_INSUFFICIENT'));
  }
  return { status: 200, body: summarisePush(results, 'BODY_NOT_SEGMENT_EVENTS') };
}

/** Tells the operator of changes that were refused, because Segment reads of an answer to a batch no more than its status. Told what became of the events of each request; logs the first refusal of each workspace. The others are counted in the metrics. */
export function createRefusalNotice(log: Logger): (results: readonly Ingested[], workspaceId: string) => void {
  const refused = new Ongoing();
  return (results, workspace) => {
    if (results.some(isUnproven) && refused.begins(workspace))
      log.warn({ workspace }, `Changes of lists or deletions are refused. ${describeError('PROOF_INSUFFICIENT')}`);
  };
}
