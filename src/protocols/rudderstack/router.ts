// Router transform: events grouped by destination into as few Statsig requests as the limits allow.

import { toJsonText } from '../../model/json-text.js';
import type { JsonObject } from '../../model/segment-event.js';
import type { EventTally } from '../../observe/event-tally.js';
import type { CompiledWorkspace } from '../../workspace/compiled-workspace.js';
import { type Feature, metadataText, rejectionFields } from './answer-parts.js';
import { packListEntries } from './audience/list-entries.js';
import { deliveryRequestText, listRequestText } from './delivery-request.js';
import type {
  ElementTransformer,
  ReadyChanges,
  ReadyEvent,
  TransformedAudience,
  TransformedElement,
  TransformedEvent,
} from './transform-element.js';

type EventElement = TransformedEvent & { readonly result: ReadyEvent };
type AudienceElement = TransformedAudience & { readonly result: ReadyChanges };
type ReadyElement = EventElement | AudienceElement;

function isEvent(element: TransformedElement): element is EventElement {
  return element.about === 'event' && element.result.kind === 'ready';
}

function isAudience(element: TransformedElement): element is AudienceElement {
  return element.about === 'audience' && element.result.kind === 'ready';
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

/**
 * An entry that is sent.
 *
 * @param request JSON text of a delivery request, or of a list of them
 * @param elements all of one destination
 */
function sentEntry(request: string, elements: readonly ReadyElement[], batched: boolean): string {
  const metadata = elements.map((element) => metadataText(element.metadata)).join(',');
  return `{"batchedRequest":${request},"metadata":[${metadata}],${destinationField(elements[0]?.destination)}"batched":${batched},"statusCode":200}`;
}

function jobId({ metadata }: TransformedElement): number {
  return typeof metadata?.jobId === 'number' ? metadata.jobId : 0;
}

/**
 * rudder-server sends the entries of a call by their lowest job id, so cutting the elements in the order of their job ids keeps each user's order.
 */
function inOrder<E extends ReadyElement>(elements: readonly E[]): readonly E[] {
  return elements.toSorted((a, b) => jobId(a) - jobId(b));
}

/** True for an event that made a batch fail before: it goes alone, so that the guilty one is found. */
function mustGoAlone({ metadata }: TransformedElement): boolean {
  return metadata?.dontBatch === true;
}

/** Cuts one destination's events into requests. */
function cut(workspace: CompiledWorkspace, events: readonly EventElement[]): readonly (readonly EventElement[])[] {
  const maxEvents = workspace.mode === 'webhook' ? 1 : workspace.maxBatchEvents;
  const batches: EventElement[][] = [];
  let open: EventElement[] | undefined;
  let bytes = 0;
  for (const event of inOrder(events)) {
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

/** Elements of one destination with one Config go together: the answer echoes the destination once per entry. */
function group<E extends ReadyElement>(elements: readonly E[]): ReadonlyMap<CompiledWorkspace, readonly E[]> {
  const groups = new Map<CompiledWorkspace, E[]>();
  for (const element of elements) {
    const group = groups.get(element.result.workspace);
    if (group === undefined) groups.set(element.result.workspace, [element]);
    else group.push(element);
  }
  return groups;
}

/** What is answered for some elements of one call. */
interface Answered {
  /** JSON texts of entries. */
  readonly entries: readonly string[];
  readonly elements: number;
}

function answerEvents(events: readonly EventElement[]): Answered {
  const batches = [...group(events)].flatMap(([workspace, together]) =>
    cut(workspace, together).map((batch) => ({ workspace, batch })),
  );
  return {
    entries: batches.map(({ workspace, batch }) => {
      const payloads = batch.map(({ result }) => result.payload);
      return sentEntry(deliveryRequestText(workspace, payloads), batch, workspace.mode === 'events');
    }),
    elements: batches.reduce((sum, { batch }) => sum + batch.length, 0),
  };
}

function answerAudiences(audiences: readonly AudienceElement[]): Answered {
  const packed = [...group(audiences)].flatMap(([{ idList }, together]) => {
    const jobs = inOrder(together).map((element) => ({
      element,
      changes: element.result.changes,
      alone: mustGoAlone(element),
    }));
    return packListEntries(jobs).map((entry) => ({ ...entry, idList }));
  });
  return {
    entries: packed.map(({ idList, jobs, requests }) => {
      const texts = requests.map((request) => listRequestText(idList, request));
      const elements = jobs.map(({ element }) => element);
      return sentEntry(texts.length === 1 ? texts.join() : `[${texts.join(',')}]`, elements, true);
    }),
    elements: packed.reduce((sum, { jobs }) => sum + jobs.length, 0),
  };
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
  const rejections: string[] = [];
  const events: EventElement[] = [];
  const audiences: AudienceElement[] = [];
  for (const element of elements) {
    const transformed = transform(element);
    tally.add(transformed.result);
    if (isEvent(transformed)) events.push(transformed);
    else if (isAudience(transformed)) audiences.push(transformed);
    else rejections.push(rejectionEntry(transformed, feature));
  }
  const sent = [answerEvents(events), answerAudiences(audiences)];
  const answered = sent.reduce((sum, each) => sum + each.elements, rejections.length);
  // rudder-server drops an event that no entry mentions without an error.
  if (answered !== elements.length) throw new Error(`answered ${answered} of ${elements.length} events`);
  return `[${[...rejections, ...sent.flatMap(({ entries }) => entries)].join(',')}]`;
}
