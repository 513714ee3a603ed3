// Reads what RudderStack's control plane tells a rudder-server: sources, and the destinations that they send to.

import { Secret } from '../../base/secret.js';
import { isJsonObject, type JsonObject } from '../../model/segment-event.js';
import { ConnectError } from '../connection.js';

/** A destination of the type STATSIG. */
export interface StatsigDestination {
  readonly id: string;
  readonly name: string;
  /** What it is called in an event's `integrations`. */
  readonly displayName: string;
  /** Of RudderStack; empty where none is named. */
  readonly workspaceId: string;
  /** Why rudder-server sends it nothing; `undefined`: it does. */
  readonly idle?: 'disabled' | 'deleted' | 'device mode';
  /** The server secret in its Config. */
  readonly key: Secret | undefined;
}

/** A source, and the STATSIG destinations that it sends to. */
export interface RudderSource {
  readonly id: string;
  readonly name: string;
  readonly workspaceId: string;
  /** Of its definition: `Statsig`, `webhook`, `Javascript`. */
  readonly type: string;
  /** `webhook`: others' requests come to it; empty: events of SDKs do. */
  readonly category: string;
  readonly isEnabled: boolean;
  readonly writeKey: Secret | undefined;
  /** Ids. */
  readonly destinations: readonly string[];
}

/** All of an export that matters here. */
export interface Inventory {
  readonly destinations: readonly StatsigDestination[];
  readonly sources: readonly RudderSource[];
  /** How many destinations of each other type rudder-server sends to through the transformer, by type. */
  readonly others: ReadonlyMap<string, number>;
}

const STATSIG = 'STATSIG';

/** rudder-server reads names in either case, as Go does. */
function field(object: JsonObject, name: string): unknown {
  if (Object.hasOwn(object, name)) return object[name];
  const wanted = name.toLowerCase();
  const found = Object.keys(object).find((each) => each.toLowerCase() === wanted);
  return found === undefined ? undefined : object[found];
}

function text(object: JsonObject, name: string): string {
  const value = field(object, name);
  return typeof value === 'string' ? value : '';
}

/** A reader of one export: it says of each fault where it stands. */
class Reader {
  readonly #from: string;
  readonly #destinations = new Map<string, StatsigDestination>();
  readonly #sources: RudderSource[] = [];
  readonly #others = new Map<string, Set<string>>();

  constructor(from: string) {
    this.#from = from;
  }

  fault(path: string, message: string): ConnectError {
    return new ConnectError('answer-unclear', `${this.#from}: ${path === '' ? 'it' : path} ${message}.`);
  }

