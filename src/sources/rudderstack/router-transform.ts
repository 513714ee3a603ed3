// Router transform: events grouped by destination into as few Statsig requests as the limits allow.

import { createBreather, REQUEST_AT_A_TIME_MS } from '../../base/breather.js';
import { toJsonText } from '../../base/json.js';
import type { ResponseWriter } from '../../http/response-writer.js';
import type { ReadyChanges, ReadyEvent } from '../../ingest/inbound-line.js';
import type { JsonObject } from '../../model/segment-event.js';
import type { CompiledWorkspace } from '../../transform/compiled-workspace.js';
import { packListEntries } from './audience/list-entries.js';
import type { Batch } from './batch.js';
import { deliveryRequestText, listRequestText } from './delivery-request.js';
import { echoMetadata, type Feature, rejectionFields } from './respond.js';
import type { EventTally } from './tally.js';
import type { ElementTransformer, TransformedElement } from './transform-element.js';

type EventElement = TransformedElement & { readonly result: ReadyEvent };
type AudienceElement = TransformedElement & { readonly result: ReadyChanges };
type ReadyElement = EventElement | AudienceElement;

function isEvent(element: TransformedElement): element is EventElement {
  return element.result.kind === 'ready' && element.result.about === 'event';
}

function isAudience(element: TransformedElement): element is AudienceElement {
  return element.result.kind === 'ready' && element.result.about === 'list';
}

/** Writes the entries of one answer. */
class EntryWriter {
  readonly #writer: ResponseWriter;
  #separator = '[';
  #destination: JsonObject | undefined;
  #destinationField = '';

  constructor(writer: ResponseWriter) {
    this.#writer = writer;
  }

  /** An entry that is not sent. */
  addRejection(element: TransformedElement, feature: Feature): void {
    const { metadata, destination, result } = element;
    if (result.kind === 'ready') throw new Error('a ready event is no rejection');
    this.#add(
      `{"metadata":[${echoMetadata(element)}],${this.#echo(destination)}"batched":false,${rejectionFields(result, feature, metadata)}}`,
    );
  }

  /**
   * An entry that is sent.
   *
   * @param request JSON text of a delivery request, or of a list of them
   * @param elements all of one destination
   */
  addSent(request: string, elements: readonly ReadyElement[], batched: boolean): void {
    const metadata = elements.map(echoMetadata).join(',');
    this.#add(
      `{"batchedRequest":${request},"metadata":[${metadata}],${this.#echo(elements[0]?.destination)}"batched":${batched},"statusCode":200}`,
    );
  }

  end(): void {
    this.#writer.add(this.#separator === '[' ? '[]' : ']');
  }

  #add(entry: string): void {
    this.#writer.add(this.#separator);
    this.#writer.add(entry);
    this.#separator = ',';
  }

  /** The field that echoes a destination. Many entries share one object, which is written once. */
  #echo(destination: JsonObject | undefined): string {
    if (destination === undefined) return '';
    if (destination !== this.#destination) {
      const text = toJsonText(destination);
      this.#destination = destination;
      this.#destinationField = text === undefined ? '' : `"destination":${text},`;
    }
    return this.#destinationField;
  }
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

/** True for an event that made a batch fail before: it goes alone, so that the bad one is found. */
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

/** @returns how many elements the entries mention */
function writeEvents(events: readonly EventElement[], entries: EntryWriter): number {
  let answered = 0;
  for (const [workspace, together] of group(events)) {
    for (const batch of cut(workspace, together)) {
      const payloads = batch.map(({ result }) => result.payload);
      entries.addSent(deliveryRequestText(workspace, payloads), batch, workspace.mode === 'events');
      answered += batch.length;
    }
  }
  return answered;
}

/** @returns how many elements the entries mention */
function writeAudiences(audiences: readonly AudienceElement[], entries: EntryWriter): number {
  let answered = 0;
  for (const [{ idList }, together] of group(audiences)) {
    const ordered = inOrder(together).map((element) => ({
      element,
      changes: element.result.changes,
      alone: mustGoAlone(element),
    }));
    for (const { jobs, requests } of packListEntries(ordered)) {
      const texts = requests.map((request) => listRequestText(idList, request));
      const request = texts.length === 1 ? texts.join() : `[${texts.join(',')}]`;
      entries.addSent(
        request,
        jobs.map(({ element }) => element),
        true,
      );
      answered += jobs.length;
    }
  }
  return answered;
}

/**
 * Writes the entries that answer a router or batch transform request, as a JSON array: every element in exactly one of them (rudder-server, router
 * transform).
 */
export async function writeRouterEntries(
  batch: Batch,
  transformer: ElementTransformer,
  feature: Feature,
  tally: EventTally,
  writer: ResponseWriter,
): Promise<void> {
  const breathe = createBreather(REQUEST_AT_A_TIME_MS);
  const entries = new EntryWriter(writer);
  const events: EventElement[] = [];
  const audiences: AudienceElement[] = [];
  let answered = 0;
  for (const element of batch) {
    const transformed = transformer.transform(element);
    tally.add(transformed.result, transformed.workspaceId);
    if (isEvent(transformed)) events.push(transformed);
    else if (isAudience(transformed)) audiences.push(transformed);
    else {
      entries.addRejection(transformed, feature);
      answered += 1;
    }
    const pause = breathe();
    if (pause !== undefined) await pause;
  }
  answered += writeEvents(events, entries) + writeAudiences(audiences, entries);
  entries.end();
  // rudder-server drops an event that no entry mentions without an error.
  if (answered !== tally.total) throw new Error(`answered ${answered} of ${tally.total} events`);
}
