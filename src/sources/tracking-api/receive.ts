// Takes the events of a call in: who sent them, within the limits, wanted at Statsig, onto disk.

import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { PluginError } from '../../base/errors.js';
import type { Ingest, Ingested, OriginatedEvent, OriginatedEvents } from '../../ingest/inbound.js';
import type { WriteKeySender } from '../../ingest/inbound-line.js';
import { isJsonObject } from '../../model/segment-event.js';
import type { WorkspaceDocument } from '../../settings/document.js';
import type { WorkspaceStore } from '../../settings/store.js';
import type { CompiledWorkspace } from '../../transform/compiled-workspace.js';
import { describeMissingKey, toWriteKey } from './authenticate.js';
import { type CutEvents, CutFault } from './cut-events.js';
import {
  assertEventCount,
  isLargeCount,
  isTooMuchShared,
  MAX_EVENTS,
  measureShared,
  ORDINARY_EVENTS,
} from './limits.js';
import type { Call } from './unpack.js';

/** What taking events in needs. */
export interface ReceiverDeps {
  readonly store: WorkspaceStore;
  readonly ingest: Pick<Ingest, 'acceptTracked'>;
  readonly compile: (document: WorkspaceDocument) => CompiledWorkspace;
  /** Told what became of a workspace's events, for the metrics. */
  readonly onResults: (results: readonly Ingested[], workspaceId: string) => void;
  /** Bytes of JSON of one event. */
  readonly maxEventBytes: number;
}

/** What the request, beside its body, says of the sender. */
export interface Sender {
  readonly writeKey: string | undefined;
  /** IP address. */
  readonly address: string | undefined;
}

/** What became of one event of a call; the events of one batch may have write keys of their own, and not all of them known. */
export type Received = Ingested | { readonly kind: 'sender_unknown' };

/** An event of a call, as sent. */
interface SentEvent extends OriginatedEvent {
  /** In the call. */
  readonly index: number;
}

const KEY_DIGEST_LENGTH = 6;

/** Write keys whose digests are cached: to make one takes as long as a tenth of a whole event. */
const KNOWN_KEYS = 1_000;

/**
 * Stands for a write key, and does not tell it. Keys of a workspace are kept apart: what a web page sends, with a key that anybody can read, must not pass for
 * what a server sends with a key of its own.
 */
const origins = new LRUCache<string, string>({
  max: KNOWN_KEYS,
  memoMethod: (writeKey) => `k-${hash('sha256', writeKey, 'base64url').slice(0, KEY_DIGEST_LENGTH)}`,
});

/** Finds documents by write keys. */
export type KeyStore = Pick<WorkspaceStore, 'findByWriteKey'>;

/** Finds the document of a write key and what stands for the key, each key once. */
function createKeyFinder(store: KeyStore) {
  const known = new Map<string, { readonly document: WorkspaceDocument; readonly origin: string }>();
  return (key: string | undefined) => {
    if (key === undefined || known.has(key)) return known.get(key ?? '');
    const document = store.findByWriteKey(key);
    if (document === undefined) return undefined;
    known.set(key, { document, origin: origins.memo(key) });
    return known.get(key);
  };
}

/** Which events go to which document. An event's own write key beats the call's. */
function groupByDocument(call: Call, callKey: string | undefined, store: KeyStore) {
  const find = createKeyFinder(store);
  const ofCall = find(callKey);
  const groups = new Map<WorkspaceDocument, SentEvent[]>();
  call.events.forEach((event, index) => {
    const ownKey = isJsonObject(event) ? toWriteKey(event.writeKey) : undefined;
    const found = ownKey === undefined ? ofCall : find(ownKey);
    if (found === undefined) return;
    const group = groups.get(found.document);
    const sent = { index, event, origin: found.origin };
    if (group === undefined) groups.set(found.document, [sent]);
    else group.push(sent);
  });
  const isKnown = groups.size > 0 || (call.events.length === 0 && ofCall !== undefined);
  if (!isKnown) throw new PluginError('SENDER_UNKNOWN', describeMissingKey(callKey));
  return groups;
}

/** The events of a call by their documents, and what the line needs to know of their sender. */
export interface SortedCall {
  readonly groups: ReadonlyMap<WorkspaceDocument, readonly SentEvent[]>;
  readonly from: WriteKeySender;
}

/** What the line needs to know of the sender of a call. @param events in it, as far as is known @throws PluginError BODY_TOO_LARGE, BODY_TOO_DEEP */
function senderOf(
  { shared, isImport }: Call,
  events: number,
  address: string | undefined,
  maxEventBytes: number,
): WriteKeySender {
  return {
    source: 'tracking-api',
    shared,
    sharedBytes: measureShared(shared, events),
    maxEventBytes,
    address,
    isImport: isImport === true,
  };
}

