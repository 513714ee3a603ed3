// What of Segment's Public API is needed here, in its own names.

import { Secret } from '../../base/secret.js';
import { isJsonObject, type JsonObject } from '../../model/segment-event.js';
import { ConnectError } from '../connection.js';
import type { PublicApi } from './public-api.js';

/** Segment's own workspace, which a token belongs to. */
export interface SegmentWorkspace {
  readonly id: string;
  readonly name: string;
  readonly slug: string;
}

/** What sends events to Segment. */
export interface SegmentSource {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
  readonly enabled: boolean;
  /** Of its kind in the catalog. */
  readonly metadataId: string;
  /** Of its kind, for people. */
  readonly kind: string;
  /** Empty where the token may not see them. */
  readonly writeKeys: readonly Secret[];
}

/** Where a source's events go. */
export interface SegmentDestination {
  readonly id: string;
  readonly name: string;
  readonly enabled: boolean;
  readonly metadataId: string;
  readonly sourceId: string;
  readonly settings: JsonObject;
}

/** What of the events of a destination is sent, and how: a mapping, which the API calls a subscription. */
export interface SegmentMapping {
  readonly id: string;
  readonly name: string;
  readonly actionId: string;
  readonly trigger: string;
  readonly enabled: boolean;
  readonly settings: JsonObject;
}

/** An entry of the catalog of destinations. */
export interface DestinationKind {
  readonly id: string;
  readonly name: string;
  readonly slug: string;
  readonly actions: readonly { readonly id: string; readonly slug: string; readonly name: string }[];
}

/** An entry of the catalog of sources. */
export interface SourceKind {
  readonly id: string;
  readonly name: string;
  readonly slug: string;
}

function text(object: JsonObject, field: string): string {
  const value = object[field];
  return typeof value === 'string' ? value : '';
}

function needed(object: JsonObject, field: string, what: string): string {
  const value = text(object, field);
  if (value === '') throw new ConnectError('answer-unclear', `Segment answers a ${what} without ${field}.`);
  return value;
}

/** An object in an answer; empty where there is none. */
export function part(object: JsonObject, field: string): JsonObject {
  const value = object[field];
  return isJsonObject(value) ? value : {};
}

function objects(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}

function toWorkspace(data: JsonObject): SegmentWorkspace {
  const workspace = part(data, 'workspace');
  const slug = text(workspace, 'slug');
  return { id: needed(workspace, 'id', 'workspace'), slug, name: text(workspace, 'name') || slug };
}

export function toSource(source: JsonObject): SegmentSource {
  const metadata = part(source, 'metadata');
  const slug = text(source, 'slug');
  const { writeKeys } = source;
  return {
    id: needed(source, 'id', 'source'),
    slug,
    name: text(source, 'name') || slug,
    enabled: source.enabled === true,
    metadataId: text(metadata, 'id'),
    kind: text(metadata, 'name'),
    writeKeys: (Array.isArray(writeKeys) ? writeKeys : []).flatMap((key) =>
      typeof key === 'string' && key !== '' ? [new Secret(key)] : [],
    ),
  };
}

export function toDestination(destination: JsonObject): SegmentDestination {
  return {
    id: needed(destination, 'id', 'destination'),
    name: text(destination, 'name'),
    enabled: destination.enabled === true,
    metadataId: text(part(destination, 'metadata'), 'id'),
    sourceId: text(destination, 'sourceId'),
    settings: part(destination, 'settings'),
  };
}

export function toMapping(subscription: JsonObject): SegmentMapping {
  return {
    id: needed(subscription, 'id', 'subscription'),
    name: text(subscription, 'name'),
    actionId: text(subscription, 'actionId'),
    trigger: text(subscription, 'trigger'),
    enabled: subscription.enabled === true,
    settings: part(subscription, 'settings'),
  };
}

function toKind(metadata: JsonObject): SourceKind {
  return { id: text(metadata, 'id'), name: text(metadata, 'name'), slug: text(metadata, 'slug') };
}

function toDestinationKind(metadata: JsonObject): DestinationKind {
  return { ...toKind(metadata), actions: objects(metadata.actions).map(toKind) };
}

export const destinationPath = (id: string) => `/destinations/${encodeURIComponent(id)}`;
export const sourcePath = (id: string) => `/sources/${encodeURIComponent(id)}`;
export const mappingsPath = (destinationId: string) => `${destinationPath(destinationId)}/subscriptions`;

export async function getWorkspace(api: PublicApi): Promise<SegmentWorkspace> {
  return toWorkspace(await api.get('/'));
}

export async function listSources(api: PublicApi): Promise<readonly SegmentSource[]> {
  return (await api.list('/sources', 'sources')).map(toSource);
}

export async function getSource(api: PublicApi, id: string): Promise<SegmentSource> {
  return toSource(part(await api.get(sourcePath(id)), 'source'));
}

export async function listDestinations(api: PublicApi, sourceId: string): Promise<readonly SegmentDestination[]> {
  return (await api.list(`${sourcePath(sourceId)}/connected-destinations`, 'destinations')).map(toDestination);
}

/** Of all sources of the workspace. */
export async function listAllDestinations(api: PublicApi): Promise<readonly SegmentDestination[]> {
  return (await api.list('/destinations', 'destinations')).map(toDestination);
}

export async function listMappings(api: PublicApi, destinationId: string): Promise<readonly SegmentMapping[]> {
  return (await api.list(mappingsPath(destinationId), 'subscriptions', 'v1alpha')).map(toMapping);
}

/** @throws ConnectError, `not-found` where the catalog has no such entry */
export async function getDestinationKind(api: PublicApi, id: string): Promise<DestinationKind> {
  return toDestinationKind(
    part(await api.get(`/catalog/destinations/${encodeURIComponent(id)}`), 'destinationMetadata'),
  );
}

export async function listDestinationKinds(api: PublicApi): Promise<readonly DestinationKind[]> {
  return (await api.list('/catalog/destinations', 'destinationsCatalog')).map(toDestinationKind);
}

/** @throws ConnectError, `not-found` where the catalog has no such entry */
export async function getSourceKind(api: PublicApi, id: string): Promise<SourceKind> {
  return toKind(part(await api.get(`/catalog/sources/${encodeURIComponent(id)}`), 'sourceMetadata'));
}

export async function listSourceKinds(api: PublicApi): Promise<readonly SourceKind[]> {
  return (await api.list('/catalog/sources', 'sourcesCatalog')).map(toKind);
}
