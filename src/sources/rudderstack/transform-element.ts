// Takes one batch element through the line: unpack, resolve the workspace, decide.

import type { EpochMs } from '../../base/time.js';
import type { Trace } from '../../base/trace.js';
import { decideInbound, type RudderstackSender, type TransformDecision } from '../../ingest/inbound-line.js';
import type { Invalid } from '../../model/conversion.js';
import { isJsonObject, type JsonObject } from '../../model/segment-event.js';
import type { BatchElement } from './batch.js';
import type { MessageText } from './message-texts.js';
import type { DestinationResolver, ResolvedDestination } from './resolve-destination.js';
import type { TransformWatch } from './transform-watch.js';

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

/** Processor transform answers each event with a request of its own. */
export const PROCESSOR: RudderstackSender = { source: 'rudderstack', batches: false };

/** Router and batch transform. */
export const ROUTER: RudderstackSender = { source: 'rudderstack', batches: true };

/**
 * Takes the elements of one request through the line. Where many elements share one destination object, it is resolved once. A class, because closures that are made
 * for each request cost a request of one event half of a percent.
 */
export class ElementTransformer {
  readonly #resolver: DestinationResolver;
  readonly #sender: RudderstackSender;
  readonly #receivedAt: EpochMs;
  readonly #watch: TransformWatch | undefined;
  #lastDestination: JsonObject | undefined = undefined;
  #lastResolved: ResolvedDestination | undefined = undefined;
  #lastNamed: JsonObject | undefined = undefined;
  #lastWorkspaceId = '';

  /**
   * @param receivedAt what is later is no time of an event; none is dated by it
   * @param watch told of each element
   */
  constructor(
    resolver: DestinationResolver,
    sender: RudderstackSender,
    receivedAt: EpochMs,
    watch?: TransformWatch | undefined,
  ) {
    this.#resolver = resolver;
    this.#sender = sender;
    this.#receivedAt = receivedAt;
    this.#watch = watch;
  }

  #workspaceOf(destination: JsonObject | undefined): string {
    if (destination === undefined) return '';
    if (destination === this.#lastNamed) return this.#lastWorkspaceId;
    this.#lastNamed = destination;
    this.#lastWorkspaceId = this.#resolver.workspaceOf(destination);
    return this.#lastWorkspaceId;
  }

  #resolve(element: JsonObject, destination: JsonObject): ResolvedDestination {
    // A dynamic config may resolve differently for each event of one destination.
    if (
      destination === this.#lastDestination &&
      this.#lastResolved !== undefined &&
      destination.hasDynamicConfig === false
    )
      return this.#lastResolved;
    this.#lastDestination = destination;
    this.#lastResolved = this.#resolver.resolve(element, destination);
    return this.#lastResolved;
  }

  #decide(
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
    const resolved = this.#resolve(element, destination);
    return resolved.kind === 'resolved'
      ? decideInbound(message, resolved.workspace, this.#sender, this.#receivedAt, trace, messageText)
      : resolved;
  }

  transform({ value, metadataText, messageText }: BatchElement, trace?: Trace): TransformedElement {
    if (!isJsonObject(value)) {
      const result = invalid('ELEMENT_NOT_OBJECT', '');
      this.#watch?.see(value, result, '');
      return { metadata: undefined, metadataText: undefined, destination: undefined, workspaceId: '', result };
    }
    const metadata = isJsonObject(value.metadata) ? value.metadata : undefined;
    const destination = isJsonObject(value.destination) ? value.destination : undefined;
    const result = this.#decide(value, metadata, destination, messageText, trace);
    const workspaceId = this.#workspaceOf(destination);
    this.#watch?.see(value.message, result, workspaceId);
    return { metadata, metadataText, destination, workspaceId, result };
  }
}
