// What would become of one event, in the words of its source.

import type { PluginError } from '../../base/errors.js';
import { Trace } from '../../base/trace.js';
import type { InboundDecision } from '../../ingest/inbound-line.js';
import type { OutboundDecision } from '../../ingest/outbound-line.js';
import type { Notes } from '../../model/notes.js';
import type { RequestShower, ShownRequest } from './shown-request.js';

/** What would become of one event. */
export type Tried =
  | {
      readonly result: 'converted';
      readonly workspaceId: string;
      /** What is odd about it. */
      readonly notes?: Notes;
      /** What only some senders may do with such an event, and how they prove themselves. */
      readonly needs?: string;
      /** As they would be sent, with every key masked. */
      requests(): Promise<readonly ShownRequest[]>;
      /** Every decision, in order. */
      explain(): Trace;
    }
  | {
      readonly result: 'filtered';
      readonly workspaceId: string;
      readonly reason: string;
      readonly detail: string;
      explain(): Trace;
    }
  | {
      readonly result: 'invalid';
      /** Absent where the event does not get as far as that. */
      readonly workspaceId?: string;
      readonly code: string;
      /** As the source words it. */
      readonly message: string;
      explain(): Trace;
    };

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
  const explain = () => {
    const trace = new Trace();
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
        explain,
      };
    }
  }
}

/** What would become of an event that does not get as far as the line. */
export function refused(error: PluginError): Tried {
  return { result: 'invalid', code: error.code, message: error.message, explain: () => new Trace() };
}
