// Shows in the live log what was sent from the tester.

import { isJsonObject } from '../../model/segment-event.js';
import { STATSIG_TARGET } from '../../outbox/lane-id.js';
import type { Live } from '../live/live.js';
import type { SentAnswer, TesterRequest } from './shapes.js';

/** The name of the one event of a request. */
function nameIn({ body }: TesterRequest): unknown {
  if (!isJsonObject(body)) return undefined;
  const [first] = [body.events ?? body.batch].flat();
  return isJsonObject(first) ? (first.eventName ?? first.event) : undefined;
}

/** Adds an entry for each answer; a dry run has none, as nothing was sent. */
export function showSent({ log, maskerOf }: Pick<Live, 'log' | 'maskerOf'>, sent: readonly SentAnswer[]): void {
  for (const { target, workspace, outcome: came, status, body = '', message = body, request } of sent) {
    const outcome = came === 'delivered' ? 'delivered' : 'failed_delivery';
    if (came === 'dry run' || !log.hasRoom(outcome)) continue;
    const masker = maskerOf(workspace);
    // Fields of what is sent have other names than those that the settings redact.
    const event = masker.redacts ? undefined : masker.text(nameIn(request));
    log.add({
      direction: target === STATSIG_TARGET ? 'inbound' : 'outbound',
      protocol: 'none',
      workspace,
      stage: 'delivery',
      outcome,
      target,
      ...(status !== undefined && { status }),
      ...(event !== undefined && { event }),
      note: masker.redacts ? 'Sent from the tester.' : masker.note(`Sent from the tester. ${message}`, undefined),
    });
  }
}
