// A process of its own that opens harmed outboxes: what is harmed may abort it.

import { join } from 'node:path';
import { type LaneId, laneId, partsOfLane } from '../../src/outbox/lane-id.js';
import type { OutboxEvent } from '../../src/outbox/outbox.js';
import { type Findings, NOW, ORIGIN, openForDamage, readOutbox } from './open.js';

/** What one start came to. */
export interface Start extends Findings {
  /** Of the messageIds that were seen before those that are taken for new. */
  readonly forgotten: number;
  /** A new event is accepted. */
  readonly accepts: boolean;
}

export interface Order {
  readonly root: string;
  /** `messageId` and lane of all events that the outbox ever took. */
  readonly events: readonly (readonly [string, LaneId])[];
  /** Only the second start adds to what is there. */
  readonly adds: boolean;
}

function probeEvent(messageId: string, lane: LaneId): OutboxEvent {
  return { ...partsOfLane(lane), messageId, origin: ORIGIN, payload: '{}', acceptedAt: NOW };
}

async function start({ root, events, adds }: Order): Promise<Start> {
  const outbox = await openForDamage(join(root, 'outbox'));
  try {
    const findings = await readOutbox(outbox);
    if (!adds || !findings.ok) return { ...findings, forgotten: 0, accepts: false };
    const [taken] = await outbox.append([probeEvent('new', laneId('probe', 'statsig'))]);
    const again = await outbox.append(events.map(([id, lane]) => probeEvent(id, lane)));
    const forgotten = again.filter((appended) => appended === 'accepted').length;
    const { problem = findings.problem } = outbox.lastStatus();
    return { ...findings, problem, forgotten, accepts: taken === 'accepted' };
  } finally {
    await outbox.close();
  }
}

process.on('message', (order: Order) => {
  start(order).then(
    (done) => process.send?.(done),
    (error: unknown) => process.send?.({ threw: String(error) }),
  );
});
