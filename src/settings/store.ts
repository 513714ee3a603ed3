// Holds the settings documents in force and finds the one that applies to an event.

import { hash } from 'node:crypto';
import type { Secret } from '../base/secret.js';
import { DEFAULT_DOCUMENT } from './default-document.js';
import type { WorkspaceDocument } from './document.js';
import { type HoldingSink, holdLosses, SETTLE_MS } from './hold-losses.js';
import { createPartsMemory } from './lost-parts.js';
import { isSameDocument } from './same-document.js';
import type { ReadSecret } from './secret-reference.js';
import { describeFault } from './settings-error.js';
import { openFileSource } from './sources/file.js';
import { openHttpSource } from './sources/http.js';
import { describeLocation, isServiceUrl } from './sources/location.js';
import type { SettingsLog, SettingsSink, SettingsSource } from './sources/source.js';
import { createWarner } from './warner.js';
import type { LostPart } from './workspace-document.js';

/** Where documents come from. */
export interface WorkspaceStoreOptions {
  /** A file, a directory, or an http(s) URL of a config service. */
  readonly location: string;
  /** True when the operator gave the location: then a missing file or directory is an error. */
  readonly explicit: boolean;
  /** Bearer token for the config service. */
  readonly token?: Secret;
  /** Milliseconds between polls of the config service, and between looks at files beyond the notices the system gives. */
  readonly pollMs: number;
  /** Directory for the last good copy of the config service's answer. Without one it is kept in memory only. */
  readonly dataDir?: string;
  /** False where another process keeps that copy, and this one only reads it. Default: true. */
  readonly keepsCopy?: boolean;
  /** Milliseconds the config service has for an answer. Default 5000. */
  readonly timeoutMs?: number;
  /** Milliseconds that a key, a sender, a target or a workspace has to be away until the settings without it are in force. Default 5000; 0: not any. */
  readonly settleMs?: number;
  /** Looks `env:` and `file:` up. Default: this process's environment and files. */
  readonly readSecret?: ReadSecret;
  readonly log: SettingsLog;
}

/** What a document is looked up by. */
export interface DocumentKeys {
  readonly destinationId?: string;
  readonly workspaceId?: string;
}

/** What names a RudderStack webhook source. */
export interface SourceKeys {
  readonly sourceId?: string;
  readonly writeKey?: string;
}

/** Something that a workspace had. */
export interface PartOfWorkspace {
  readonly workspaceId: string;
  readonly part: LostPart;
}

/** How the settings are doing. Nothing in it is secret. */
export interface StoreStatus {
  readonly loaded: boolean;
  /** How many are in force. */
  readonly documents: number;
  readonly source: string;
  /** Why the newest settings are not in force. */
  readonly lastError?: string;
  /** What may not be meant as it is written, at most twenty of them, each with its place. */
  readonly warnings?: readonly string[];
  /** How many faults they have; absent while they have none. */
  readonly faults?: number;
  /** What they have lost and is in force for a moment more, in case it comes back. */
  readonly missing?: readonly string[];
  readonly generation: number;
}

/** The documents in force. */
export interface WorkspaceStore {
  /** False until a first set of documents was accepted, which may be an empty one. */
  readonly loaded: boolean;
  /** One more after each change of the documents in force; 0 before the first set. */
  readonly generation: number;
  /** The document that names this RudderStack destination, else the one that names this RudderStack workspace. */
  find(keys: DocumentKeys): WorkspaceDocument | undefined;
  findById(id: string): WorkspaceDocument | undefined;
  /**
   * True where every workspace takes everybody's events: no document holds a secret, a target or a key. Beside one that does, an open workspace would tell
   * that it exists, and take what strangers send to the same disk.
   */
  readonly isOpen: boolean;
  /** The document whose Tracking API has this write key. */
  findByWriteKey(key: string): WorkspaceDocument | undefined;
  /** Documents with this secret key of Statsig, in order: those of one project. */
  findBySecretKey(key: string): readonly WorkspaceDocument[];
  /** Whether any document names RudderStack webhook sources. */
  readonly namesSources: boolean;
  /**
   * The documents that this API key of a partner subscription is of: the one that lists it, then those whose server secret it is, as Statsig has it put into the
   * field API Key of its Segment destination.
   */
  findByApiKey(key: string): readonly WorkspaceDocument[];
  /** The document that names this RudderStack source by its id, else the one that names it by its write key. */
  findBySource(source: SourceKeys): WorkspaceDocument | undefined;
  /** A document that a change leaves as it was stays the same object. */
  readonly documents: readonly WorkspaceDocument[];
  status(): StoreStatus;
  /** Workspaces had such parts before the start: something waits on disk for them. */
  hadParts(parts: readonly PartOfWorkspace[]): void;
  /** Told after each change of the documents in force. @param listener given the ids of those that are new, different or gone */
  onChange(listener: (changed: readonly string[]) => void): void;
  /** Looks for changes now, instead of when the system tells of them. Never rejects: `status` says what was found. */
  look(): Promise<void>;
  /** Stops looking for changes. */
  close(): Promise<void>;
}

