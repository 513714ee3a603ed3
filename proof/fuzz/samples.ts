// Bodies near the real ones: those of the fixtures, pointed at the workspaces and stand-ins of the fuzzer.

import { parseJson } from '../../src/base/json.js';
import type { FixtureRequest, Json } from '../../src/contract/fixture.js';
import { fillText, isFields } from '../../src/contract/placeholders.js';
import { FIXTURES, readFixtures } from '../../src/contract/read-fixtures.js';
import { readEventFixtures } from '../../testkit/fixtures.js';
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

/** What stands for the placeholders of the fixtures: a workspace of the fuzzer's and its Statsig. */
function valuesOf(statsigUrl: string): ReadonlyMap<string, string> {
  return new Map([
    ['statsigUrl', statsigUrl],
    ['secretKey', 'secret-acme'],
    ['consoleKey', 'console-acme'],
    ['writeKey', 'write-acme'],
    ['writeKey:1', 'source-key-acme'],
    ['sourceId', 'source-acme'],
  ]);
}

/** Hosts of Statsig that stand in fixtures. */
const STATSIG_HOSTS = /https:\/\/(?:events\.statsigapi\.net|statsigapi\.net|api\.statsig\.com|prodregistryv2\.org)/g;

const METADATA = { jobId: 1, sourceId: 'src-1', destinationId: 'dest-1', workspaceId: 'ws-1', messageId: 'msg-1' };
const DESTINATION = { ID: 'dest-1', WorkspaceID: 'ws-1', Config: { secretKey: '{{secretKey}}' } };
const SOURCE = { ID: '{{sourceId}}', WriteKey: '{{writeKey:1}}', OriginalID: '', WorkspaceID: 'ws-1', Name: 'Statsig' };

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
    sample('tracking', { writeKey: '{{writeKey}}', ...(typeof event === 'object' ? event : {}) }),
    sample('trackingBatch', { writeKey: '{{writeKey}}', batch: [event, event], context: { locale: 'de-DE' } }),
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
  [/^\/v1\/sources\//, 'sourcesV1'],
  [/^\/v2\/sources\//, 'sourcesV2'],
  [/^\/segment/, 'segment'],
  [/^\/statsig/, 'statsig'],
  [/^\/v1\/(batch|b|import)$/, 'trackingBatch'],
  [/^\/v1\/[a-z]+$/, 'tracking'],
];

/** A webhook's body is JSON in JSON. */
function withQuotedBodies(elements: Json): unknown {
  if (!Array.isArray(elements)) return elements;
  return elements.map((element: Json) => {
    const request = isFields(element) ? element.request : undefined;
    const body = isFields(request) && typeof request.body === 'string' ? parseJson(request.body) : undefined;
    if (!isFields(element) || !isFields(request) || body === undefined) return element;
    return { ...element, request: { ...request, body: quoted(body) } };
  });
}

function ofRequest({ path, body }: FixtureRequest) {
  if (body === undefined) return [];
  const kind = PATHS.find(([pattern]) => pattern.test(path))?.[1];
  if (kind === undefined) return [];
  return [sample(kind, kind === 'sourcesV2' ? withQuotedBodies(body) : body)];
}

const FOLDERS = ['rudderstack', 'segment', 'tracking-api', 'statsig', 'sources', 'deletions'] as const;

/** All samples by kind. @param statsigUrl of the stand-in */
export function loadSamples(statsigUrl: string): ReadonlyMap<SampleKind, readonly JsonNode[]> {
  const requests = FOLDERS.flatMap((folder) =>
    readFixtures(FIXTURES + folder).flatMap(({ fixture }) => fixture.exchanges.map(({ request }) => request)),
  );
  const events = (folder: string) => readEventFixtures(folder).map(({ event }) => event);
  const found = [
    ...requests.flatMap(ofRequest),
    ...[...events('inbound'), ...events('audiences')].flatMap(ofInbound),
    ...events('outbound').flatMap((event) => ofOutbound([event])),
  ];
  const values = valuesOf(statsigUrl);
  const resolve = (name: string) => values.get(name) ?? name.replace(':', '-');
  const samples = new Map<SampleKind, JsonNode[]>();
  for (const [kind, value] of found) {
    const text = fillText(JSON.stringify(value), { resolve }).replace(STATSIG_HOSTS, statsigUrl);
    samples.set(kind, [...(samples.get(kind) ?? []), toNode(JSON.parse(text))]);
  }
  return samples;
}
