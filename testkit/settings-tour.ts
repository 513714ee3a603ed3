// A tour through everything that one workspace's settings can change: requests of every protocol, and what comes of them.

import { createHmac } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { createSteadyClock } from '../src/base/steady-clock.js';
import { testApp } from './app.js';
import { serve } from './loopback.js';
import { MemoryOutbox } from './outbox-memory.js';
import { signed, source, webhook } from './sources.js';
import { signWebhook, webhookEvent } from './statsig-webhook.js';
import { until } from './until.js';

/** A settings document, or a part of one. */
export type Settings = Readonly<Record<string, unknown>>;

/** What a workspace needs to be of use. @param url of whom it calls */
export function tourDocument(url: string): Settings {
  return {
    id: 'tour',
    secretKey: 'secret-tour',
    consoleKey: 'console-tour',
    eventsUrl: url,
    consoleUrl: url,
    rudderstack: {
      destinationIds: ['dest-1'],
      workspaceIds: ['rudder-workspace'],
      sourceIds: ['source-1'],
      sourceWriteKeys: ['source-key'],
    },
    segment: { sharedSecrets: ['shared'], apiKeys: ['api-key'] },
    trackingApi: { writeKeys: ['write-key'] },
    outbound: { signingSecrets: ['signing'], targets: [{ name: 'cdp', writeKey: 'target-key', host: url }] },
    audiences: { windowMs: 0, lists: [{ key: 'vip', id: 'vip-list' }] },
    idListId: 'record-list',
  };
}

const TIMESTAMP = '2026-01-02T03:04:05.000Z';

const track = (messageId: string, more: object = {}) => ({
  type: 'track',
  event: 'A long name of an event, as long as they get',
  userId: 'user-1',
  anonymousId: 'anonymous-1',
  messageId,
  timestamp: TIMESTAMP,
  properties: { revenue: 3, text: 'x'.repeat(300), statsigEnvironment: { tier: 'staging' } },
  ...more,
});

/** One call of each type, and one of another name. */
const EVENTS: readonly object[] = [
  track('m-1'),
  track('m-2', { event: 'Refund', properties: { value: 1 } }),
  { type: 'page', name: 'Home', userId: 'user-1', messageId: 'm-3', timestamp: TIMESTAMP },
  { type: 'screen', name: 'Main', userId: 'user-1', messageId: 'm-4', timestamp: TIMESTAMP },
  { type: 'group', groupId: 'group-1', userId: 'user-1', messageId: 'm-5', timestamp: TIMESTAMP },
];

/** A change of an ID list, as RudderStack's warehouse sources write it. */
const RECORD = { type: 'record', action: 'insert', fields: { userId: 'user-1', email: 'a@example.com' } };

const entersAudience = (key: string, messageId: string) => ({
  type: 'identify',
  userId: 'user-1',
  anonymousId: 'anonymous-1',
  messageId,
  traits: { [key]: true },
  context: { personas: { computation_class: 'audience', computation_key: key } },
});

const exposure = (timeUUID: string, more: object = {}, metadata: object = {}) => ({
  ...webhookEvent({
    eventName: 'statsig::gate_exposure',
    timeUUID,
    metadata: { gate: 'new_checkout', gateValue: 'true', ruleID: 'rule-1', ...metadata },
  }),
  ...more,
});

const EXPOSURES: readonly object[] = [
  exposure('e-1'),
  exposure('e-2'),
  exposure('e-3', { user: {}, userID: '', statsigMetadata: { stableID: 'stable-1' } }),
  exposure(
    'e-4',
    { user: { userID: 'user-2', statsigEnvironment: { tier: 'staging' } }, userID: 'user-2' },
    { ruleID: 'default' },
  ),
  {
    ...webhookEvent({
      eventName: 'statsig::experiment_exposure',
      timeUUID: 'e-5',
      metadata: { config: 'button', ruleID: 'rule-2', experimentGroupName: 'Green' },
    }),
    user: { userID: 'user-3', customIDs: { companyID: 'company-1' } },
  },
  webhookEvent({ eventName: 'Checkout', timeUUID: 'e-6' }),
  webhookEvent({ eventName: 'statsig::some_new_event', timeUUID: 'e-7' }),
  {
    ...webhookEvent({
      eventName: 'statsig::config_change',
      timeUUID: undefined,
      metadata: { type: 'Gate', name: 'g', description: 'changed' },
    }),
    user: {},
    userID: undefined,
  },
];

