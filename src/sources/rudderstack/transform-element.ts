// Takes one batch element through the line: unpack, resolve the workspace, convert or relay, serialise.

import { toJsonText } from '../../base/json.js';
import type { Trace } from '../../base/trace.js';
import type { Filtered, Invalid } from '../../model/conversion.js';
import { isJsonObject, type JsonObject, type SegmentEvent } from '../../model/segment-event.js';
import type { CompiledWorkspace } from '../../transform/compiled-workspace.js';
import { convertInbound } from '../../transform/inbound/index.js';
import { findRelayObstacle } from '../../transform/inbound/relay.js';
import { findOversize, statsigEventLimit } from '../../transform/size-limits.js';
import { isAudienceEvent, type ListChanges, readListChanges } from './audience/list-changes.js';
import type { BatchElement } from './batch.js';
import type { DestinationResolver, ResolvedDestination } from './resolve-destination.js';

/** An event ready for a delivery request. */
export interface ReadyEvent {
  readonly kind: 'ready';
  readonly workspace: CompiledWorkspace;
  /** JSON text of the Statsig event, or in mode `webhook` of the message. */
  readonly payload: string;
}

/** Changes of the workspace's ID list, ready for delivery requests. */
export interface ReadyChanges {
  readonly kind: 'ready';
  readonly workspace: CompiledWorkspace;
  readonly changes: ListChanges;
}

/** What an answer about an element has to echo. */
interface Echo {
  readonly metadata: JsonObject | undefined;
  /** Its JSON text, where that is at hand. */
  readonly metadataText: string | undefined;
  readonly destination: JsonObject | undefined;
}

/** What became of an element that is no audience event, or cannot be told to be one. */
export interface TransformedEvent extends Echo {
  readonly about: 'event';
  readonly result: ReadyEvent | Filtered | Invalid;
}

/** What became of an audience event. */
export interface TransformedAudience extends Echo {
  readonly about: 'audience';
  readonly result: ReadyChanges | Filtered | Invalid;
}

/** What became of one element. */
export type TransformedElement = TransformedEvent | TransformedAudience;

function invalid(code: Invalid['code'], path: string): Invalid {
  return { kind: 'invalid', code, path };
}

function payloadOf(event: SegmentEvent, workspace: CompiledWorkspace, trace?: Trace): ReadyEvent | Filtered | Invalid {
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
  if (payload === undefined) return invalid('NESTED_TOO_DEEP', 'message');
  // A message that is relayed stays as large as it came.
  const oversize =
    workspace.mode === 'webhook' ? undefined : findOversize(payload, statsigEventLimit(workspace.metadataMaxLength));
  return oversize ?? { kind: 'ready', workspace, payload };
}

function changesOf(
  event: SegmentEvent,
  workspace: CompiledWorkspace,
  trace?: Trace,
): ReadyChanges | Filtered | Invalid {
  const found = readListChanges(event, workspace.idList, trace);
  return found.kind === 'changes' ? { kind: 'ready', workspace, changes: found.changes } : found;
}

/** Takes elements of one request through the line. */
export type ElementTransformer = (element: BatchElement) => TransformedElement;

/**
 * A transformer for the elements of one request. Where many elements share one destination object, it is resolved once.
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

  return ({ value, metadataText }) => {
    if (!isJsonObject(value)) {
      const result = invalid('ELEMENT_NOT_OBJECT', '');
      return { metadata: undefined, metadataText: undefined, destination: undefined, about: 'event', result };
    }
    const metadata = isJsonObject(value.metadata) ? value.metadata : undefined;
    const destination = isJsonObject(value.destination) ? value.destination : undefined;
    const refuse = (result: Invalid): TransformedElement => ({
      metadata,
      metadataText,
      destination,
      about: 'event',
      result,
    });

    const { message } = value;
    if (metadata === undefined) return refuse(invalid('METADATA_MISSING', 'metadata'));
    if (!isJsonObject(message)) return refuse(invalid('MESSAGE_MISSING', 'message'));
    if (destination === undefined) return refuse(invalid('DESTINATION_MISSING', 'destination'));
    const resolved = resolve(value, destination);
    if (resolved.kind !== 'resolved') return refuse(resolved);
    const { workspace } = resolved;
    return isAudienceEvent(message)
      ? { metadata, metadataText, destination, about: 'audience', result: changesOf(message, workspace, trace) }
      : { metadata, metadataText, destination, about: 'event', result: payloadOf(message, workspace, trace) };
  };
}
