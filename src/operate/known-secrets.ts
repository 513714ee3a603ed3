// Finds the secrets of the settings documents, and of the process, in what a sender wrote.

import type { Secret } from '../base/secret.js';
import { DEFAULT_DOCUMENT } from '../settings/default-document.js';
import type { WorkspaceDocument } from '../settings/document.js';
import type { WorkspaceStore } from '../settings/store.js';
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

/** What no log, page or answer may show: the secrets of the documents, those of the process itself, and what looks like a key of Statsig's. */
export class KnownSecrets {
  readonly #store: Pick<WorkspaceStore, 'documents'>;
  readonly #own: string[] = [];
  #finder: SecretFinder | undefined;
  /** That the finder was made for: they are the same list until they change. */
  #documents: readonly WorkspaceDocument[] | undefined;

  /** @param own tokens of the process, as far as there are any */
  constructor(store: Pick<WorkspaceStore, 'documents'>, own: readonly (Secret | undefined)[] = []) {
    this.#store = store;
    for (const secret of own) if (secret !== undefined) this.add(secret);
  }

  /** One of the process that is known only now. */
  add(secret: Secret): void {
    this.#own.push(secret.reveal());
    this.#finder = undefined;
  }

  /** The same text without any of them. */
  readonly redact = (text: string): string => {
    const { documents } = this.#store;
    if (this.#finder === undefined || this.#documents !== documents) {
      this.#finder = new SecretFinder([...this.#own, ...secretTexts(documents)]);
      this.#documents = documents;
    }
    return this.#finder.redact(text);
  };
}