interface Asked {
  readonly path: string;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

const sha1 = (text: string) => createHmac('sha1', 'shared').update(text).digest('hex');
const basic = (user: string) => ({ authorization: `Basic ${Buffer.from(`${user}:`).toString('base64')}` });

/** A message for a destination. */
const element = (jobId: number, message: object, destination: object) => ({
  message,
  metadata: { jobId, sourceId: 'source-9', destinationId: 'dest-9', workspaceId: 'workspace-9' },
  destination: { ID: 'dest-9', WorkspaceID: 'workspace-9', Config: {}, ...destination },
});

const CLAIMED = { ID: 'dest-1' };

/** What the gateway sends of a webhook that is signed. */
function gatewayCall(of: object, timeUUID: string): Asked {
  const body = JSON.stringify([exposure(timeUUID)]);
  return {
    path: '/v2/sources/statsig',
    body: [webhook(body, { of: source(of), headers: signed(body, 'signing', Date.now()) })],
  };
}

/** In order, each after the answer to the one before. @param id of the workspace */
export function tourRequests(id: string): readonly Asked[] {
  const batch = EVENTS.map((event) => ({ ...event, messageId: `s-${(event as { messageId: string }).messageId}` }));
  const behindFirst = [track('f-1'), { type: 'delete', userId: 'user-9', messageId: 'f-2' }];
  const audiences = [
    entersAudience('vip', 'a-1'),
    { ...entersAudience('vip', 'a-2'), userId: 'user-2' },
    entersAudience('unknown', 'a-3'),
  ];
  const old = JSON.stringify([exposure('e-old')]);
  const exposures = JSON.stringify(EXPOSURES);
  return [
    {
      path: '/v0/destinations/statsig',
      body: [
        ...EVENTS.map((event, index) => element(index + 1, event, CLAIMED)),
        element(20, track('m-20'), { WorkspaceID: 'rudder-workspace' }),
        element(
          21,
          { ...track('m-21'), context: { key: 'secret-of-event' } },
          { ...CLAIMED, Config: { secretKey: '{{ event.context.key || "secret-other" }}' }, hasDynamicConfig: true },
        ),
      ],
    },
    {
      path: '/routerTransform',
      body: {
        destType: 'statsig',
        input: [...EVENTS, RECORD].map((event, index) => element(index + 1, event, CLAIMED)),
      },
    },
    { path: `/segment/${id}`, body: batch, headers: { 'x-signature': sha1(JSON.stringify(batch)) } },
    { path: `/segment/${id}`, body: behindFirst, headers: { 'x-signature': sha1(JSON.stringify(behindFirst[0])) } },
    { path: `/segment/${id}`, body: audiences, headers: { 'x-signature': sha1(JSON.stringify(audiences)) } },
    { path: `/segment/${id}`, body: track('p-1'), headers: basic('api-key') },
    {
      path: '/v1/batch',
      body: {
        writeKey: 'write-key',
        batch: [
          track('t-1'),
          track('t-2', { integrations: { Statsig: false } }),
          track('t-3', { context: { consent: { categoryPreferences: { analytics: false } } } }),
        ],
      },
    },
    { path: `/statsig/${id}`, body: exposures, headers: signWebhook(exposures, 'signing') },
    { path: `/statsig/${id}`, body: old, headers: signWebhook(old, 'signing', Date.now() - 60_000) },
    gatewayCall({ ID: 'source-1', WriteKey: 'key-9' }, 'w-1'),
    gatewayCall({ ID: 'source-8', WriteKey: 'source-key' }, 'w-2'),
  ];
}

/** What differs from one run to the next. */
function withoutChance(text: string): string {
  return text
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<time>')
    .replace(/\b1[6-9]\d{11}\b/g, '<ms>')
    .replace(/[\da-f]{8}-[\da-f-]{27}/g, '<uuid>')
    .replace(/(?<=127\.0\.0\.1:|localhost:)\d+/g, '<port>');
}

async function textOf(request: IncomingMessage): Promise<string> {
  const bytes = await buffer(request);
  return (request.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes).toString();
}

/** What a tour is to find. */
export interface TourOptions {
  /** @param url of whom the workspace calls */
  readonly settingsOf: (url: string) => Settings;
  /** A lane whose events stay where they are; those of all others leave. */
  readonly waits?: (target: string) => boolean;
  /** The routes that are asked. Default: all. */
  readonly goes?: (path: string) => boolean;
}

/** What was answered and what was called, as lines that are equal for equal settings. */
export async function takeTour({
  settingsOf,
  waits = () => false,
  goes = () => true,
}: TourOptions): Promise<readonly string[]> {
  const calls: string[] = [];
  let isMade = false;
  const world = await serve(async (request, response) => {
    const { method, url, headers } = request;
    const key = headers['statsig-api-key'] ?? headers.authorization ?? '';
    const text = await textOf(request);
    // All lists exist but this one, until it is made.
    isMade ||= method === 'POST' && /\/segments$/.test(String(url));
    const isMissing = !isMade && /\/segments\/unknown\b/.test(String(url));
    calls.push(withoutChance(`${method} ${headers.host}${url} ${key} ${text}`));
    response.writeHead(isMissing ? 404 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ success: true, data: { id: 'list', type: 'id_list', count: 0 } }));
  });
  const settings = settingsOf(world.url);
  const clock = createSteadyClock();
  const outbox = new MemoryOutbox({ now: clock.now });
  const directory = mkdtempSync(join(tmpdir(), 'settings-tour-'));
  const environment = { OUTBOX_DIRECTORY: join(directory, 'outbox') };
  const app = testApp({ documents: [settings], environment, clock, openOutbox: async () => outbox });
  await app.start();
  const server = await serve(app.handler);
  try {
    const answers: string[] = [];
    for (const { path, body, headers } of tourRequests('tour').filter(({ path }) => goes(path))) {
      const response = await fetch(server.url + path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      });
      answers.push(withoutChance(`${path}: ${response.status} ${await response.text()}`));
    }
    const isStuck = () => outbox.waiting.every(({ workspaceId, target }) => waits(target) && workspaceId === 'tour');
    await until(
      isStuck,
      () => `all leaves but ${outbox.waiting.map(({ target }) => target)}; called: ${calls.join('\n')}`,
    );
    return [...answers, ...calls.sort()];
  } finally {
    await server.close();
    await app.close(1_000);
    await world.close();
    await rm(directory, { recursive: true, force: true, maxRetries: 20 });
  }
}
