// Finds the compiled workspace of an event: its destination's Config laid over the operator's document.

import { toJsonText } from '../../base/json.js';
import { Secret } from '../../base/secret.js';
import type { Invalid } from '../../model/conversion.js';
import { isJsonObject, type JsonObject } from '../../model/segment-event.js';
import { type BaseUrlSettings, baseUrlOf } from '../../settings/base-url.js';
import { type CompiledCache, createCompiledCache } from '../../settings/cache.js';
import { compileWorkspace } from '../../settings/compile.js';
import type { WorkspaceDocument } from '../../settings/document.js';
import { evaluateDynamicConfig, mayHoldTemplate } from '../../settings/dynamic-config.js';
import { readOverlay } from '../../settings/overlay.js';
import { rowUsesOf } from '../../settings/row-uses.js';
import type { WorkspaceStore } from '../../settings/store.js';
import { findFirstSettingsFault } from '../../settings/validate-settings.js';
import { isStatsigs } from '../../statsig/statsig-endpoints.js';
import type { CompiledWorkspace } from '../../transform/compiled-workspace.js';
import { findLongId } from '../../transform/size-limits.js';
import { isShared } from './cut-batch.js';

/** The keys a Config may have. One rule is for both. */
type KeyName = 'secretKey' | 'consoleKey';

/** The settings that say where each key is sent. */
const URLS_OF = { secretKey: ['eventsUrl', 'apiUrl'], consoleKey: ['consoleUrl'] } as const;

const URL_SETTINGS = [...URLS_OF.secretKey, ...URLS_OF.consoleKey] as const;

/**
 * Characters of JSON that a Config may have. It comes with each event, two hundred of this size fill a body of 50 MB; and where a compacted body names one for
 * a hundred thousand events, the time for all of them grows with it. A settings document may be larger.
 */
const MAX_CONFIG_CHARACTERS = 262_144;

/** Of a Config with templates, which is put together anew for each event. Real ones have some thousand. */
const MAX_TEMPLATED_CHARACTERS = 16_384;

/** Writing a longer Config to recognise it takes longer than converting an event, so the destination that it stands in is remembered: many events may share it. */
const LONG_CONFIG_CHARACTERS = 4_096;

/** What a destination resolves to. The same object for the same settings, so it can stand for the group in a batch. */
export type ResolvedDestination = { readonly kind: 'resolved'; readonly workspace: CompiledWorkspace } | Invalid;

/** Finds and compiles the workspace of batch elements. */
export interface DestinationResolver {
  resolve(element: JsonObject, destination: JsonObject): ResolvedDestination;
  /** Id of the settings document that names the destination; empty where none does: destinations may be anybody's, and their ids no labels of metrics. */
  workspaceOf(destination: JsonObject): string;
  /** The same of the metadata of a job for delivery. */
  workspaceOfJob(job: JsonObject): string;
  readonly cache: CompiledCache<ResolvedDestination>;
}

/** What a destination resolved to under the documents in force. */
interface KnownDestination {
  readonly resolved: ResolvedDestination;
  /** As `workspaceOf` of the resolver. */
  readonly workspaceId: string;
}

function tooLarge(characters: number, what: string): Invalid {
  const detail = `more than ${characters} characters of ${what}`;
  return { kind: 'invalid', code: 'SETTINGS_INVALID', path: 'destination.Config', detail };
}

const TOO_LARGE = tooLarge(MAX_CONFIG_CHARACTERS, 'JSON');
const TEMPLATED_TOO_LARGE = tooLarge(MAX_TEMPLATED_CHARACTERS, 'JSON with templates');

