// What would become of one event, in the words of its source.

import type { PluginError } from '../../base/errors.js';
import { Trace } from '../../base/trace.js';
import type { InboundDecision } from '../../ingest/inbound-line.js';
import type { OutboundDecision } from '../../ingest/outbound-line.js';
import type { Notes } from '../../model/notes.js';
import { type Output, outputsOf } from './outputs.js';
import type { RequestShower, ShownRequest } from './shown-request.js';

/** A decision to send something. */
export type Ready = Extract<InboundDecision | OutboundDecision, { readonly kind: 'ready' }>;

/** What is told of every event. */
interface Explained {
  /** Every decision, in order, and the event as it was read. */
  explain(): Trace;
}

/** What would become of one event. */
export type Tried =
  | (Explained & {
      readonly result: 'converted';
      readonly workspaceId: string;
      /** What is odd about it. */
      readonly notes?: Notes;
      /** What only some senders may do with such an event, and how they prove themselves. */
      readonly needs?: string;
      /** As they would be sent, with every key masked. */
      requests(): Promise<readonly ShownRequest[]>;
      /** What it becomes before it is put into requests, and where each field comes from. */
      outputs(): readonly Output[];
      /** What the line would hand over to be sent. It holds the keys. */
      decision(): Ready;
    })
  | (Explained & {
      readonly result: 'filtered';
      readonly workspaceId: string;
      readonly reason: string;
      readonly detail: string;
    })
  | (Explained & {
      readonly result: 'invalid';
      /** Absent where the event does not get as far as that. */
      readonly workspaceId?: string;
      readonly code: string;
      /** As the source words it. */
      readonly message: string;
    });

/** An event that a decision is about. */
export interface Asked {
  readonly workspaceId?: string;
  /** Asks the line, which gives the same answer each time. */
  readonly decide: (trace?: Trace) => InboundDecision | OutboundDecision;
  /** How the source tells its sender what is invalid. */
  readonly word: (invalid: Extract<InboundDecision, { kind: 'invalid' }>) => {
    readonly code: string;
    readonly message: string;
  };
  readonly show: RequestShower;
  /** What a deletion or a change of a list needs. */
  readonly needs?: string | undefined;
}

/** What would become of an event, in the words of its source. */
export function tried({ workspaceId = '', decide, word, show, needs }: Asked): Tried {
  let trace: Trace | undefined;
  const explain = () => {
    if (trace !== undefined) return trace;
    trace = new Trace();
    decide(trace);
    return trace;
  };
  const decision = decide();
  switch (decision.kind) {
    case 'filtered':
      return { result: 'filtered', workspaceId, reason: decision.reason, detail: decision.detail, explain };
    case 'invalid':
      return { result: 'invalid', ...(workspaceId !== '' && { workspaceId }), ...word(decision), explain };
    case 'ready': {
      const isProofAsked = 'about' in decision && (decision.about === 'deletion' || decision.about === 'membership');
      return {
        result: 'converted',
        workspaceId,
        ...(decision.notes !== undefined && { notes: decision.notes }),
        ...(isProofAsked && needs !== undefined && { needs }),
        requests: () => show(decision),
        outputs: () => outputsOf(decision, explain()),
        decision: () => decision,
        explain,
      };
    }
  }
}

/** What would become of an event that does not get as far as the line. */
export function refused(error: PluginError): Tried {
  return { result: 'invalid', code: error.code, message: error.message, explain: () => new Trace() };
}
