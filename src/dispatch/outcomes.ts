// Tells what became of deliveries: one log line and one outcome for each kind.

import type { Logger } from '../base/logger.js';
import { type LaneId, partsOfLane } from '../outbox/lane-id.js';
import type { Attempted } from './batch-attempt.js';
import type { DeliveryOutcome } from './dispatcher-options.js';

/** Who is told. */
export interface OutcomeListeners {
  readonly log: Logger;
  readonly onOutcome: (outcome: DeliveryOutcome) => void;
}

/** What is told of a try. */
type Told = Pick<Attempted, 'settlements' | 'failed' | 'answer' | 'answerToDelivered' | 'pauseUntil'>;

const KINDS: readonly DeliveryOutcome['kind'][] = ['delivered', 'retry', 'dead'];

/** Payloads are not logged: they hold people's data. */
export function tellOutcomes(
  lane: LaneId,
  { settlements, failed, answer, answerToDelivered = answer, pauseUntil }: Told,
  { log, onOutcome }: OutcomeListeners,
): void {
  const where = partsOfLane(lane);
  const told = [
    ...settlements.map((each) => (each.kind === 'putBack' ? { ...each, kind: 'retry' as const } : each)),
    ...failed.map((delivery) => ({ kind: 'retry', delivery }) as const),
  ];
  for (const kind of KINDS) {
    const settled = told.filter((each) => each.kind === kind);
    const [first] = settled;
    if (first === undefined) continue;
    const reason = first.kind === 'dead' ? { reason: first.reason } : {};
    const { status, message } = kind === 'delivered' ? answerToDelivered : answer;
    const fields = { ...where, events: settled.length, ...reason, answer: message };
    if (kind === 'dead') log.error(fields, 'Given up, the events are dead letters now');
    else if (kind === 'retry') log.warn({ ...fields, pauseUntil }, 'Not delivered, to be tried again');
    else log.debug(fields, 'Delivered');
    const deliveries = settled.map(({ delivery }) => delivery);
    onOutcome({ ...where, kind, deliveries, ...reason, ...(status !== undefined && { status }), message });
  }
}
