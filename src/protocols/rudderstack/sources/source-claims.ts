// Says which webhook sources of RudderStack are ours, and which settings apply to them.

import { isJsonObject, type JsonObject } from '../../../model/segment-event.js';
import { compileOutbound as compileUncached } from '../../../workspace/compile-outbound.js';
import type { CompiledOutbound } from '../../../workspace/compiled-outbound.js';
import { DEFAULT_DOCUMENT } from '../../../workspace/default-document.js';
import type { WorkspaceDocument } from '../../../workspace/document.js';
import type { WorkspaceStore } from '../../../workspace/store.js';

/** A source whose webhooks are converted here. */
export interface OurSource {
  /** Names it in messageIds, as a target would: `rudderstack-` and the source's id. At most 64 letters, digits, `_` and `-`. */
  readonly target: string;
  readonly outbound: CompiledOutbound;
  /** How its webhooks are signed, if they are. */
  readonly signing: Pick<WorkspaceDocument['outbound'], 'signingSecrets' | 'signatureToleranceMs'>;
}

/** Finds the settings of the source that an element of a source transform request names. */
export interface SourceClaims {
  /** True when any document names a source. */
  exist(): boolean;
  /** The source, when a document names it by its id or write key. */
  findClaimed(element: unknown): OurSource | undefined;
  /** A source of the type `statsig`, which is ours whether a document names it or not. */
  findStatsig(element: unknown): OurSource;
}

const MAX_TARGET_LENGTH = 64;

/** rudder-server writes a source's fields with Go's names; absent ones are empty texts. */
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
export function createSourceClaims(
  store: WorkspaceStore,
  compileOutbound: (document: WorkspaceDocument) => CompiledOutbound,
): SourceClaims {
  // Not by `compileOutbound`, which tells documents apart by their ids: one in force may be called `default` too.
  const ofDefault = compileUncached(DEFAULT_DOCUMENT);

  const findDocument = ({ ID, OriginalID, WriteKey }: JsonObject): WorkspaceDocument | undefined =>
    store.findBySource({ sourceId: textOf(ID), writeKey: textOf(WriteKey) }) ??
    store.findBySource({ sourceId: textOf(OriginalID) });

  const ours = (source: JsonObject, document: WorkspaceDocument, outbound: CompiledOutbound): OurSource => ({
    target: targetOf(source),
    outbound,
    signing: document.outbound,
  });

  return {
    exist: () =>
      store.documents.some(({ rudderstackSources: { ids, writeKeys } }) => ids.length > 0 || writeKeys.length > 0),
    findClaimed(element) {
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
