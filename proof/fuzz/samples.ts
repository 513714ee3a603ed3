// Bodies near the real ones: those of the worked examples, pointed at the workspaces and stand-ins of the fuzzer.

import { loadFixtures } from '../../testkit/fixtures.js';
import { type JsonNode, quoted, toNode } from './json.js';

/** A body by the way it goes. */
export type SampleKind =
  | 'processor'
  | 'router'
  | 'batch'
  | 'proxy'
  | 'deletions'
  | 'segment'
  | 'tracking'
  | 'trackingBatch'
  | 'statsig'
  | 'sourcesV1'
  | 'sourcesV2';

interface Request {
  readonly path?: unknown;
  readonly body?: unknown;
  readonly elements?: unknown;
}

/** What is read of a fixture, whichever its kind. */
interface AnyFixture {
  readonly title: string;
  readonly why: string;
  readonly source: { readonly kind: 'recorded' | 'documented' | 'derived'; readonly from: string };
  readonly event?: unknown;
  readonly request?: Request;
  readonly exchanges?: readonly { readonly request?: Request }[];
}

/** A workspace's documents and Statsig as the fuzzer has them, for names and addresses of the fixtures. */
function replacements(statsigUrl: string): readonly (readonly [string, string])[] {
  return [
    ['https://events.statsigapi.net', statsigUrl],
    ['https://statsigapi.net', statsigUrl],
    ['https://api.statsig.com', statsigUrl],
    ['https://prodregistryv2.org', statsigUrl],
    ['"secret-example"', '"secret-acme"'],
    ['"console-example"', '"console-acme"'],
    ['"write-key"', '"write-acme"'],
    ['"write-key-1"', '"source-key-acme"'],
    ['"source-1"', '"source-acme"'],
  ];
}

const METADATA = { jobId: 1, sourceId: 'src-1', destinationId: 'dest-1', workspaceId: 'ws-1', messageId: 'msg-1' };
const DESTINATION = { ID: 'dest-1', WorkspaceID: 'ws-1', Config: { secretKey: 'secret-example' } };
const SOURCE = { ID: 'source-1', WriteKey: 'write-key-1', OriginalID: '', WorkspaceID: 'ws-1', Name: 'Statsig' };

function sample(kind: SampleKind, value: unknown): readonly [SampleKind, unknown] {
  return [kind, value];
}

/** What one event of a CDP is on each of its ways. */
function ofInbound(event: unknown) {
  const element = { message: event, metadata: METADATA, destination: DESTINATION };
  const other = { ...element, metadata: { ...METADATA, jobId: 2 } };
  return [
    sample('processor', [element]),
    sample('processor', { input: [{ message: event, metadata: METADATA }], destinations: { 'dest-1': DESTINATION } }),
    sample('router', { input: [element, other], destType: 'statsig' }),
    sample('batch', { input: [other, element], destType: 'STATSIG' }),
    sample('segment', event),
    sample('segment', [event, { json: event }]),
    sample('tracking', { writeKey: 'write-key', ...(typeof event === 'object' ? event : {}) }),
    sample('trackingBatch', { writeKey: 'write-key', batch: [event, event], context: { locale: 'de-DE' } }),
  ];
}

/** The same for an event of Statsig; the last are `webhooks` on their way through rudder-server's gateway. */
function ofOutbound(body: unknown, source: unknown = SOURCE) {
  const request = { method: 'POST', url: '/v1/webhook', headers: { 'X-Statsig-Signature': ['v0=00'] } };
  return [
    sample('statsig', body),
    sample('sourcesV1', [{ event: body, source }]),
    sample('sourcesV2', [{ request: { ...request, body: quoted(body) }, source }]),
  ];
}

const PATHS: readonly (readonly [RegExp, SampleKind])[] = [
  [/^\/v\d\/destinations\/[^/]+$/, 'processor'],
  [/^\/routerTransform/, 'router'],
  [/^\/batch/, 'batch'],
  [/\/proxy$/, 'proxy'],
  [/^\/deleteUsers/, 'deletions'],
  [/^\/segment/, 'segment'],
  [/^\/statsig/, 'statsig'],
  [/^\/v1\/(batch|b|import)$/, 'trackingBatch'],
  [/^\/v1\/[a-z]+$/, 'tracking'],
];

function ofRequest({ path, body, elements }: Request) {
  if (Array.isArray(elements))
    return elements.flatMap((each: unknown) => {
      const webhook = typeof each === 'object' && each !== null ? each : {};
      const source = 'source' in webhook ? webhook.source : SOURCE;
      return ofOutbound('body' in webhook ? webhook.body : [], source).slice(1);
    });
  const kind = typeof path === 'string' ? PATHS.find(([pattern]) => pattern.test(path))?.[1] : undefined;
  return kind === undefined || body === undefined ? [] : [sample(kind, body)];
}

const FOLDERS = ['rudderstack', 'segment', 'tracking-api', 'statsig', 'sources', 'deletions', 'audiences'] as const;

/** All samples by kind. @param statsigUrl of the stand-in */
export function loadSamples(statsigUrl: string): ReadonlyMap<SampleKind, readonly JsonNode[]> {
  const fixtures = FOLDERS.flatMap((folder) => loadFixtures<AnyFixture>(folder).map(([, fixture]) => fixture));
  const events = (folder: string) => loadFixtures<AnyFixture>(folder).map(([, { event }]) => event);
  const found = [
    ...fixtures.flatMap(({ request, exchanges = [] }) =>
      [request, ...exchanges.map((each) => each.request)].flatMap((each) => (each ? ofRequest(each) : [])),
    ),
    ...[...events('inbound'), ...events('audiences')].flatMap(ofInbound),
    ...events('outbound').flatMap((event) => ofOutbound([event])),
  ];
  const samples = new Map<SampleKind, JsonNode[]>();
  for (const [kind, value] of found) {
    const text = JSON.stringify(value);
    const pointed = replacements(statsigUrl).reduce((all, [from, to]) => all.replaceAll(from, to), text);
    samples.set(kind, [...(samples.get(kind) ?? []), toNode(JSON.parse(pointed))]);
  }
  return samples;
}
