// Decides which settings document claims which destinations and sources of RudderStack.

import { dirname } from 'node:path';
import type { Secret } from '../../base/secret.js';
import { readLocalSecret, resolveSecretKey } from '../../settings/secret-reference.js';
import { ConnectError } from '../connection.js';
import type { ConnectRudderStackOptions } from './options.js';
import { CLAIMS, type ClaimName, claimedBy, type FoundDocument, type SettingsDocuments } from './settings-documents.js';
import type { Inventory, RudderSource, StatsigDestination } from './workspace-config.js';

/** What one settings document is to claim beside what it claims. */
export type Claim = Readonly<Record<ClaimName, readonly string[]>> & {
  readonly documentId: string;
  /** `undefined`: it is made. */
  readonly document: FoundDocument | undefined;
  /** The Statsig server secret of the destinations; `undefined` where none has one, or it is a template. */
  readonly key: Secret | undefined;
  /** Destinations without a key of their own, by name. */
  readonly keyless: readonly string[];
};

/** What is claimed, and what is not. */
export interface Claims {
  /** One for each document that has or gets a part. */
  readonly claims: readonly Claim[];
  /** By ids of destinations: the document that has them, or gets them. */
  readonly documentOf: ReadonlyMap<string, string>;
  /** Sentences about what is left alone. */
  readonly notes: readonly string[];
}

/** How many names a sentence holds. */
const MAX_NAMED = 10;

/** Names for people, the first few of many. */
export function listed(names: readonly string[]): string {
  const shown = names.slice(0, MAX_NAMED).join(', ');
  return names.length > MAX_NAMED ? `${shown} and ${names.length - MAX_NAMED} more` : shown;
}

/** Those whose id or name is asked for. @throws ConnectError for a name that is none's */
function named<T extends { readonly id: string; readonly name: string }>(
  all: readonly T[],
  asked: readonly string[],
  what: string,
): readonly T[] {
  const found = asked.map((wanted) => {
    const matches = all.filter(({ id, name }) => id === wanted || name === wanted);
    if (matches.length > 0) return matches;
    const others = all.map(({ id, name }) => (name === id ? id : `${name} (${id})`));
    throw new ConnectError(
      'not-found',
      `There is no ${what} ${wanted}. There are: ${others.length === 0 ? 'none' : listed(others)}.`,
    );
  });
  return [...new Set(found.flat())];
}

