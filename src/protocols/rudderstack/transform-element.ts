// Takes one batch element through the line: unpack, resolve the workspace, convert or relay, serialise.

import type { Filtered, Invalid } from '../../model/conversion.js';
import { toJsonText } from '../../model/json-text.js';
import { isJsonObject, type JsonObject, type SegmentEvent } from '../../model/segment-event.js';
import type { Trace } from '../../observe/trace.js';
import { convertInbound } from '../../transform/inbound/index.js';
import { findRelayObstacle } from '../../transform/inbound/relay.js';
import type { CompiledWorkspace } from '../../workspace/compiled-workspace.js';
import type { DestinationResolver, ResolvedDestination } from './resolve-destination.js';

/** An event ready for a delivery request. */
export interface Ready {
  readonly kind: 'ready';
  readonly workspace: CompiledWorkspace;
  /** JSON text of the Statsig event, or in mode `webhook` of the message. */
  readonly payload: string;
}

/** What became of one element, with what its answer has to echo. */
export interface TransformedElement {
  readonly metadata: JsonObject | undefined;
  readonly destination: JsonObject | undefined;
  readonly result: Ready | Filtered | Invalid;
}

function invalid(code: Invalid['code'], path: string): Invalid {
  return { kind: 'invalid', code, path };
}

function payloadOf(event: SegmentEvent, workspace: CompiledWorkspace, trace?: Trace): Ready | Filtered | Invalid {
  let content: object;
  if (workspace.mode === 'webhook') {
    const obstacle = findRelayObstacle(event);
    if (obstacle !== undefined) return obstacle;
    content = event;
  } else {
    const conversion = convertInbound(event, workspace, trace);
    if (conversion.kind !== 'converted') return conversion;
    content = conversion.event;
  }
  if (workspace.secretKey === undefined) return invalid('SECRET_KEY_MISSING', 'destination.Config.secretKey');
  const payload = toJsonText(content);
  return payload === undefined ? invalid('NESTED_TOO_DEEP', 'message') : { kind: 'ready', workspace, payload };
}

/** Takes elements of one request through the line. */
export type ElementTransformer = (element: unknown) => TransformedElement;

/**
 * A transformer for the elements of one request. In a compacted body many elements share one destination object: it is resolved once.
 *
 * @param trace collects the decisions, where somebody looks
 */
export function createElementTransformer(resolver: DestinationResolver, trace?: Trace): ElementTransformer {
  let lastDestination: JsonObject | undefined;
  let lastResolved: ResolvedDestination | undefined;

  function resolve(element: JsonObject, destination: JsonObject): ResolvedDestination {
    // A dynamic config may resolve differently for each event of one destination.
    if (destination === lastDestination && lastResolved !== undefined && destination.hasDynamicConfig === false)
      return lastResolved;
    lastDestination = destination;
    lastResolved = resolver.resolve(element, destination);
    return lastResolved;
  }

  return (element) => {
    if (!isJsonObject(element))
      return { metadata: undefined, destination: undefined, result: invalid('ELEMENT_NOT_OBJECT', '') };
    const metadata = isJsonObject(element.metadata) ? element.metadata : undefined;
    const destination = isJsonObject(element.destination) ? element.destination : undefined;
    const answer = (result: TransformedElement['result']): TransformedElement => ({ metadata, destination, result });

    if (metadata === undefined) return answer(invalid('METADATA_MISSING', 'metadata'));
    if (!isJsonObject(element.message)) return answer(invalid('MESSAGE_MISSING', 'message'));
    if (destination === undefined) return answer(invalid('DESTINATION_MISSING', 'destination'));
    const resolved = resolve(element, destination);
    return answer(resolved.kind === 'resolved' ? payloadOf(element.message, resolved.workspace, trace) : resolved);
  };
}
