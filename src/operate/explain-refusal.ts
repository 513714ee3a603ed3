// Says of a refused request what its sender must not read and its operator has to know: what is configured, and what was probably meant.

import { ERRORS, type ErrorCode } from '../base/errors.js';
import { ownText } from '../base/own-text.js';
import { pathOf } from '../http/address.js';
import { routeOf } from '../http/refusals.js';
import type { RoutedRequest } from '../http/route.js';
import type { WorkspaceDocument } from '../settings/document.js';
import type { Direction } from '../settings/manifest/model.js';
import { manifest } from '../settings/manifest.js';
import { findNearestName } from '../settings/nearest-name.js';
import type { WorkspaceStore } from '../settings/store.js';
import { findSecretPlaces, type KnownSecrets } from './known-secrets.js';
import type { Explained } from './overview/refused-senders.js';

/** Characters that are told of what a sender wrote. */
const MAX_TOLD = 200;

/** Headers that prove a sender, or should. */
const PROOFS = [
  'statsig-api-key',
  'x-signature',
  'x-statsig-cdp-secret',
  'x-statsig-signature',
  'x-statsig-request-timestamp',
];

/** The protocol of each declared path, and which way its events go. */
const PROTOCOLS = new Map(
  Object.entries(manifest.protocols).flatMap(([name, { routes, direction: usual }]) =>
    routes.map(({ path, direction = usual }) => [path, { name, direction }] as const),
  ),
);

/** By what protocol a request came, by its name in the manifest; `undefined` where no route is its. */
export function protocolOf(
  request: Pick<RoutedRequest, 'route'>,
): { readonly name: string; readonly direction: Direction | undefined } | undefined {
  return PROTOCOLS.get(routeOf(request));
}

/** The workspace that a path names, decoded; `undefined` where its route has none. */
export function workspaceInPath(request: Pick<RoutedRequest, 'route' | 'url'>): string | undefined {
  const at = routeOf(request).split('/').indexOf(':workspace');
  if (at === -1) return undefined;
  const written = pathOf(request).split('/')[at] ?? '';
  try {
    return decodeURIComponent(written);
  } catch {
    return written;
  }
}

/** What senders of a protocol can prove themselves with, in numbers. */
function describeSenders(protocol: string | undefined, documents: readonly WorkspaceDocument[]): object {
  const sum = (count: (document: WorkspaceDocument) => number) =>
    documents.reduce((total, document) => total + count(document), 0);
  switch (protocol) {
    case 'segment':
      return {
        sharedSecrets: sum(({ segment }) => segment.sharedSecrets.length),
        headerSecrets: sum(({ segment }) => segment.headerSecrets.length),
        apiKeys: sum(({ segment }) => segment.apiKeys.length),
      };
    case 'trackingApi':
      return { writeKeys: sum(({ trackingApi }) => trackingApi.writeKeys.length) };
    case 'statsig':
      return {
        signingSecrets: sum(({ outbound }) => outbound.signingSecrets.length),
        targets: sum(({ outbound }) => outbound.targets.length),
      };
    default:
      return {};
  }
}

/** What stands in `Authorization` as a credential, and where else it may stand. */
function credentialsOf({ authorization = '', ...headers }: RoutedRequest['headers']): readonly string[] {
  const [, scheme = '', value = ''] = /^(\w+) +(\S+) *$/.exec(authorization) ?? [];
  const secret = ['x-statsig-cdp-secret', 'statsig-api-key'].flatMap((name) => headers[name] ?? []);
  if (scheme.toLowerCase() !== 'basic') return [value, ...secret];
  return [...Buffer.from(value, 'base64').toString('utf8').split(':'), ...secret];
}

/** Whether anything was sent as a proof, right or wrong. */
export function showsProof({ headers }: Pick<RoutedRequest, 'headers'>): boolean {
  return headers.authorization !== undefined || PROOFS.some((name) => headers[name] !== undefined);
}

/** What was sent as a proof: names of headers and schemes alone. */
function describeProof({ headers }: RoutedRequest): readonly string[] {
  const { authorization } = headers;
  const [scheme = ''] = /^\w{1,20}/.exec(authorization ?? '') ?? [];
  return [
    ...(authorization === undefined ? [] : [`authorization ${scheme}`.trim()]),
    ...PROOFS.filter((name) => headers[name] !== undefined),
  ];
}

function describeWorkspace(
  asked: string | undefined,
  { documents, findById }: WorkspaceStore,
  written: (text: string) => string,
): object {
  if (asked === undefined) return {};
  if (findById(asked) !== undefined) return { workspace: asked };
  const ids = documents.map(({ id }) => id);
  const nearest = findNearestName(asked, ids);
  return { unknownWorkspace: written(asked), ...(nearest !== undefined && { nearestWorkspace: nearest }) };
}

/** Answers to which who is asked, and what with, matters. */
const ABOUT_SENDERS: ReadonlySet<number> = new Set([401, 403, 404]);

/** Whose keys a sender who is refused has shown, as places in the settings; none where that does not matter. */
export function findShownKeys(
  { headers }: RoutedRequest,
  code: ErrorCode,
  { documents }: WorkspaceStore,
): readonly string[] {
  if (!ABOUT_SENDERS.has(ERRORS[code].status)) return [];
  return credentialsOf(headers).flatMap((text) => findSecretPlaces(text, documents));
}

/**
 * Fields for the log. They hold no secret of the settings or the process: where a sender wrote one that does not belong there, it is redacted.
 *
 * @param code what was answered
 * @param workspaceId that it is about, where there is one
 */
export function explainRefusal(
  request: RoutedRequest,
  code: ErrorCode,
  workspaceId: string | undefined,
  store: WorkspaceStore,
  secrets: KnownSecrets,
): Explained {
  const { documents } = store;
  const written = (text: string) => ownText(secrets.redact(text), MAX_TOLD);
  const agent = request.headers['user-agent'];
  const where = {
    ...describeWorkspace(workspaceId, store, written),
    ...(agent !== undefined && { userAgent: written(agent) }),
  };
  if (!ABOUT_SENDERS.has(ERRORS[code].status)) return where;
  const known = workspaceId === undefined ? undefined : store.findById(workspaceId);
  const senders = describeSenders(protocolOf(request)?.name, known === undefined ? documents : [known]);
  const places = findShownKeys(request, code, store);
  return {
    ...where,
    configured: { workspaces: documents.length, ...senders },
    sent: describeProof(request),
    ...(places.length > 0 && { sentIs: places }),
  };
}
