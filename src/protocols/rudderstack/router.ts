// Router transform: events grouped by destination into as few Statsig requests as the limits allow.

import { toJsonText } from '../../model/json-text.js';
import type { JsonObject } from '../../model/segment-event.js';
import type { EventTally } from '../../observe/event-tally.js';
import type { CompiledWorkspace } from '../../workspace/compiled-workspace.js';
import { type Feature, metadataText, rejectionFields } from './answer-parts.js';
import { deliveryRequestText } from './delivery-request.js';
import type { ElementTransformer, Ready, TransformedElement } from './transform-element.js';

type ReadyElement = TransformedElement & { readonly result: Ready };

function isReady(element: TransformedElement): element is ReadyElement {
  return element.result.kind === 'ready';
}

function destinationField(destination: JsonObject | undefined): string {
  const text = destination === undefined ? undefined : toJsonText(destination);
  return text === undefined ? '' : `"destination":${text},`;
}

/** An entry that is not sent. */
function rejectionEntry({ metadata, destination, result }: TransformedElement, feature: Feature): string {
  if (result.kind === 'ready') throw new Error('a ready event is no rejection');
  return `{"metadata":[${metadataText(metadata)}],${destinationField(destination)}"batched":false,${rejectionFields(result, feature, metadata)}}`;
}

/** An entry that becomes one Statsig request. All events share one destination. */
function requestEntry(workspace: CompiledWorkspace, events: readonly ReadyElement[]): string {
  const request = deliveryRequestText(
    workspace,
    events.map(({ result }) => result.payload),
  );
  const metadata = events.map((event) => metadataText(event.metadata)).join(',');
  return `{"batchedRequest":${request},"metadata":[${metadata}],${destinationField(events[0]?.destination)}"batched":${workspace.mode === 'events'},"statusCode":200}`;
}

function jobId({ metadata }: TransformedElement): number {
  return typeof metadata?.jobId === 'number' ? metadata.jobId : 0;
}

/** True for an event that made a batch fail before: it goes alone, so that the guilty one is found. */
function mustGoAlone({ metadata }: TransformedElement): boolean {
  return metadata?.dontBatch === true;
}

/**
 * Cuts one destination's events into requests. rudder-server sends the entries of a call by their lowest job id, so cutting the events in the order
 * of their job ids keeps each user's order.
 */
function cut(workspace: CompiledWorkspace, events: readonly ReadyElement[]): readonly (readonly ReadyElement[])[] {
  const maxEvents = workspace.mode === 'webhook' ? 1 : workspace.maxBatchEvents;
  const batches: ReadyElement[][] = [];
  let open: ReadyElement[] | undefined;
  let bytes = 0;
  for (const event of events.toSorted((a, b) => jobId(a) - jobId(b))) {
    const size = Buffer.byteLength(event.result.payload);
    const alone = mustGoAlone(event);
    if (open === undefined || alone || open.length >= maxEvents || bytes + size > workspace.maxBatchBytes) {
      open = [];
      bytes = 0;
      batches.push(open);
    }
    open.push(event);
    bytes += size;
    if (alone) open = undefined;
  }
  return batches;
}

/** Events of one destination with one Config go together: the answer echoes the destination once per entry. */
function group(events: readonly ReadyElement[]): ReadonlyMap<CompiledWorkspace, readonly ReadyElement[]> {
  const groups = new Map<CompiledWorkspace, ReadyElement[]>();
  for (const event of events) {
    const group = groups.get(event.result.workspace);
    if (group === undefined) groups.set(event.result.workspace, [event]);
    else group.push(event);
  }
  return groups;
}

/**
 * The entries that answer a router or batch transform request, as a JSON array: every element in exactly one of them (rudder-server, router
 * transform).
 */
export function routerEntries(
  elements: readonly unknown[],
  transform: ElementTransformer,
  feature: Feature,
  tally: EventTally,
): string {
  const entries: string[] = [];
  const ready: ReadyElement[] = [];
  let answered = 0;
  for (const element of elements) {
    const transformed = transform(element);
    tally.add(transformed.result);
    if (isReady(transformed)) {
      ready.push(transformed);
    } else {
      entries.push(rejectionEntry(transformed, feature));
      answered += 1;
    }
  }
  for (const [workspace, events] of group(ready)) {
    for (const batch of cut(workspace, events)) {
      entries.push(requestEntry(workspace, batch));
      answered += batch.length;
    }
  }
  // rudder-server drops an event that no entry mentions without an error.
  if (answered !== elements.length) throw new Error(`answered ${answered} of ${elements.length} events`);
  return `[${entries.join(',')}]`;
}