function toText(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** The key in a Config, unless it is one the Config may not have. */
function readKey(
  name: KeyName,
  config: JsonObject,
  fromEvent: ReadonlySet<string>,
  mayBeTemplated: boolean,
): Secret | Invalid | undefined {
  const key = config[name];
  const path = `destination.Config.${name}`;
  if (key === undefined || key === null || key === '') return undefined;
  if (typeof key !== 'string') return { kind: 'invalid', code: 'SETTINGS_INVALID', path, detail: 'not a string' };
  if (fromEvent.has(name) && !mayBeTemplated) return { kind: 'invalid', code: 'SECRET_KEY_TEMPLATED', path };
  // Anyone who can reach the port can send a Config: a reference in it would read any file or variable of this machine.
  if (/^(env|file):/.test(key)) return { kind: 'invalid', code: 'SECRET_REFERENCE_REFUSED', path };
  return new Secret(key);
}

/**
 * Why a key of the document may not be used: the Config names another address for it than the document, and not Statsig's. Anyone who reaches the port can
 * send a Config, so the key would go wherever they like.
 */
function findForeignAddress(name: KeyName, config: BaseUrlSettings, document: BaseUrlSettings): Invalid | undefined {
  const foreign = URLS_OF[name].find((setting) => {
    if (config[setting] === undefined) return false;
    const url = baseUrlOf(config, setting);
    return url !== baseUrlOf(document, setting) && !isStatsigs(setting, url);
  });
  if (foreign === undefined) return undefined;
  return { kind: 'invalid', code: 'KEY_ADDRESS_REFUSED', path: `destination.Config.${foreign}` };
}

function isInvalid(key: Secret | Invalid | undefined): key is Invalid {
  return key !== undefined && !(key instanceof Secret);
}

/** Numbers documents, so that a change of one leaves what was compiled with the others; 0 where there is none. */
function createRevisions(): (document: WorkspaceDocument | undefined) => number {
  const numbers = new WeakMap<WorkspaceDocument, number>();
  let last = 0;
  return (document) => {
    if (document === undefined) return 0;
    const known = numbers.get(document);
    if (known !== undefined) return known;
    last += 1;
    numbers.set(document, last);
    return last;
  };
}

/** @param cacheSize compiled workspaces kept */
export function createDestinationResolver(store: WorkspaceStore, cacheSize: number): DestinationResolver {
  const cache = createCompiledCache<ResolvedDestination>(cacheSize);
  const revisionOf = createRevisions();

  function compile(
    document: WorkspaceDocument | undefined,
    destinationId: string,
    config: JsonObject,
    fromEvent: ReadonlySet<string>,
  ): ResolvedDestination {
    const overlay = readOverlay(config);
    const fault = findFirstSettingsFault(overlay);
    if (fault !== undefined) {
      return {
        kind: 'invalid',
        code: 'SETTINGS_INVALID',
        path: `destination.Config.${fault.path}`,
        detail: fault.message,
      };
    }
    const settings = { ...document?.settings, ...overlay };
    const templated = URL_SETTINGS.find((name) => fromEvent.has(name));
    if (templated !== undefined)
      return { kind: 'invalid', code: 'URL_TEMPLATED', path: `destination.Config.${templated}` };
    const mayBeTemplated = settings.allowTemplatedSecretKey === true;
    const keyOf = (name: KeyName): Secret | Invalid | undefined => {
      const own = readKey(name, config, fromEvent, mayBeTemplated);
      const ofDocument = document?.[name];
      if (own !== undefined || ofDocument === undefined) return own;
      return findForeignAddress(name, overlay, document?.settings ?? {}) ?? ofDocument;
    };
    const secretKey = keyOf('secretKey');
    if (isInvalid(secretKey)) return secretKey;
    const consoleKey = keyOf('consoleKey');
    if (isInvalid(consoleKey)) return consoleKey;
    const id = document?.id ?? destinationId;
    return {
      kind: 'resolved',
      workspace: compileWorkspace(id, settings, secretKey, 'rudderstack', {
        consoleKey,
        ...(document !== undefined && { rowUse: rowUsesOf(document) }),
      }),
    };
  }

  /** Destinations that many events may share: those with a long Config, and those that are the same object in each request. No event has a say in what they resolve to. */
  let known = new WeakMap<JsonObject, KnownDestination>();
  let knownGeneration = store.generation;

  function findKnown(destination: JsonObject): KnownDestination | undefined {
    if (store.generation !== knownGeneration) {
      known = new WeakMap();
      knownGeneration = store.generation;
    }
    return known.get(destination);
  }

  const workspaceOf = (destinationId: unknown, workspaceId: unknown): string =>
    store.find({ destinationId: toText(destinationId), workspaceId: toText(workspaceId) })?.id ?? '';

  return {
    cache,
    workspaceOf: (destination) =>
      findKnown(destination)?.workspaceId ?? workspaceOf(destination.ID, destination.WorkspaceID),
    workspaceOfJob: ({ destinationId, workspaceId }) => workspaceOf(destinationId, workspaceId),
    resolve(element, destination) {
      const remembered = findKnown(destination);
      if (remembered !== undefined) {
        cache.countHit();
        return remembered.resolved;
      }
      const longId =
        findLongId(destination.ID, 'destination.ID') ?? findLongId(destination.WorkspaceID, 'destination.WorkspaceID');
      if (longId !== undefined) return longId;
      let config = isJsonObject(destination.Config) ? destination.Config : {};
      // The text is part of the key because hand-written configurations change a Config without changing its revision id.
      let text = toJsonText(config);
      let fromEvent: ReadonlySet<string> = new Set();
      const isRemembered = text === undefined || text.length > LONG_CONFIG_CHARACTERS || isShared(destination);
      const remember = (resolved: ResolvedDestination) => {
        if (isRemembered)
          known.set(destination, { resolved, workspaceId: workspaceOf(destination.ID, destination.WorkspaceID) });
        return resolved;
      };
      if (text !== undefined && text.length > MAX_CONFIG_CHARACTERS) return remember(TOO_LARGE);
      const isTemplated = text !== undefined && destination.hasDynamicConfig !== false && mayHoldTemplate(text);
      if (text !== undefined && isTemplated) {
        if (text.length > MAX_TEMPLATED_CHARACTERS) return remember(TEMPLATED_TOO_LARGE);
        ({ config, fromEvent } = evaluateDynamicConfig(config, element));
        // What an event supplies may be nested too deep, or too large, as well.
        text = toJsonText([config, [...fromEvent]]);
      }
      if (text === undefined) {
        const tooDeep: Invalid = { kind: 'invalid', code: 'NESTED_TOO_DEEP', path: 'destination.Config' };
        return isTemplated ? tooDeep : remember(tooDeep);
      }
      if (text.length > MAX_CONFIG_CHARACTERS) return TOO_LARGE;
      const destinationId = toText(destination.ID);
      const document = store.find({ destinationId, workspaceId: toText(destination.WorkspaceID) });
      const key = `${revisionOf(document)}\n${destinationId}\n${text}`;
      const resolved = cache.get(key, () => compile(document, destinationId, config, fromEvent));
      return isTemplated ? resolved : remember(resolved);
    },
  };
}
