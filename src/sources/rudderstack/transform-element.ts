// Takes one batch element through the line: unpack, resolve the workspace, decide.

import type { EpochMs } from '../../base/time.js';
import type { Trace } from '../../base/trace.js';
import { decideInbound, type RudderstackSender, type TransformDecision } from '../../ingest/inbound-line.js';
import type { Invalid } from '../../model/conversion.js';
import { isJsonObject, type JsonObject } from '../../model/segment-event.js';
import type { BatchElement } from './batch.js';
import type { MessageText } from './message-texts.js';
import type { DestinationResolver, ResolvedDestination } from './resolve-destination.js';

/** What became of one element, and what an answer about it has to echo. */
export interface TransformedElement {
  readonly metadata: JsonObject | undefined;
  /** Its JSON text, where that is at hand. */
  readonly metadataText: string | undefined;
  readonly destination: JsonObject | undefined;
  /** Id of the settings document that names the destination; empty where none does. */
  readonly workspaceId: string;
  readonly result: TransformDecision;
}

function invalid(code: Invalid['code'], path: string): Invalid {
  return { kind: 'invalid', code, path };
}

/** Takes elements of one request through the line. */
export type ElementTransformer = (element: BatchElement, trace?: Trace) => TransformedElement;

/** Processor transform answers each event with a request of its own. */
export const PROCESSOR: RudderstackSender = { source: 'rudderstack', batches: false };

/** Router and batch transform. */
export const ROUTER: RudderstackSender = { source: 'rudderstack', batches: true };

/**
 * A transformer for the elements of one request. Where many elements share one destination object, it is resolved once.
 *
 * @param receivedAt what is later is no time of an event; none is dated by it
 */
export function createElementTransformer(
  resolver: DestinationResolver,
  sender: RudderstackSender,
  receivedAt: EpochMs,
): ElementTransformer {
  let lastDestination: JsonObject | undefined;
  let lastResolved: ResolvedDestination | undefined;
  let lastNamed: JsonObject | undefined;
  let lastWorkspaceId = '';

  function workspaceOf(destination: JsonObject | undefined): string {
    if (destination === lastNamed || destination === undefined) return destination === undefined ? '' : lastWorkspaceId;
    lastNamed = destination;
    lastWorkspaceId = resolver.workspaceOf(destination);
    return lastWorkspaceId;
  }

  function resolve(element: JsonObject, destination: JsonObject): ResolvedDestination {
    // A dynamic config may resolve differently for each event of one destination.
    if (destination === lastDestination && lastResolved !== undefined && destination.hasDynamicConfig === false)
      return lastResolved;
    lastDestination = destination;
    lastResolved = resolver.resolve(element, destination);
    return lastResolved;
  }

  function decide(
    element: JsonObject,
    metadata: JsonObject | undefined,
    destination: JsonObject | undefined,
    messageText: MessageText | undefined,
    trace: Trace | undefined,
  ): TransformDecision {
    const { message } = element;
    if (metadata === undefined) return invalid('METADATA_MISSING', 'metadata');
    if (!isJsonObject(message)) return invalid('MESSAGE_MISSING', 'message');
    if (destination === undefined) return invalid('DESTINATION_MISSING', 'destination');
    const resolved = resolve(element, destination);
    return resolved.kind === 'resolved'
      ? decideInbound(message, resolved.workspace, sender, receivedAt, trace, messageText)
      : resolved;
  }

  return ({ value, metadataText, messageText }, trace) => {
    if (!isJsonObject(value)) {
      const result = invalid('ELEMENT_NOT_OBJECT', '');
      return { metadata: undefined, metadataText: undefined, destination: undefined, workspaceId: '', result };
    }
    const metadata = isJsonObject(value.metadata) ? value.metadata : undefined;
    const destination = isJsonObject(value.destination) ? value.destination : undefined;
    const result = decide(value, metadata, destination, messageText, trace);
    return { metadata, metadataText, destination, workspaceId: workspaceOf(destination), result };
  };
}