/**
 * Loads the documents and keeps them current: an edit that has faults is told to the log and leaves the last good ones in force.
 *
 * @throws SettingsError when files have faults, when an explicit location is missing, or when the URL or token cannot be used. A config
 * service that is down is no error: the store is then not loaded and keeps trying.
 */
export async function createWorkspaceStore(options: WorkspaceStoreOptions): Promise<WorkspaceStore> {
  const { location, log, settleMs = SETTLE_MS } = options;
  const name = describeLocation(location);
  const set = createDocumentSet(name, log);
  const sink = holdLosses(set.sink, { source: name, settleMs, log });
  const open = isServiceUrl(location) ? openHttpSource : openFileSource;
  const source = await open(options, sink);
  return set.toStore(sink, source);
}

/** A store whose documents never change. */
export function staticStore(documents: readonly WorkspaceDocument[]): WorkspaceStore {
  const silent = () => {};
  const set = createDocumentSet('static', { info: silent, warn: silent, error: silent });
  set.sink.accept(documents);
  return set.toStore({ missing: [], close() {} }, { look: async () => {}, close: async () => {} });
}

/** What is in force, and the way to change it. */
interface DocumentSet {
  readonly sink: Pick<SettingsSink, 'accept' | 'reject'>;
  toStore(hold: Pick<HoldingSink, 'missing' | 'close'>, source: SettingsSource): WorkspaceStore;
}

/** Said where the built-in workspace is in force. */
export const NO_SETTINGS =
  "There are no settings: the built-in workspace default takes anybody's events and sends nothing. STATSIG_CDP_SETTINGS says where settings are";

