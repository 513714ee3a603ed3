// Finds the secrets of the settings documents in what a sender wrote, for the log.

import type { Secret } from '../base/secret.js';
import { DEFAULT_DOCUMENT } from '../settings/default-document.js';
import type { WorkspaceDocument } from '../settings/document.js';
import { SecretFinder } from './secret-finder.js';

/** One secret, and the setting that it stands in. */
interface KnownSecret {
  readonly setting: string;
  readonly workspaceId: string;
  readonly text: string;
}

/** What is written in the program for everybody, as the write key of the built-in workspace is, is no secret. */
function* secretsOf(known: WorkspaceDocument): Generator<KnownSecret> {
  if (known === DEFAULT_DOCUMENT) return;
  const { id, ...document } = known;
  const { secretKey, consoleKey, segment, trackingApi, outbound, rudderstackSources } = document;
  const settings: readonly (readonly [string, readonly (Secret | undefined)[]])[] = [
    ['secretKey', [secretKey]],
    ['consoleKey', [consoleKey]],
    ['segment.sharedSecrets', segment.sharedSecrets],
    ['segment.headerSecrets', segment.headerSecrets],
    ['segment.apiKeys', segment.apiKeys],
    ['trackingApi.writeKeys', trackingApi.writeKeys],
    ['outbound.signingSecrets', outbound.signingSecrets],
    ['outbound.targets.writeKey', outbound.targets.map(({ writeKey }) => writeKey)],
    ['rudderstack.sourceWriteKeys', rudderstackSources.writeKeys],
  ];
  for (const [setting, secrets] of settings)
    for (const secret of secrets) if (secret !== undefined) yield { setting, workspaceId: id, text: secret.reveal() };
}

/** Every secret of the documents. */
export function secretTexts(documents: readonly WorkspaceDocument[]): readonly string[] {
  return documents.flatMap((document) => [...secretsOf(document)].map(({ text }) => text));
}

/** Where each secret stands, of the documents that were asked for last: they are the same list until they change. */
const placesOf = new WeakMap<readonly WorkspaceDocument[], ReadonlyMap<string, readonly string[]>>();

function findPlaces(documents: readonly WorkspaceDocument[]): ReadonlyMap<string, readonly string[]> {
  const places = new Map<string, string[]>();
  for (const document of documents)
    for (const { text, setting, workspaceId } of secretsOf(document)) {
      const place = `${setting} of workspace ${workspaceId}`;
      places.set(text, [...(places.get(text) ?? []), place]);
    }
  return places;
}

/** Where a string stands as a secret, for people: `segment.apiKeys of workspace shop`. A look-up: it is asked for each refused request. */
export function findSecretPlaces(text: string, documents: readonly WorkspaceDocument[]): readonly string[] {
  const places = placesOf.get(documents) ?? findPlaces(documents);
  placesOf.set(documents, places);
  return places.get(text) ?? [];
}

/** What finds the secrets of the documents that were asked for last. */
const finderOf = new WeakMap<readonly WorkspaceDocument[], SecretFinder>();

/** The same text without any secret of the documents, and without what looks like a key of Statsig's. */
export function withoutSecrets(text: string, documents: readonly WorkspaceDocument[]): string {
  let finder = finderOf.get(documents);
  if (finder === undefined) {
    finder = new SecretFinder(documents.flatMap((document) => [...secretsOf(document)].map(({ text }) => text)));
    finderOf.set(documents, finder);
  }
  return finder.redact(text);
}