/** A template, or a variable of rudder-server's: not the key itself. */
function isKeyItself(key: Secret): boolean {
  return !/\{\{|^env\./.test(key.reveal());
}

/** Destinations of one Statsig project; of those without a key, of one workspace of RudderStack. */
interface Project {
  readonly key: Secret | undefined;
  readonly members: StatsigDestination[];
}

function projectsOf(destinations: readonly StatsigDestination[]): readonly Project[] {
  const projects = new Map<string, Project>();
  for (const destination of destinations) {
    const { key, workspaceId } = destination;
    const name = key === undefined ? `workspace ${workspaceId}` : `key ${key.reveal()}`;
    const project = projects.get(name);
    if (project === undefined) projects.set(name, { key, members: [destination] });
    else project.members.push(destination);
  }
  return [...projects.values()];
}

function slugOf(name: string): string {
  return (
    name
      .toLowerCase()
      .replace(/[^a-z0-9_]+/g, '-')
      .slice(0, 60)
      // At most one at either end.
      .replace(/^-|-$/g, '') || 'statsig'
  );
}

/** The key that a document names, where this machine has it. */
function keyOf({ value, file }: FoundDocument): string | undefined {
  if (typeof value.secretKey !== 'string') return undefined;
  return resolveSecretKey(value.secretKey, dirname(file), readLocalSecret).secret?.reveal();
}

function byWorkspace(destinations: readonly StatsigDestination[]): ReadonlyMap<string, StatsigDestination[]> {
  const found = new Map<string, StatsigDestination[]>();
  for (const each of destinations) {
    const own = found.get(each.workspaceId);
    if (own === undefined) found.set(each.workspaceId, [each]);
    else own.push(each);
  }
  return found;
}

class Planner {
  readonly #options: ConnectRudderStackOptions;
  readonly #destinations: readonly StatsigDestination[];
  readonly #documents: readonly FoundDocument[];
  readonly #owners: Readonly<Record<ClaimName, Map<string, string>>>;
  readonly #byKey = new Map<string, string[]>();
  /** Of the destinations that a document claims already. */
  readonly #keysOf = new Map<string, Set<string>>();
  readonly #taken: Set<string>;
  readonly #claims = new Map<string, Record<ClaimName, string[]> & { key: Secret | undefined; keyless: string[] }>();
  /** By workspaces of RudderStack. */
  readonly #near: ReadonlyMap<string, readonly StatsigDestination[]>;
  readonly #claimedWorkspaces: Set<string>;
  readonly documentOf = new Map<string, string>();
  readonly notes: string[] = [];

  /** @param destinations those that are claimed */
  constructor(
    options: ConnectRudderStackOptions,
    { documents }: SettingsDocuments,
    destinations: readonly StatsigDestination[],
  ) {
    this.#options = options;
    this.#destinations = destinations;
    this.#near = byWorkspace(destinations);
    this.#documents = documents;
    this.#taken = new Set(documents.map(({ id }) => id));
    this.#owners = { destinationIds: new Map(), workspaceIds: new Map(), sourceIds: new Map() };
    for (const document of documents) {
      for (const name of CLAIMS) for (const id of claimedBy(document, name)) this.#owners[name].set(id, document.id);
      const key = keyOf(document);
      if (key !== undefined) this.#byKey.set(key, [...(this.#byKey.get(key) ?? []), document.id]);
    }
    this.#claimedWorkspaces = new Set(this.#owners.workspaceIds.keys());
    for (const each of destinations) {
      const owner = this.#ownerOf(each);
      if (owner === undefined || each.key === undefined) continue;
      this.#keysOf.set(owner, (this.#keysOf.get(owner) ?? new Set()).add(each.key.reveal()));
    }
  }

  #claimOf(documentId: string) {
    const found = this.#claims.get(documentId) ?? {
      destinationIds: [],
      workspaceIds: [],
      sourceIds: [],
      key: undefined,
      keyless: [],
    };
    this.#claims.set(documentId, found);
    return found;
  }

  /** A match by destination beats a match by workspace, as in a running process. */
  #ownerOf({ id, workspaceId }: StatsigDestination): string | undefined {
    return this.#owners.destinationIds.get(id) ?? this.#owners.workspaceIds.get(workspaceId);
  }

  #newId(name: string): string {
    const slug = slugOf(name);
    for (let count = 1; ; count += 1) {
      const id = count === 1 ? slug : `${slug}-${count}`;
      if (this.#taken.has(id)) continue;
      this.#taken.add(id);
      return id;
    }
  }

  /** The only document, unless it is known to be of another project. */
  #onlyDocument(key: Secret | undefined): string | undefined {
    const [only, ...more] = this.#documents;
    if (only === undefined || more.length > 0) return undefined;
    const known = [keyOf(only), ...(this.#keysOf.get(only.id) ?? [])].filter((each) => each !== undefined);
    return known.every((each) => each === key?.reveal()) ? only.id : undefined;
  }

  #documentFor({ key, members }: Project, isAlone: boolean): string {
    const { workspace } = this.#options;
    if (workspace !== undefined) return workspace;
    const sibling = members.map((each) => this.#ownerOf(each)).find((owner) => owner !== undefined);
    if (sibling !== undefined) return sibling;
    const [sameProject, ...more] = key === undefined ? [] : (this.#byKey.get(key.reveal()) ?? []);
    if (sameProject !== undefined && more.length === 0) return sameProject;
    const only = isAlone ? this.#onlyDocument(key) : undefined;
    if (only !== undefined) return only;
    return isAlone && this.#documents.length === 0 ? 'default' : this.#newId(members[0]?.name ?? '');
  }

  /** @throws ConnectError where one document would get destinations of several projects */
  claimDestinations(): void {
    const projects = projectsOf(this.#destinations);
    const open = projects.filter(({ members }) => members.some((each) => this.#ownerOf(each) === undefined));
    const { workspace } = this.#options;
    if (workspace !== undefined && open.length > 1)
      throw new ConnectError(
        'ambiguous',
        `The destinations are of ${open.length} Statsig projects, and a settings document is of one. Say which of them the workspace ${workspace} claims (--destination), or leave --workspace out: ${open
          .slice(0, MAX_NAMED)
          .map(({ members }) => listed(members.map(({ name, id }) => `${name} (${id})`)))
          .join('; ')}.`,
      );
    for (const project of projects) {
      const claimed = project.members.map((each) => [each, this.#ownerOf(each)] as const);
      for (const [{ id }, owner] of claimed) if (owner !== undefined) this.documentOf.set(id, owner);
      const rest = claimed.flatMap(([each, owner]) => (owner === undefined ? [each] : []));
      // A key may be wanted of it all the same.
      const documentId = rest.length === 0 ? claimed[0]?.[1] : this.#documentFor(project, open.length === 1);
      if (documentId === undefined) continue;
      const claim = this.#claimOf(documentId);
      for (const { id } of rest) this.documentOf.set(id, documentId);
      if (this.#options.byWorkspace) this.#claimWorkspaces(rest, documentId);
      else claim.destinationIds.push(...rest.map(({ id }) => id));
      if (project.key !== undefined && isKeyItself(project.key)) claim.key ??= project.key;
      if (project.key === undefined) claim.keyless.push(...project.members.map(({ name }) => name));
    }
  }

  #claimWorkspaces(rest: readonly StatsigDestination[], documentId: string): void {
    const ids = this.#claimOf(documentId).workspaceIds;
    for (const workspaceId of new Set(rest.map((each) => each.workspaceId))) {
      if (workspaceId === '')
        throw new ConnectError('not-found', 'The export names no workspace: leave --by-workspace out.');
      const own = this.#near.get(workspaceId) ?? [];
      if (projectsOf(own).length > 1)
        throw new ConnectError(
          'ambiguous',
          `The workspace ${workspaceId} of RudderStack has destinations of several Statsig projects (${listed(own.map(({ name }) => name))}): leave --by-workspace out.`,
        );
      ids.push(workspaceId);
      this.#claimedWorkspaces.add(workspaceId);
    }
  }

  /** The document whose part a source of this workspace of RudderStack naturally is. */
  #documentForSource({ workspaceId }: RudderSource): string | undefined {
    const { workspace } = this.#options;
    if (workspace !== undefined) return workspace;
    const near = this.#near.get(workspaceId) ?? [];
    const documents = new Set(near.flatMap(({ id }) => this.documentOf.get(id) ?? []));
    if (documents.size > 0) return documents.size === 1 ? [...documents][0] : undefined;
    if (this.#destinations.length > 0) return undefined;
    return this.#documents.length === 0 ? 'default' : this.#onlyDocument(undefined);
  }

  claimSources(sources: readonly RudderSource[]): void {
    for (const source of sources) {
      const { id, name, type, workspaceId } = source;
      if (this.#owners.sourceIds.has(id)) continue;
      // A source of the type Statsig is found by its workspace as well.
      if (type.toLowerCase() === 'statsig' && this.#claimedWorkspaces.has(workspaceId)) continue;
      const documentId = this.#documentForSource(source);
      if (documentId === undefined)
        this.notes.push(
          `The source "${name}" (${id}) is not claimed: several documents could. Say which, with --workspace ID and --destination for those of that document.`,
        );
      else this.#claimOf(documentId).sourceIds.push(id);
    }
  }

  claims(): readonly Claim[] {
    const byId = new Map(this.#documents.map((document) => [document.id, document]));
    return [...this.#claims].map(([documentId, claim]) => ({ documentId, document: byId.get(documentId), ...claim }));
  }
}

function notesOnDestinations(chosen: readonly StatsigDestination[], live: readonly StatsigDestination[]): string[] {
  const idle = chosen.filter((each) => each.idle !== undefined);
  const notes =
    idle.length === 0
      ? []
      : [
          `Not claimed, because rudder-server sends them nothing: ${listed(idle.map((each) => `"${each.name}" (${each.id}, ${each.idle})`))}.`,
        ];
  if (live.length === 0) notes.unshift('There is no STATSIG destination that rudder-server sends to.');
  return notes;
}

function notesOnSources(webhooks: readonly RudderSource[], asked: readonly string[]): string[] {
  const open = webhooks.filter(({ id, name }) => !asked.includes(id) && !asked.includes(name));
  if (open.length === 0) return [];
  return [
    `Sources of the general type Webhook may be anybody's, and are not claimed: ${listed(open.map(({ name, id }) => `"${name}" (${id})`))}. Name those that Statsig posts to with --webhook-source.`,
  ];
}

/** @throws ConnectError for a name that is none's, and where one document would get destinations of several Statsig projects */
export function planClaims(
  { destinations, sources }: Inventory,
  settings: SettingsDocuments,
  options: ConnectRudderStackOptions,
): Claims {
  const chosen =
    options.destinations === undefined
      ? destinations
      : named(destinations, options.destinations, 'STATSIG destination');
  const live = chosen.filter(({ idle }) => idle === undefined);
  const webhooks = sources.filter(({ type }) => type.toLowerCase() === 'webhook');
  const asked = options.webhookSources ?? [];
  const statsigs = sources.filter(({ type }) => type.toLowerCase() === 'statsig');
  const claimed = [...statsigs, ...named(webhooks, asked, 'source of the type Webhook')];
  const planner = new Planner(options, settings, live);
  planner.claimDestinations();
  planner.claimSources(claimed.filter(({ isEnabled }) => isEnabled));
  const notes = [...notesOnDestinations(chosen, live), ...notesOnSources(webhooks, asked), ...planner.notes];
  return { claims: planner.claims(), documentOf: planner.documentOf, notes };
}