function createDocumentSet(source: string, log: SettingsLog): DocumentSet {
  const warner = createWarner(source, log);
  let documents: readonly WorkspaceDocument[] = [];
  let by = indexAll([]);
  let generation = 0;
  let lastError: string | undefined;
  let faults = 0;
  const parts = createPartsMemory();
  const listeners: ((changed: readonly string[]) => void)[] = [];

  function replace(given: readonly WorkspaceDocument[]): boolean {
    const found = given.map(parts.withLost);
    const before = new Map(documents.map((document) => [document.id, document]));
    const after = found.map((document) => {
      const known = before.get(document.id);
      return known === document || (known !== undefined && isSameDocument(known, document)) ? known : document;
    });
    const isChanged =
      after.length !== documents.length || after.some((document, index) => document !== documents[index]);
    if (generation > 0 && !isChanged) return false;
    const changed = new Set(documents.map(({ id }) => id));
    for (const document of after) {
      if (before.get(document.id) === document) changed.delete(document.id);
      else changed.add(document.id);
    }
    documents = after;
    by = indexAll(after);
    generation += 1;
    for (const listener of listeners) listener([...changed]);
    return true;
  }

  return {
    sink: {
      accept(found, { warnings = [] } = {}) {
        const hadError = lastError !== undefined;
        lastError = undefined;
        const fields = { source, documents: found.length };
        if (replace(found)) {
          if (found[0] === DEFAULT_DOCUMENT) log.warn({ ...fields, generation }, NO_SETTINGS);
          else log.info({ ...fields, generation }, 'Settings loaded');
        } else if (hadError) log.info({ ...fields, generation }, 'Settings are current again');
        warner.warn(warnings);
      },
      reject({ message, faults: found }) {
        if (message === lastError) return;
        lastError = message;
        faults = found.length;
        const lines = found.map(describeFault);
        const effect = generation === 0 ? 'No settings yet' : 'The last good settings stay in force';
        const more = lines.length > 1 ? ` (and ${lines.length - 1} more)` : '';
        log.error({ source, faults: lines, generation }, `${effect}: ${lines[0]}${more}`);
      },
    },
    toStore: (hold, opened) => ({
      get loaded() {
        return generation > 0;
      },
      get generation() {
        return generation;
      },
      get documents() {
        return documents;
      },
      find: ({ destinationId = '', workspaceId = '' }) =>
        by.destination.get(destinationId) ?? by.workspace.get(workspaceId),
      findById: (id) => by.id.get(id),
      get isOpen() {
        return by.allOpen;
      },
      findByWriteKey: (key) => by.writeKey.get(key),
      findBySecretKey: (key) => by.secretKey.get(digestOf(key)) ?? [],
      get namesSources() {
        return by.source.size > 0 || by.sourceWriteKey.size > 0;
      },
      findByApiKey(key) {
        const digest = digestOf(key);
        const listing = by.apiKey.get(digest);
        const owners = isServerSecret(key) ? (by.secretKey.get(digest) ?? []) : [];
        return listing === undefined ? owners : [listing, ...owners.filter((document) => document !== listing)];
      },
      findBySource: ({ sourceId = '', writeKey = '' }) => by.source.get(sourceId) ?? by.sourceWriteKey.get(writeKey),
      status: () => ({
        loaded: generation > 0,
        documents: documents.length,
        source,
        ...(lastError !== undefined && { lastError, faults }),
        ...(warner.current.length > 0 && { warnings: warner.current }),
        ...(hold.missing.length > 0 && { missing: hold.missing }),
        generation,
      }),
      hadParts(told) {
        const news = told.filter(({ workspaceId, part }) => parts.note(workspaceId, part));
        if (news.some(({ workspaceId }) => by.id.has(workspaceId))) replace(documents);
      },
      onChange: (listener) => listeners.push(listener),
      look: () => opened.look(),
      async close() {
        await opened.close();
        hold.close();
      },
    }),
  };
}

/** Stands for a secret in an index, so that how long a look-up takes tells nothing of one that is nearly right. */
function digestOf(secret: string): string {
  return hash('sha256', secret, 'base64url');
}

/** False for a client key of Statsig, which stands in web pages: it says where events go, and proves no one. */
function isServerSecret(key: string): boolean {
  return !key.startsWith('client-');
}

function index(
  documents: readonly WorkspaceDocument[],
  keysOf: (document: WorkspaceDocument) => readonly string[] | undefined,
): ReadonlyMap<string, WorkspaceDocument> {
  const found = new Map<string, WorkspaceDocument>();
  for (const document of documents) for (const key of keysOf(document) ?? []) found.set(key, document);
  return found;
}

function indexProjects(documents: readonly WorkspaceDocument[]): ReadonlyMap<string, readonly WorkspaceDocument[]> {
  const found = new Map<string, WorkspaceDocument[]>();
  for (const document of documents) {
    if (document.secretKey === undefined) continue;
    const key = digestOf(document.secretKey.reveal());
    const project = found.get(key);
    if (project === undefined) found.set(key, [document]);
    else project.push(document);
  }
  return found;
}

function indexAll(documents: readonly WorkspaceDocument[]) {
  return {
    secretKey: indexProjects(documents),
    allOpen: documents.every(({ isOpen }) => isOpen),
    id: index(documents, ({ id }) => [id]),
    destination: index(documents, ({ settings }) => settings.rudderstack?.destinationIds),
    workspace: index(documents, ({ settings }) => settings.rudderstack?.workspaceIds),
    writeKey: index(documents, ({ trackingApi }) => trackingApi.writeKeys.map((key) => key.reveal())),
    apiKey: index(documents, ({ segment }) => segment.apiKeys.map((key) => digestOf(key.reveal()))),
    source: index(documents, ({ rudderstackSources }) => rudderstackSources.ids),
    sourceWriteKey: index(documents, ({ rudderstackSources }) =>
      rudderstackSources.writeKeys.map((key) => key.reveal()),
    ),
  };
}
