// Sends events of one invocation to log_event, in as few requests as the settings allow.

import type { InboundEvent } from '../convert/inbound.js';
import { partsOf, type Workspace } from '../convert/workspace.js';
import { logEventRequest } from '../targets/statsig-events/request.js';
import { judgeLogEvent } from '../targets/statsig-events/verdict.js';
import type { Budget } from './budget.js';
import { callWithin } from './call.js';
import { type Outcome, outcomeOf, type WhenUnclear } from './outcome.js';

type Events = readonly Pick<InboundEvent, 'payload'>[];

/** How they are sent. */
export interface SendingEvents {
  readonly workspace: Workspace;
  readonly budget: Budget;
  readonly whenUnclear: WhenUnclear;
}

function divide(events: Events, workspace: Workspace): readonly Events[] {
  const { maxBatchEvents, maxBatchBytes } = partsOf(workspace).inbound;
  const batches: Pick<InboundEvent, 'payload'>[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const event of events) {
    const size = Buffer.byteLength(event.payload);
    const last = batches.at(-1);
    if (last === undefined || last.length >= maxBatchEvents || bytes + size > maxBatchBytes) {
      batches.push([event]);
      bytes = size;
    } else {
      last.push(event);
      bytes += size;
    }
  }
  return batches;
}

/** One request; of what is too large halves, and of what one event is to blame for each alone. */
async function sendBatch(events: Events, sending: SendingEvents): Promise<readonly Outcome[]> {
  const { workspace, budget, whenUnclear } = sending;
  const part = events.map(({ payload }) => ({ payload, attempts: 0 }));
  const answer = await callWithin(logEventRequest(partsOf(workspace).inbound, part, undefined), budget);
  const verdict = answer.kind === 'not begun' ? undefined : judgeLogEvent(answer, events.length);
  if (verdict?.kind === 'split') {
    const half = Math.ceil(events.length / 2);
    return (
      await Promise.all([events.slice(0, half), events.slice(half)].map((each) => sendBatch(each, sending)))
    ).flat();
  }
  if (verdict?.kind === 'isolate') return (await Promise.all(events.map((each) => sendBatch([each], sending)))).flat();
  const came = outcomeOf(answer, (said) => judgeLogEvent(said, events.length), whenUnclear);
  return events.map(() => came);
}

/** What became of each, in order. */
export async function sendEvents(events: Events, sending: SendingEvents): Promise<readonly Outcome[]> {
  const batches = divide(events, sending.workspace);
  return (await Promise.all(batches.map((each) => sendBatch(each, sending)))).flat();
}
