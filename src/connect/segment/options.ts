// What connecting Segment is told, and the names that follow from it.

import { createHash } from 'node:crypto';
import type { Secret } from '../../base/secret.js';
import type { Arrivals } from '../arrival.js';
import type { PublicApi } from './public-api.js';
import type { Region } from './region.js';

/** Types of events that a mapping can send, in the order in which they are asked for. */
export const MAPPED_TYPES = ['track', 'page', 'screen', 'group', 'identify', 'alias'] as const;

export type MappedType = (typeof MAPPED_TYPES)[number];

/** Most events of one request of a mapping. */
export const MOST_BATCH = 4000;

/** What connecting Segment is told. */
export interface ConnectSegmentOptions {
  readonly api: PublicApi;
  readonly region: Region;
  /** HTTP Tracking API; without a slash at its end. Default: the region's. */
  readonly trackingUrl?: string;
  /** Id, slug or name of the source whose events go to Statsig. Only `undo` goes without: it takes back all that were connected. */
  readonly source?: string;
  /** Id of the settings document. */
  readonly workspace: string;
  /** Address of the listener for senders, as Segment reaches it; without a slash at its end. */
  readonly publicUrl: string;
  /** What is made in Segment is called so. Default: `statsig-cdp WORKSPACE`. */
  readonly name?: string;
  /** A settings directory, a file, or the URL of a config service. */
  readonly settingsLocation: string;
  /** For a config service. */
  readonly settingsToken?: Secret | undefined;
  /** Where secrets that are made are kept. Default: `secrets` beside the settings files. */
  readonly secretsDirectory?: string;
  /** `env:NAME` or `file:PATH` of the Statsig server secret, for a document that names none. */
  readonly secretKey?: string;
  /** `env:NAME` or `file:PATH` of a header secret that is there. Default: one is made. */
  readonly headerSecret?: string;
  /** The same of a shared secret. */
  readonly sharedSecret?: string;
  /** Types of events. Default for a new mapping: track, page, screen, group, and identify where the document has a console key. */
  readonly types?: readonly MappedType[];
  /** Most events of one request; 0: no batches. Default for a new mapping: 1000. */
  readonly batchSize?: number;
  /** Whether a source for Statsig's events is made, too. */
  readonly outbound: boolean;
  /** When a test event is sent. */
  readonly test: 'after-changes' | 'always' | 'never';
  /** Sees the test event arrive. Without it no one looks. */
  readonly arrivals?: Arrivals;
  /** Whether steps by hand show secrets themselves, and not the files that they stand in. */
  readonly showSecrets?: boolean;
  /** Ends waiting. */
  readonly signal?: AbortSignal;
}

/** A secret as a document names it, and where it is kept. */
export interface SecretPlace {
  readonly reference: string;
  /** The file that is made for it; `undefined`: somebody else keeps it. */
  readonly file?: string;
  /** @returns undefined where it is not there yet @throws ConnectError */
  read(): Promise<Secret | undefined>;
}

/** The name of what is made in Segment, by which it is found again. */
export function markerOf({ name, workspace }: Pick<ConnectSegmentOptions, 'name' | 'workspace'>): string {
  return name ?? `statsig-cdp ${workspace}`;
}

/** Hex digits that tell apart slugs of names which differ in what a slug cannot have. */
const TELLING_DIGITS = 8;

/** The same as a slug, which is all that a new source can be given: another one for each name. */
export function slugOf(options: Pick<ConnectSegmentOptions, 'name' | 'workspace'>): string {
  const marker = markerOf(options);
  const slug = marker
    .toLowerCase()
    .replace(/[^a-z0-9_]+/g, '-')
    .replace(/^-|-$/g, '');
  if (slug === marker.replaceAll(' ', '-')) return slug;
  const telling = createHash('sha256').update(marker).digest('hex').slice(0, TELLING_DIGITS);
  return slug === '' ? telling : `${slug}-${telling}`;
}

/** The address that Segment posts events to. */
export function webhookUrl({ publicUrl, workspace }: Pick<ConnectSegmentOptions, 'publicUrl' | 'workspace'>): string {
  return `${publicUrl}/segment/${workspace}`;
}

/** The address that Statsig posts events to. */
export function statsigUrl({ publicUrl, workspace }: Pick<ConnectSegmentOptions, 'publicUrl' | 'workspace'>): string {
  return `${publicUrl}/statsig/${workspace}`;
}
