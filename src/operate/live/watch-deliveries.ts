// Shows what became of deliveries: of those from the outbox, and of the jobs that rudder-server hands over.

import { parseJson } from '../../base/json.js';
import { isNoAnswer } from '../../call/verdict.js';
import type { DeliveryOutcome } from '../../dispatch/dispatcher-options.js';
import { isJsonObject } from '../../model/segment-event.js';
import { isIntoStatsig } from '../../outbox/lane-id.js';
import type { Delivery } from '../../outbox/outbox.js';
import type { DeliveryTally } from '../../sources/rudderstack/tally.js';
import type { NewEntry } from './kept-entry.js';
import { isBad, type LiveLog } from './live-log.js';
import { MAX_EVENT_CHARACTERS, type Masker } from './mask.js';
import type { LiveOutcome } from './shapes.js';
import { type EventSummary, summariseEvent } from './summarise-event.js';

/** What watching works with. */
export interface DeliveryWatchDeps {
  readonly log: LiveLog;
  readonly maskerOf: (workspaceId: string) => Masker;
}

const OUTCOMES: Readonly<Record<DeliveryOutcome['kind'], LiveOutcome>> = {
  delivered: 'delivered',
  retry: 'pending_retry',
  dead: 'failed_delivery',
};

/** Dead letters of one request that have a line each. */
const MAX_LINES = 20;

/** Watches deliveries. */
export interface DeliveryWatch {
  readonly outcome: (outcome: DeliveryOutcome) => void;
  readonly jobs: (stage: 'proxy' | 'delete_users', tally: DeliveryTally) => void;
}

/** What a line shows of one delivery. Fields of what is sent have other names than those that the settings redact, so that nothing is shown of a person then. */
function summariseDelivery({ payload, messageId }: Delivery, masker: Masker): EventSummary {
  const id = masker.text(messageId);
  const named = id === undefined ? {} : { messageId: id };
  if (masker.redacts || payload.length > MAX_EVENT_CHARACTERS) return named;
  const content = parseJson(payload);
  const user = isJsonObject(content) ? masker.text(content.id) : undefined;
  return { ...(user !== undefined && { user }), ...summariseEvent(content, masker), ...named };
}

export function createDeliveryWatch({ log, maskerOf }: DeliveryWatchDeps): DeliveryWatch {
  function wants(outcome: LiveOutcome, workspaceId: string): boolean {
    if (!isBad(outcome) && !log.keepsAll && !log.wantsSample(workspaceId)) {
      log.skipGood(1);
      return false;
    }
    return log.hasRoom(outcome);
  }

  function addOutcome(outcome: DeliveryOutcome, deliveries: readonly Delivery[]): void {
    const { workspaceId, target, kind, reason, status, message } = outcome;
    if (!wants(OUTCOMES[kind], workspaceId)) return;
    const masker = maskerOf(workspaceId);
    const [first] = deliveries;
    const isOne = deliveries.length === 1 && first !== undefined;
    const entry: NewEntry = {
      direction: isIntoStatsig(target) ? 'inbound' : 'outbound',
      protocol: 'none',
      workspace: workspaceId,
      stage: 'delivery',
      outcome: OUTCOMES[kind],
      target,
      ...(reason !== undefined && { reason }),
      // What stands for no answer is no status that anyone sent.
      ...(status !== undefined && !isNoAnswer(message) && { status }),
      ...(isOne ? summariseDelivery(first, masker) : { count: deliveries.length }),
      note: masker.answer(message, deliveries.slice(0, MAX_LINES)),
    };
    const messageIds = deliveries.flatMap(({ messageId }) => messageId ?? []);
    log.add(entry, { messageIds });
  }

  return {
    outcome(outcome) {
      const { kind, deliveries } = outcome;
      if (kind !== 'dead' || deliveries.length > MAX_LINES) return addOutcome(outcome, deliveries);
      for (const delivery of deliveries) addOutcome(outcome, [delivery]);
    },
    jobs(stage, tally) {
      for (const { workspaceId, outcome, reason, verdict, jobs } of tally.counts) {
        if (!wants(outcome, workspaceId)) continue;
        log.add({
          direction: 'inbound',
          protocol: 'rudderstack',
          ...(workspaceId !== '' && { workspace: workspaceId }),
          stage,
          outcome,
          ...(reason !== '' && { reason }),
          status: verdict.status,
          ...(jobs > 1 && { count: jobs }),
          note: maskerOf(workspaceId).note(verdict.message, undefined),
        });
      }
    },
  };
}
