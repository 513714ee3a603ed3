// Finds in Segment's catalog what is connected: its ids are known, and looked up all the same.

import { ConnectError } from '../connection.js';
import { type PublicApi, SegmentRefusal } from './public-api.js';
import {
  type DestinationKind,
  getDestinationKind,
  getSourceKind,
  listDestinationKinds,
  listSourceKinds,
  type SourceKind,
} from './resources.js';

/** How an entry of the catalog is known. */
interface KnownKind {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
}

/** Ids and names as Segment's documentation lists them. */
const WEBHOOK: KnownKind = { id: '614a3c7d791c91c41bae7599', slug: 'actions-webhook', name: 'Webhooks (Actions)' };
const STATSIG: KnownKind = { id: '3x07B5Dn5h', slug: 'statsig', name: 'Statsig' };
const HTTP_API: KnownKind = { id: 'iUM16Md8P2', slug: 'http-api', name: 'HTTP API' };

/** The action of a webhook that posts events. */
const SEND = 'send';

/** The webhook destination, and its action. */
export interface WebhookKind {
  readonly metadataId: string;
  readonly actionId: string;
}

function isKind({ name, slug }: KnownKind, known: KnownKind): boolean {
  return name === known.name || slug === known.slug;
}

/** By its id, where that leads to it; else by its name. */
async function find<Kind extends SourceKind>(
  known: KnownKind,
  get: (id: string) => Promise<Kind>,
  list: () => Promise<readonly Kind[]>,
): Promise<Kind | undefined> {
  try {
    const kind = await get(known.id);
    if (isKind(kind, known)) return kind;
  } catch (error) {
    if (!(error instanceof SegmentRefusal && (error.status === 404 || error.status === 400))) throw error;
  }
  return (await list()).find((kind) => isKind(kind, known));
}

function actionOf({ actions }: DestinationKind): string | undefined {
  return actions.find(({ slug, name }) => slug.toLowerCase() === SEND || name.toLowerCase() === SEND)?.id;
}

/** @throws ConnectError where the catalog has none */
export async function findWebhookKind(api: PublicApi): Promise<WebhookKind> {
  const kind = await find(
    WEBHOOK,
    (id) => getDestinationKind(api, id),
    () => listDestinationKinds(api),
  );
  const actionId = kind && actionOf(kind);
  if (kind === undefined || actionId === undefined)
    throw new ConnectError(
      'not-found',
      `Segment's catalog has no destination "${WEBHOOK.name}" with an action "Send" for this workspace. Connect it by hand: docs/connect-segment.md.`,
    );
  return { metadataId: kind.id, actionId };
}

/** The kind of source that Statsig's events come from. In the EU Segment has no source of Statsig's. */
export async function findOutboundKind(api: PublicApi, region: string): Promise<SourceKind> {
  for (const known of region === 'us' ? [STATSIG, HTTP_API] : [HTTP_API]) {
    const kind = await find(
      known,
      (id) => getSourceKind(api, id),
      () => listSourceKinds(api),
    );
    if (kind !== undefined) return kind;
  }
  throw new ConnectError(
    'not-found',
    `Segment's catalog has no source "${HTTP_API.name}". Go on without it: --no-outbound.`,
  );
}
