// Says which webhook sources of RudderStack are ours, and which settings apply to them.

import { isJsonObject, type JsonObject } from '../../../model/segment-event.js';
import { compileOutbound as compileUncached } from '../../../settings/compile-outbound.js';
import { DEFAULT_DOCUMENT } from '../../../settings/default-document.js';
import type { WorkspaceDocument } from '../../../settings/document.js';
import type { WorkspaceStore } from '../../../settings/store.js';
import type { CompiledOutbound } from '../../../transform/compiled-outbound.js';

/** A source whose webhooks are converted here. */
export interface OurSource {
  /** Names it in messageIds, as a target would: `rudderstack-` and the source's id. At most 64 letters, digits, `_` and `-`. */
  readonly target: string;
  readonly outbound: CompiledOutbound;
  /** Which windows its exposures open; `undefined` where nothing proves whose they are: then each is sent. */
  readonly windowOf: SourceWindow | undefined;
  /** How its webhooks are signed, if they are. */
  readonly signing: Pick<WorkspaceDocument['outbound'], 'signingSecrets' | 'signatureToleranceMs'>;
}

/** Windows that only those who prove the same can open. */
export interface SourceWindow {
  /** Whose share of what is remembered they take. */
  readonly share: string;
  /** A signature, or the source's write key: rudder-server names it with each webhook, and others do not know it. */
  readonly proof: string;
}

/** What those whom no document knows share. */
const UNKNOWN_SHARE = '';

/** Finds the settings of the source that an element of a source transform request names. */
export interface OwnSources {
  /** True when any document names a source. */
  exist(): boolean;
  /** The source, when a document names it by its id or write key. */
  findNamed(element: unknown): OurSource | undefined;
  /** A source of the type `statsig`, which is ours whether a document names it or not. */
  findStatsig(element: unknown): OurSource;
}

const MAX_TARGET_LENGTH = 64;

/** rudder-server writes a source's fields with Go's names; absent ones are empty strings. */
function sourceOf(element: unknown): JsonObject {
  return isJsonObject(element) && isJsonObject(element.source) ? element.source : {};
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function targetOf({ ID }: JsonObject): string {
  return `rudderstack-${textOf(ID).replace(/[^A-Za-z0-9_-]/g, '_')}`.slice(0, MAX_TARGET_LENGTH);
}

/** @param compileOutbound of documents in force, compiled once per revision */
export function createOwnSources(
  store: WorkspaceStore,
  compileOutbound: (document: WorkspaceDocument) => CompiledOutbound,
): OwnSources {
  // Not by `compileOutbound`, which tells documents apart by their ids: one in force may be called `default` too.
  const ofDefault = compileUncached(DEFAULT_DOCUMENT);

  const findDocument = ({ ID, OriginalID, WriteKey }: JsonObject): WorkspaceDocument | undefined =>
    store.findBySource({ sourceId: textOf(ID), writeKey: textOf(WriteKey) }) ??
    store.findBySource({ sourceId: textOf(OriginalID) });

  function findWindow({ WriteKey }: JsonObject, document: WorkspaceDocument): SourceWindow | undefined {
    if (document.outbound.signingSecrets.length > 0) return { share: document.id, proof: 'signed' };
    const writeKey = textOf(WriteKey);
    if (writeKey === '') return undefined;
    const isKnown = store.findBySource({ writeKey }) === document;
    return { share: isKnown ? document.id : UNKNOWN_SHARE, proof: `key ${writeKey}` };
  }

  const ours = (source: JsonObject, document: WorkspaceDocument, outbound: CompiledOutbound): OurSource => ({
    target: targetOf(source),
    outbound,
    windowOf: findWindow(source, document),
    signing: document.outbound,
  });

  return {
    exist: () => store.namesSources,
    findNamed(element) {
      const source = sourceOf(element);
      const document = findDocument(source);
      return document && ours(source, document, compileOutbound(document));
    },
    findStatsig(element) {
      const source = sourceOf(element);
      const document = findDocument(source) ?? store.find({ workspaceId: textOf(source.WorkspaceID) });
      return document === undefined
        ? ours(source, DEFAULT_DOCUMENT, ofDefault)
        : ours(source, document, compileOutbound(document));
    },
  };
}
