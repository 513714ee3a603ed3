// What a workspace of Segment's holds, and what each operation does with it.

import { isJsonObject, type JsonObject } from '../../src/model/segment-event.js';
import { DESTINATION_KINDS, JAVASCRIPT, SOURCE_KINDS } from './catalog.js';
import type { Found } from './document.js';

/** Segment does not do what it is asked for. */
export class Refusal extends Error {
  readonly status: number;
  readonly type: string;
  readonly field: string | undefined;

  constructor(status: number, type: string, message: string, field?: string) {
    super(message);
    this.status = status;
    this.type = type;
    this.field = field;
  }
}

/** Something with an id of Segment's. */
export type Item = JsonObject & { readonly id: string };

/** How the workspace is. */
export interface WorkspaceOptions {
  readonly region?: 'us' | 'eu';
  /** Items of a page, however many are asked for. Default: 1, so that each list has several. */
  readonly pageSize?: number;
  /** Kinds that Segment's catalog has in place of those of `catalog.ts`. */
  readonly catalog?: { readonly sources: readonly JsonObject[]; readonly destinations: readonly JsonObject[] };
}

const ID = 'workspace-of-tests';

/** The most mappings of a destination. */
const MOST_SUBSCRIPTIONS = 5;

/** As much of Segment's filter language as types of events are named by. */
const TRIGGER = /^type = "\w+"(?: or type = "\w+")*$/;

function notFound(what: string): Refusal {
  return new Refusal(404, 'not-found', `${what} was not found`);
}