  #object(value: unknown, path: string): JsonObject {
    if (isJsonObject(value)) return value;
    throw this.fault(path, 'is not an object');
  }

  #list(value: unknown, path: string): readonly unknown[] {
    // Go writes a list that was never filled as null.
    if (value === undefined || value === null) return [];
    if (Array.isArray(value)) return value;
    throw this.fault(path, 'is not a list');
  }

  #id(object: JsonObject, path: string): string {
    const id = text(object, 'id');
    if (id.trim() === '') throw this.fault(`${path}.id`, 'is missing, or no string');
    return id;
  }

  #countOther(type: string, destination: JsonObject, idle: StatsigDestination['idle']): void {
    if (type === '' || idle !== undefined) return;
    const ids = this.#others.get(type) ?? new Set();
    ids.add(text(destination, 'id'));
    this.#others.set(type, ids);
  }

  /** @returns its id, where it is of the type STATSIG */
  #destination(value: unknown, path: string, workspaceId: string): string | undefined {
    const destination = this.#object(value, path);
    const definition = field(destination, 'destinationDefinition');
    const type = isJsonObject(definition) ? text(definition, 'name') : '';
    const idle = idleOf(destination);
    if (type !== STATSIG) {
      this.#countOther(type, destination, idle);
      return undefined;
    }
    const id = this.#id(destination, path);
    // Each source repeats it.
    if (this.#destinations.has(id)) return id;
    const config = field(destination, 'config');
    const key = isJsonObject(config) ? text(config, 'secretKey') : '';
    this.#destinations.set(id, {
      id,
      name: text(destination, 'name') || id,
      displayName: (isJsonObject(definition) && text(definition, 'displayName')) || 'Statsig',
      workspaceId: text(destination, 'workspaceId') || workspaceId,
      key: key === '' ? undefined : new Secret(key),
      ...(idle !== undefined && { idle }),
    });
    return id;
  }

  #source(value: unknown, path: string, workspaceId: string): void {
    const source = this.#object(value, path);
    const id = this.#id(source, path);
    const definition = field(source, 'sourceDefinition');
    const key = text(source, 'writeKey');
    const destinations = this.#list(field(source, 'destinations'), `${path}.destinations`).flatMap(
      (each, index) => this.#destination(each, `${path}.destinations[${index}]`, workspaceId) ?? [],
    );
    this.#sources.push({
      id,
      name: text(source, 'name') || id,
      workspaceId: text(source, 'workspaceId') || workspaceId,
      type: isJsonObject(definition) ? text(definition, 'name') : '',
      category: isJsonObject(definition) ? text(definition, 'category') : '',
      isEnabled: field(source, 'enabled') === true && field(source, 'deleted') !== true,
      writeKey: key === '' ? undefined : new Secret(key),
      destinations,
    });
  }

  /** While a replay runs, events come for copies of destinations, which have ids of their own. */
  #replays(value: unknown): void {
    for (const replay of Object.values(isJsonObject(value) ? value : {})) {
      const copies = isJsonObject(replay) ? field(replay, 'destinations') : undefined;
      for (const [id, copy] of Object.entries(isJsonObject(copies) ? copies : {})) {
        const original = this.#destinations.get(isJsonObject(copy) ? text(copy, 'originalId') : '');
        if (original !== undefined && id !== '') this.#destinations.set(id, { ...original, id });
      }
    }
  }

  /** @param path of the workspace; empty where the export is of one */
  workspace(config: JsonObject, path: string, id: string): void {
    const within = path === '' ? '' : `${path}.`;
    const workspaceId = text(config, 'workspaceId') || id;
    for (const [index, each] of this.#list(field(config, 'sources'), `${within}sources`).entries())
      this.#source(each, `${within}sources[${index}]`, workspaceId);
    this.#replays(field(config, 'eventReplays'));
  }

  result(): Inventory {
    const others = new Map([...this.#others].map(([type, ids]) => [type, ids.size]));
    return { destinations: [...this.#destinations.values()], sources: this.#sources, others };
  }
}

function idleOf(destination: JsonObject): StatsigDestination['idle'] {
  if (field(destination, 'deleted') === true) return 'deleted';
  if (field(destination, 'enabled') !== true) return 'disabled';
  return field(destination, 'isProcessorEnabled') === true ? undefined : 'device mode';
}

/** What JSON.parse says holds a piece of the text, which may be a key: only the place is told. */
function placeOfFault(error: unknown): string {
  const place = error instanceof Error ? /position \d+(?: \(line \d+ column \d+\))?/.exec(error.message) : null;
  return place === null ? '' : `, at ${place[0]}`;
}

/**
 * Reads an export of one workspace (workspaceConfig.json, the answer of `/workspaceConfig`) or of several by their ids (the answer of `/data-plane/v1/namespaces/NAMESPACE/config`).
 *
 * @param from what is read, for people
 * @throws ConnectError that names the place of the first fault; nothing of the export's values stands in it
 */
export function readWorkspaceConfig(json: string, from: string): Inventory {
  const reader = new Reader(from);
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    throw reader.fault('', `is no JSON${json.trim() === '' ? ': it is empty' : placeOfFault(error)}`);
  }
  if (!isJsonObject(value)) throw reader.fault('', 'is not an object: it should be what the control plane exports');
  if (field(value, 'sources') !== undefined) {
    reader.workspace(value, '', '');
    return reader.result();
  }
  const workspaces = Object.entries(value);
  for (const [id, config] of workspaces) {
    // Not changed since an earlier answer, which is not here.
    if (config === null && workspaces.length > 1) continue;
    if (!isJsonObject(config) || field(config, 'sources') === undefined)
      throw reader.fault(
        '',
        'is no export of a workspace: it has no `sources`, and neither has each of its workspaces by their ids',
      );
    reader.workspace(config, `["${id.slice(0, 64)}"]`, id);
  }
  if (workspaces.length === 0) throw reader.fault('', 'is empty: it has no `sources`');
  return reader.result();
}