/** @throws PluginError SENDER_UNKNOWN when no event has a known write key; BATCH_TOO_LONG, BODY_TOO_LARGE, BODY_TOO_DEEP */
export function sortCall(
  call: Call,
  { writeKey, address }: Sender,
  store: KeyStore,
  maxEventBytes: number,
): SortedCall {
  assertEventCount(call.events.length);
  const groups = groupByDocument(call, writeKey, store);
  return { groups, from: senderOf(call, call.events.length, address, maxEventBytes) };
}

/** Events of one workspace on their way. */
interface Part {
  readonly workspaceId: string;
  /** Of its events in the call. */
  readonly indexes: readonly number[];
  readonly receiving: Promise<readonly Ingested[]>;
}

async function gather(
  count: number,
  parts: readonly Part[],
  onResults: ReceiverDeps['onResults'],
): Promise<readonly Received[]> {
  const results = Array.from({ length: count }, (): Received => ({ kind: 'sender_unknown' }));
  const done = parts.map(async ({ workspaceId, indexes, receiving }) => {
    const received = await receiving;
    onResults(received, workspaceId);
    received.forEach((result, at) => {
      const index = indexes[at];
      if (index !== undefined) results[index] = result;
    });
  });
  await Promise.all(done);
  return results;
}

/**
 * Takes in the events of a call. When it resolves, what it calls accepted is on disk.
 *
 * No function that has the parsed events waits for the disk itself: it leaves that to one that was given only what is still needed. So the events, several
 * times as large as their text, can be collected while the disk syncs.
 *
 * @returns one result per event, in order
 * @throws PluginError SENDER_UNKNOWN when no event has a known write key; BATCH_TOO_LONG, BODY_TOO_LARGE, BODY_TOO_DEEP; OUTBOX_FULL, OUTBOX_UNAVAILABLE
 */
export async function receive(
  call: Call,
  sender: Sender,
  { store, ingest, compile, onResults, maxEventBytes }: ReceiverDeps,
): Promise<readonly Received[]> {
  const { groups, from } = sortCall(call, sender, store, maxEventBytes);
  const parts = [...groups].map(([document, sent]): Part => {
    const indexes = sent.map(({ index }) => index);
    return { workspaceId: document.id, indexes, receiving: ingest.acceptTracked(compile(document), sent, from) };
  });
  return gather(call.events.length, parts, onResults);
}

/** The events as they are cut, with what stands for the key of the call. */
class CallEvents implements OriginatedEvents {
  readonly #events: CutEvents;
  readonly #origin: string;
  readonly #sharedBytes: number;
  readonly #most: number;

  constructor(events: CutEvents, origin: string, sharedBytes: number) {
    this.#events = events;
    this.#most = isLargeCount(events.seeming) ? MAX_EVENTS : ORDINARY_EVENTS;
    this.#origin = origin;
    this.#sharedBytes = sharedBytes;
  }

  /** @throws CutFault where the whole of the call has to be known: for its keys, and for its limits */
  *[Symbol.iterator](): Iterator<OriginatedEvent> {
    let count = 0;
    for (const { event, bytes } of this.#events) {
      count += 1;
      const hasOwnKey = isJsonObject(event) && toWriteKey(event.writeKey) !== undefined;
      if (hasOwnKey || count > this.#most || isTooMuchShared(this.#sharedBytes, count)) throw new CutFault();
      yield { event, origin: this.#origin, bytes };
    }
  }

  at(index: number): OriginatedEvent | undefined {
    const cut = this.#events.at(index);
    return cut && { ...cut, origin: this.#origin };
  }
}

/**
 * The same for a call whose events are cut out of its bytes, each when its turn comes.
 *
 * @param call without its events
 * @throws CutFault where that does not do: then nothing is stored; and what `receive` throws
 */
export async function receiveCut(
  call: Call,
  events: CutEvents,
  { writeKey, address }: Sender,
  { store, ingest, compile, onResults, maxEventBytes }: ReceiverDeps,
): Promise<readonly Received[]> {
  const found = createKeyFinder(store)(writeKey);
  if (found === undefined) throw new CutFault();
  const { document, origin } = found;
  const from = senderOf(call, 1, address, maxEventBytes);
  const sent = new CallEvents(events, origin, from.sharedBytes);
  const results = await ingest.acceptTracked(compile(document), sent, from);
  onResults(results, document.id);
  return results;
}