function invalid(message: string, field: string): Refusal {
  return new Refusal(422, 'input-validation', message, field);
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** A workspace with a source `web` of one name, and two more. */
export function createWorkspace({ region = 'us', pageSize = 1, catalog }: WorkspaceOptions = {}) {
  const kinds = catalog?.sources ?? SOURCE_KINDS[region];
  const destinationKinds = catalog?.destinations ?? DESTINATION_KINDS;
  const sources = new Map<string, Item>();
  const destinations = new Map<string, Item>();
  const subscriptions = new Map<string, Item>();
  const functions = new Map<string, Item>();
  const labels: JsonObject[] = [];
  let made = 0;

  const idOf = (kind: string) => {
    made += 1;
    return `${kind}-${made}`;
  };

  function page(items: readonly JsonObject[], field: string, { pagination }: Found['query']): JsonObject {
    const { cursor, count } = isJsonObject(pagination) ? pagination : {};
    const from = cursor === undefined ? 0 : Number(Buffer.from(text(cursor), 'base64').toString());
    if (!Number.isInteger(from) || from < 0) throw invalid('the cursor is not valid', 'pagination.cursor');
    const next = from + Math.min(pageSize, Number(count));
    const cursorAt = (at: number) => Buffer.from(String(at)).toString('base64');
    return {
      [field]: items.slice(from, next),
      pagination: {
        current: cursorAt(from),
        ...(next < items.length && { next: cursorAt(next) }),
        totalEntries: items.length,
      },
    };
  }

  function the(map: ReadonlyMap<string, Item>, id: string | undefined, what: string): Item {
    const found = map.get(id ?? '');
    if (found === undefined) throw notFound(what);
    return found;
  }

  function kindIn(kinds: readonly JsonObject[], id: unknown): JsonObject {
    const found = kinds.find((kind) => kind.id === id);
    if (found === undefined) throw notFound('the metadata');
    return found;
  }

  function addSource(slug: string, name: string, kind: JsonObject = JAVASCRIPT, enabled = true): Item {
    // No page says which status a slug that is taken has; 409 is "there was a conflict".
    if ([...sources.values()].some((source) => source.slug === slug))
      throw new Refusal(409, 'conflict', 'A source with this slug exists', 'slug');
    const id = idOf('source');
    const writeKeys = [`write-key-of-${slug}`];
    const source = { id, slug, name, metadata: kind, workspaceId: ID, enabled, writeKeys, settings: {}, labels: [] };
    sources.set(id, source);
    return source;
  }

  function addDestination(given: JsonObject): Item {
    const { sourceId, metadataId, enabled = true, name, settings } = given;
    const source = the(sources, text(sourceId), 'the source');
    const metadata = kindIn(destinationKinds, metadataId);
    const id = idOf('destination');
    const named = name === undefined ? {} : { name };
    const destination = { id, ...named, enabled, metadata, sourceId: source.id, settings };
    destinations.set(id, destination);
    return destination;
  }

  /** Rules of the action that a subscription is of. */
  function checkSubscription({ actionId, settings, trigger }: JsonObject, destination: Item): JsonObject {
    const { actions } = destination.metadata as { readonly actions: readonly JsonObject[] };
    const action = actions.find(({ id }) => id === actionId);
    if (action === undefined) throw invalid('the destination has no such action', 'actionId');
    if (!TRIGGER.test(text(trigger))) throw invalid('the trigger is no FQL that this stand-in reads', 'trigger');
    const fields = action.fields as readonly JsonObject[];
    const given = isJsonObject(settings) ? settings : {};
    const unknown = Object.keys(given).find((key) => !fields.some(({ fieldKey }) => fieldKey === key));
    if (unknown !== undefined) throw invalid(`the action has no field ${unknown}`, 'settings');
    const missing = fields.find(({ fieldKey, required }) => required === true && given[text(fieldKey)] === undefined);
    if (missing !== undefined) throw invalid(`${missing.fieldKey} is required`, 'settings');
    return action;
  }

  function addSubscription(destination: Item, given: JsonObject): Item {
    const action = checkSubscription(given, destination);
    if (ofDestination(destination).length === MOST_SUBSCRIPTIONS)
      throw invalid(`a destination has at most ${MOST_SUBSCRIPTIONS} mappings`, 'destinationId');
    const id = idOf('subscription');
    const subscription = {
      settings: {},
      ...given,
      id,
      actionSlug: action.slug,
      destinationId: destination.id,
    };
    subscriptions.set(id, subscription);
    return subscription;
  }

  const ofDestination = ({ id }: Item) => [...subscriptions.values()].filter((each) => each.destinationId === id);

  function removeDestination(destination: Item): void {
    for (const { id } of ofDestination(destination)) subscriptions.delete(id);
    destinations.delete(destination.id);
  }

  function removeSource({ id }: Item): void {
    for (const destination of [...destinations.values()])
      if (destination.sourceId === id) removeDestination(destination);
    sources.delete(id);
  }

  function change(map: Map<string, Item>, item: Item, given: JsonObject): Item {
    const changed = { ...item, ...given };
    map.set(item.id, changed);
    return changed;
  }

  function subscriptionAt({ destinationId, id }: Found['path']): Item {
    const found = the(subscriptions, id, 'the subscription');
    if (found.destinationId !== destinationId) throw notFound('the subscription');
    return found;
  }

  function addFunction(given: JsonObject): Item {
    const id = idOf(given.resourceType === 'SOURCE' ? 'sfnc' : 'dfn');
    const time = '2026-01-02T03:04:05.000Z';
    const made = { settings: [], ...given, id, createdAt: time, createdBy: 'user', deployedAt: null };
    functions.set(id, made);
    return made;
  }

  const listed = ({ code: _c, settings: _s, deployedAt: _d, isLatestVersion: _l, ...item }: JsonObject) => item;

  const SUCCESS = { status: 'SUCCESS' };
  const sourceAt = ({ sourceId }: Found['path']) => the(sources, sourceId, 'the source');
  const destinationAt = ({ destinationId }: Found['path']) => the(destinations, destinationId, 'the destination');
  const functionAt = ({ functionId }: Found['path']) => the(functions, functionId, 'the function');

  function withLabels({ path, body }: Found, before: readonly unknown[]): JsonObject {
    const given = (body as { readonly labels: readonly JsonObject[] }).labels;
    const unknown = given.find(({ key, value }) => !labels.some((each) => each.key === key && each.value === value));
    if (unknown !== undefined) throw invalid('the workspace has no such label', 'labels');
    const source = change(sources, sourceAt(path), { labels: [...before, ...given] });
    return { labels: source.labels };
  }

  const DEEDS: Readonly<Record<string, (found: Found, body: JsonObject) => JsonObject>> = {
    getWorkspace: () => ({ workspace: { id: ID, slug: 'acme', name: 'Acme' } }),
    echo: ({ query }) => ({ method: 'get', message: text(query.message), headers: {} }),
    listSources: ({ query }) => page([...sources.values()], 'sources', query),
    createSource: (_, { slug, enabled, metadataId }) => ({
      source: addSource(text(slug), text(slug), kindIn(kinds, metadataId), enabled === true),
    }),
    getSource: ({ path }) => ({ source: sourceAt(path), trackingPlanId: null }),
    updateSource: ({ path }, body) => ({ source: change(sources, sourceAt(path), body) }),
    deleteSource({ path }) {
      removeSource(sourceAt(path));
      return SUCCESS;
    },
    createWriteKeyForSource({ path }) {
      const source = sourceAt(path);
      const writeKeys = [...(source.writeKeys as readonly string[]), `write-key-${idOf('key')}`];
      return { source: change(sources, source, { writeKeys }) };
    },
    listConnectedDestinationsFromSource({ path, query }) {
      const { id } = sourceAt(path);
      return page(
        [...destinations.values()].filter(({ sourceId }) => sourceId === id),
        'destinations',
        query,
      );
    },
    addLabelsToSource: (found) => withLabels(found, sourceAt(found.path).labels as readonly unknown[]),
    replaceLabelsInSource: (found) => withLabels(found, []),
    getSourcesCatalog: ({ query }) => page(kinds, 'sourcesCatalog', query),
    getSourceMetadata: ({ path }) => ({ sourceMetadata: kindIn(kinds, path.sourceMetadataId) }),
    getDestinationsCatalog: ({ query }) => page(destinationKinds, 'destinationsCatalog', query),
    getDestinationMetadata: ({ path }) => ({
      destinationMetadata: kindIn(destinationKinds, path.destinationMetadataId),
    }),
    listDestinations: ({ query }) => page([...destinations.values()], 'destinations', query),
    createDestination: (_, body) => ({ destination: addDestination(body) }),
    getDestination: ({ path }) => ({ destination: destinationAt(path) }),
    updateDestination: ({ path }, body) => ({ destination: change(destinations, destinationAt(path), body) }),
    deleteDestination({ path }) {
      removeDestination(destinationAt(path));
      return SUCCESS;
    },
    listSubscriptionsFromDestination: ({ path, query }) =>
      page(ofDestination(destinationAt(path)), 'subscriptions', query),
    createDestinationSubscription: ({ path }, body) => ({
      destinationSubscription: addSubscription(destinationAt(path), body),
    }),
    getSubscriptionFromDestination: ({ path }) => ({ subscription: subscriptionAt(path) }),
    updateSubscriptionForDestination({ path }, { input }) {
      const before = subscriptionAt(path);
      const given = isJsonObject(input) ? input : {};
      checkSubscription({ ...before, ...given }, destinationAt(path));
      return { subscription: change(subscriptions, before, given) };
    },
    removeSubscriptionFromDestination({ path }) {
      subscriptions.delete(subscriptionAt(path).id);
      return SUCCESS;
    },
    listFunctions: ({ query }) =>
      page(
        [...functions.values()].filter(({ resourceType }) => resourceType === query.resourceType).map(listed),
        'functions',
        query,
      ),
    createFunction: (_, body) => ({ function: addFunction(body) }),
    getFunction: ({ path }) => ({ function: functionAt(path) }),
    updateFunction: ({ path }, body) => ({
      function: change(functions, functionAt(path), { ...body, isLatestVersion: false }),
    }),
    deleteFunction({ path }) {
      functions.delete(functionAt(path).id);
      return SUCCESS;
    },
    createFunctionDeployment({ path }) {
      // The published SDK: "Only applicable to Source Function instances".
      if (functionAt(path).resourceType !== 'SOURCE') throw invalid('only Source Functions are deployed', 'functionId');
      change(functions, functionAt(path), { deployedAt: '2026-01-02T03:04:06.000Z', isLatestVersion: true });
      return { functionDeployment: SUCCESS };
    },
    listLabels: () => ({ labels }),
    createLabel(_, { label }) {
      if (isJsonObject(label)) labels.push(label);
      return { label };
    },
    deleteLabel({ path: { key, value } }) {
      const at = labels.findIndex((each) => each.key === key && each.value === value);
      if (at < 0) throw notFound('the label');
      labels.splice(at, 1);
      return SUCCESS;
    },
  };

  addSource('web', 'Web');
  addSource('ios', 'App');
  addSource('android', 'App');

  return {
    sources,
    destinations,
    subscriptions,
    functions,
    addSource,
    addDestination,
    addSubscription,
    /** Everything there is, to compare. */
    state: () =>
      structuredClone({
        sources: [...sources.values()],
        destinations: [...destinations.values()],
        subscriptions: [...subscriptions.values()],
        functions: [...functions.values()],
        labels,
      }),
    /** Does what a request asks for. @returns `data` of the answer @throws Refusal */
    perform(found: Found): JsonObject {
      const deed = DEEDS[found.id];
      if (deed === undefined) throw new Error(`nothing does ${found.id}`);
      return deed(found, isJsonObject(found.body) ? found.body : {});
    },
  };
}

export type Workspace = ReturnType<typeof createWorkspace>;
