// Finds what was connected before, and tells it from what others have made.

import type { Secret } from '../../base/secret.js';
import { ConnectError } from '../connection.js';
import { isMasked, postsTo } from './mapping.js';
import { shortName } from './pick-source.js';
import { type PublicApi, SegmentRefusal } from './public-api.js';
import { listMappings, type SegmentDestination, type SegmentMapping, type SegmentSource } from './resources.js';

/** The mappings of a destination, or why they cannot be seen. */
export type Mappings = { readonly list: readonly SegmentMapping[] } | { readonly refused: SegmentRefusal };

/** How a destination of ours is known. */
export interface OursBy {
  readonly name: string;
  readonly metadataId: string;
  readonly url: string;
  readonly shared: Secret | undefined;
}

/** A destination of ours. */
export interface OwnDestination {
  readonly destination: SegmentDestination;
  readonly mappings: Mappings;
}

/** Answers of Alpha routes that Segment has not enabled for a workspace: none is documented. */
const NOT_ENABLED: ReadonlySet<number> = new Set([403, 404, 405, 406, 415, 501]);

/** Whether a refusal says that mappings are not to be had by the API. */
export function isNotEnabled(error: unknown): error is SegmentRefusal {
  return error instanceof SegmentRefusal && (error.code === 'right-missing' || NOT_ENABLED.has(error.status));
}

/** Words of refusals that a plan is the reason of, for which no status is documented. */
const OF_PLAN = /\b(?:plan|limit|quota|upgrade|billing|feature|conditions|not (?:available|enabled|allowed))\b/i;

/** Whether a refusal says that the plan of the workspace does not allow it. */
export function isOfPlan(error: unknown): error is SegmentRefusal {
  if (!(error instanceof SegmentRefusal)) return false;
  return error.status === 402 || ([400, 403, 409, 422].includes(error.status) && OF_PLAN.test(error.said));
}

/** @throws ConnectError */
export async function readMappings(api: PublicApi, destinationId: string): Promise<Mappings> {
  try {
    return { list: await listMappings(api, destinationId) };
  } catch (error) {
    if (isNotEnabled(error)) return { refused: error };
    throw error;
  }
}

/**
 * The name alone may be another deployment's: where it posts to tells, and where that cannot be seen the secret that it signs with.
 *
 * @returns `unsure` where neither can be seen
 */
function whose(
  { settings }: SegmentDestination,
  mappings: Mappings,
  { url, shared }: OursBy,
): 'ours' | 'others' | 'unsure' {
  const posting = 'list' in mappings ? mappings.list.filter((mapping) => typeof mapping.settings.url === 'string') : [];
  if (posting.length > 0) return posting.some((mapping) => postsTo(mapping, url)) ? 'ours' : 'others';
  const { sharedSecret } = settings;
  if (shared === undefined || typeof sharedSecret !== 'string' || sharedSecret === '' || isMasked(sharedSecret))
    return 'unsure';
  return sharedSecret === shared.reveal() ? 'ours' : 'others';
}

/** Destinations with our name and of our kind, by whose they are. */
export interface NamedDestinations {
  readonly ours: readonly OwnDestination[];
  readonly unsure: readonly OwnDestination[];
  readonly others: readonly OwnDestination[];
}

/** Tells those with our name apart. @throws ConnectError */
export async function findNamed(
  api: PublicApi,
  destinations: readonly SegmentDestination[],
  by: OursBy,
): Promise<NamedDestinations> {
  const found = { ours: [] as OwnDestination[], unsure: [] as OwnDestination[], others: [] as OwnDestination[] };
  for (const destination of destinations) {
    if (destination.name !== by.name || destination.metadataId !== by.metadataId) continue;
    const mappings = await readMappings(api, destination.id);
    found[whose(destination, mappings, by)].push({ destination, mappings });
  }
  return found;
}

/**
 * Of our kind and another name, and posting to us: a person has renamed it, or connected it by hand. A second one would send every event again.
 *
 * @throws ConnectError
 */
async function findRenamed(
  api: PublicApi,
  destinations: readonly SegmentDestination[],
  by: OursBy,
): Promise<SegmentDestination | undefined> {
  for (const destination of destinations) {
    if (destination.name === by.name || destination.metadataId !== by.metadataId) continue;
    if (whose(destination, await readMappings(api, destination.id), by) === 'ours') return destination;
  }
  return undefined;
}

/** The one of a source. @returns undefined where there is none yet @throws ConnectError where another's has its name, there are several, or one of another name posts to us */
export async function findOne(
  api: PublicApi,
  destinations: readonly SegmentDestination[],
  by: OursBy,
): Promise<OwnDestination | undefined> {
  const { ours, unsure, others } = await findNamed(api, destinations, by);
  // Its name is ours, and nothing speaks against it: a run before was broken off, or has lost its secrets.
  const own = [...ours, ...unsure];
  if (others.length > 0)
    throw new ConnectError(
      'ambiguous',
      `The source has a destination "${by.name}" that posts elsewhere than to ${by.url}: it may be another deployment's, and is left alone. Use another name (--name), the --public-url that it was made with, or delete it in Segment.`,
    );
  if (own.length > 1)
    throw new ConnectError(
      'ambiguous',
      `The source has ${own.length} destinations "${by.name}", and each would send every event. Delete all but one in Segment.`,
    );
  const renamed = own.length === 0 ? await findRenamed(api, destinations, by) : undefined;
  if (renamed !== undefined)
    throw new ConnectError(
      'ambiguous',
      `The source has a destination "${shortName(renamed.name)}" that posts to ${by.url} already: a second one would send every event again. Give it the name "${by.name}" in Segment, or go on with its own (--name), or delete it.`,
    );
  return own[0];
}

/** The outbound source. @throws ConnectError where another's has its slug */
export function findOutbound(
  sources: readonly SegmentSource[],
  slug: string,
  kinds: readonly string[],
): SegmentSource | undefined {
  const found = sources.find((source) => source.slug === slug);
  if (found === undefined || kinds.includes(found.metadataId)) return found;
  throw new ConnectError(
    'ambiguous',
    `The workspace has a source "${slug}" of another kind (${found.kind}), which is left alone. Use another name (--name), or go on without a source of ours (--no-outbound).`,
  );
}
