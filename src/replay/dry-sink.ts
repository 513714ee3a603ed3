// Says what would become of the events of an archive, by the code that decides it, and sends nothing.

import type { EpochMs } from '../base/time.js';
import type { InboundDecision } from '../ingest/inbound-line.js';
import { decideInbound } from '../ingest/inbound-line.js';
import { decideOutbound, type OutboundDecision } from '../ingest/outbound-line.js';
import { describeInvalid } from '../sources/result-words.js';
import { createRequestShower, type ShownRequest } from '../sources/tester/shown-request.js';
import type { CompiledOutbound } from '../transform/compiled-outbound.js';
import type { CompiledWorkspace } from '../transform/compiled-workspace.js';
import { OF_THE_PAST } from './deciding.js';
import { type ChosenEvent, type Sink, valueOfEvent } from './step.js';

/** Events whose requests are shown. */
const MAX_SHOWN = 3;

/** A workspace, compiled when it is asked for. */
export interface CompiledBoth {
  inbound(): CompiledWorkspace;
  outbound(): CompiledOutbound;
}

/** @param now by the system's clock */
export function createDrySink(compiled: CompiledBoth, now: () => EpochMs): Sink {
  const show = createRequestShower(now);
  const sample: ShownRequest[] = [];
  let shown = 0;

  function decide(event: ChosenEvent): InboundDecision | OutboundDecision {
    const { way } = event;
    const value = valueOfEvent(event);
    if (way === 'outbound') return decideOutbound(value, compiled.outbound(), 'targets', now());
    const sender = way === 'event' ? OF_THE_PAST : ({ source: 'segment', coversAll: true } as const);
    return decideInbound(value, compiled.inbound(), sender, now());
  }

  return {
    worksWithValues: true,
    async take(step) {
      for (const event of step.events) {
        const decision = decide(event);
        if (decision.kind === 'filtered') step.tally.filter(decision.reason);
        else if (decision.kind === 'invalid') {
          const { file, line } = event;
          step.refuse({ file, line, ...describeInvalid(decision), event: valueOfEvent(event) });
        } else {
          step.tally.accepted += 1;
          if (shown < MAX_SHOWN) {
            shown += 1;
            sample.push(...(await show(decision)));
          }
        }
      }
    },
    finish: async () => ({ sample }),
    close: async () => {},
  };
}
