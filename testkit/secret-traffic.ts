// Requests that bring secrets in by every way there is, right and wrong ones.

import { createHmac } from 'node:crypto';
import type { Canaries } from './canaries.js';
import type { Asker } from './secret-asker.js';
import type { SecretWorkspace } from './secret-settings.js';
import { gateExposure, signWebhook, webhookEvent } from './statsig-webhook.js';

function basic(user: string, password = ''): Readonly<Record<string, string>> {
  return { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` };
}

function track(id: string, way: string): object {
  return { type: 'track', event: 'Order Completed', userId: 'user-42', messageId: `${way}-${id}` };
}

/** Segment's SDKs, with the key in the head, in the body and in the path. */
export async function askTrackingApi({ post, ask }: Asker, { id, secret }: SecretWorkspace, wrong: string) {
  const key = secret('trackingApi.writeKeys');
  for (const each of [key, wrong]) {
    await post('/v1/track', track(id, `head-${each === key}`), basic(each));
    await post('/v1/batch', { writeKey: each, batch: [track(id, `body-${each === key}`)] });
    await post('/v1/t', { ...track(id, `short-${each === key}`), writeKey: each }, { 'content-type': 'text/plain' });
    const carries = each === key ? ({ carries: 'SDK settings' } as const) : {};
    await ask(`/v1/projects/${encodeURIComponent(each)}/settings`, carries);
    await post('/v1/track', { ...track(id, 'bearer'), event: 7 }, { authorization: `Bearer ${each}` });
    await post('/v1/track', `{"writeKey": "${each}", `, basic(each, each));
    await post('/v1/track', { writeKey: [each], userId: { [each]: each } }, basic('', each));
  }
}

/** Segment's webhooks, audiences and partner subscriptions. */
export async function askSegment({ post }: Asker, { id, secret }: SecretWorkspace, wrong: string): Promise<void> {
  const path = `/segment/${id}`;
  const body = JSON.stringify(track(id, 'segment'));
  const sign = (key: string) => createHmac('sha1', key).update(body).digest('hex');
  const shared = secret('segment.sharedSecrets');
  const header = secret('segment.headerSecrets');
  await post(path, body, { 'x-signature': sign(shared), 'x-statsig-cdp-secret': header });
  await post(path, body, { 'x-signature': sign(shared), authorization: `Bearer ${header}` });
  await post(path, body, { 'x-signature': shared });
  await post(path, body, { 'x-signature': sign(wrong), 'x-statsig-cdp-secret': header });
  await post(path, body, { 'x-signature': sign(shared), 'x-statsig-cdp-secret': wrong });
  await post(path, JSON.stringify(track(id, 'partner')), basic(secret('segment.apiKeys')));
  await post(path, body, basic(wrong));
  await post('/segment', `{"a": ${header}`, basic(secret('segment.apiKeys')));
  await post(path, { type: 'delete', userId: 'ada', messageId: `delete-${id}` }, basic(secret('segment.apiKeys')));
  const personas = { computation_key: 'first_time_shoppers', computation_class: 'audience' };
  const audience = { type: 'identify', userId: 'eve', messageId: `list-${id}`, traits: { first_time_shoppers: true } };
  await post(path, { ...audience, context: { personas } }, basic(secret('segment.apiKeys')));
  for (const given of [header, wrong]) {
    await post(`${path}/audiences/create`, { audienceName: 'First-time shoppers', secret: given });
    await post(`${path}/audiences/get`, { externalId: 'first_time_shoppers' }, { authorization: `Bearer ${given}` });
  }
}

/** Statsig's event webhook, straight and through rudder-server's sources. */
export async function askStatsigWebhook({ post }: Asker, { id, secret }: SecretWorkspace, wrong: string) {
  const key = secret('outbound.signingSecrets');
  const events = [gateExposure(`gate-${id}`), webhookEvent({ eventName: 'Order Completed', timeUUID: `uuid-${id}` })];
  const body = JSON.stringify(events);
  await post(`/statsig/${id}`, body, signWebhook(body, key));
  await post(`/statsig/${id}`, body, signWebhook(body, wrong));
  await post(`/statsig/${id}`, body, signWebhook(body, key, 1));
  await post(`/statsig/${id}`, body, { 'x-statsig-signature': key, 'x-statsig-request-timestamp': wrong });
  await post(`/statsig/${id}?secret=${encodeURIComponent(wrong)}`, `[${key}`, signWebhook(`[${key}`, key));
  const WriteKey = secret('rudderstack.sourceWriteKeys');
  for (const [ID, headers] of [
    [`source-${id}`, signWebhook(body, key)],
    ['source-unknown', signWebhook(body, wrong)],
    ['', { 'x-statsig-signature': key }],
  ] as const) {
    const element = { request: { body, headers }, event: events, source: { ID, WriteKey, Config: { key: wrong } } };
    for (const path of ['/v1/sources/statsig', '/v2/sources/statsig', '/v2/sources/webhook'])
      await post(path, [element]);
  }
}

/** rudder-server, with the keys in the destination's Config and in the head of the delivery request. */
export async function askRudderstack({ post }: Asker, workspace: SecretWorkspace, canaries: Canaries): Promise<void> {
  const { id, url, secret } = workspace;
  const inConfig = canaries.of(`destination Config of ${id}`);
  const consoleKey = canaries.of(`consoleKey in the Config of ${id}`);
  const element = (Config: object, ID = `destination-${id}`, message: object = {}) => ({
    message: { ...track(id, 'rudder'), ...message },
    metadata: { jobId: 1, destinationId: ID, workspaceId: 'ws-1' },
    destination: { ID, Config },
  });
  const withPassword = `http://user:${encodeURIComponent(inConfig)}@127.0.0.1:9`;
  const elements = [
    element({}),
    element({ secretKey: inConfig, consoleKey, idListId: 'first_time_shoppers' }, 'destination-other'),
    element({ secretKey: inConfig, mode: inConfig, [inConfig]: inConfig }),
    element({ secretKey: { nested: inConfig }, consoleKey: [consoleKey] }),
    element({ secretKey: `file:/${inConfig}`, consoleKey: `env:${consoleKey}` }),
    element({ secretKey: `{{ event.key || "${inConfig.replace(/["\\]/g, '')}" }}` }, 'templated'),
    element({ secretKey: inConfig, eventsUrl: withPassword, apiUrl: withPassword, consoleUrl: withPassword }),
    element({ secretKey: inConfig, maxBatchEvents: inConfig, identifierMappings: inConfig }),
    element({ secretKey: inConfig }, 'destination-other', { event: null }),
  ];
  const lists = ['add', 'remove'].map((action) =>
    element({ secretKey: inConfig, consoleKey, idListId: 'first_time_shoppers' }, `destination-${id}`, {
      type: 'audiencelist',
      properties: { listData: { [action]: [{ userId: 'eve' }] } },
    }),
  );
  for (const version of ['v0', 'v1'])
    await post(`/${version}/destinations/statsig`, elements, {}, { carries: 'delivery request' });
  for (const path of ['/routerTransform', '/batch'])
    await post(path, { input: [...elements, ...lists], destType: 'statsig' }, {}, { carries: 'destination' });
  await post(
    '/v1/destinations/statsig',
    {
      input: [{ ...elements[0], destination: undefined }],
      destinations: { [`destination-${id}`]: { Config: { secretKey: inConfig } } },
    },
    { 'x-content-format': 'json+compactedv1' },
    { carries: 'delivery request' },
  );
  await post('/v0/destinations/statsig', `[{"secretKey": "${inConfig}", `);
  await post('/routerTransform', { destType: 'statsig', secretKey: inConfig });
  await askProxy({ post }, workspace, inConfig);
  for (const config of [
    { secretKey: secret('secretKey') },
    { secretKey: inConfig, apiUrl: url },
    { secretKey: `${inConfig}\n` },
    { secretKey: inConfig, apiUrl: withPassword },
  ])
    await post('/deleteUsers', [{ jobId: '1', destType: 'STATSIG', config, userAttributes: [{ userId: 'ada' }] }]);
}

async function askProxy({ post }: Pick<Asker, 'post'>, { url, secret }: SecretWorkspace, inConfig: string) {
  const delivery = (parts: object) => ({
    type: 'REST',
    method: 'POST',
    endpoint: `${url}/v1/log_event`,
    headers: { 'STATSIG-API-KEY': secret('secretKey') },
    params: {},
    body: { JSON: { events: [{ eventName: 'Order Completed' }, { eventName: 'Order Refunded' }] } },
    ...parts,
  });
  const list = { method: 'PATCH', endpoint: `${url}/console/v1/segments/first_time_shoppers/id_list` };
  const requests = [
    delivery({}),
    delivery({ headers: { 'STATSIG-API-KEY': inConfig } }),
    delivery({ headers: { 'STATSIG-API-KEY': `${inConfig}\n` } }),
    delivery({ endpoint: `http://user:${encodeURIComponent(inConfig)}@127.0.0.1:9/v1/log_event` }),
    delivery({
      ...list,
      headers: { 'STATSIG-API-KEY': secret('consoleKey') },
      body: { JSON: { ids: ['eve', 'ada'] } },
    }),
    delivery({ params: { key: inConfig } }),
    delivery({ type: inConfig }),
  ];
  for (const request of requests) {
    await post('/v0/destinations/statsig/proxy', { ...request, metadata: { jobId: 1 } });
    await post('/v1/destinations/statsig/proxy', { ...request, metadata: [{ jobId: 1 }, { jobId: 2 }] });
  }
}

/** Operators with wrong tokens, and what is no route or no HTTP at all. */
export async function askOtherwise({ ask, post, send }: Asker, wrong: string): Promise<void> {
  const inPath = encodeURIComponent(wrong);
  for (const path of ['/api/dead-letters', '/api/deletions']) {
    await ask(path, { headers: { authorization: `Bearer ${wrong}` } });
    await ask(`${path}?token=${inPath}`);
  }
  for (const proof of ['token', 'link']) await post('/api/session', { [proof]: wrong });
  await ask('/api/session', { headers: { cookie: `statsig_cdp_9090=${inPath}` } });
  await ask(`/console/?link=${inPath}`);
  await ask(`/console/${inPath}.js`);
  await post('/api/dead-letters/drop', { keys: [wrong] }, basic(wrong));
  await ask(`/metrics?token=${inPath}`, { headers: { authorization: `Bearer ${wrong}`, cookie: `key=${inPath}` } });
  await ask(`/readyz?token=${inPath}`);
  await ask(`/v1/track?writeKey=${inPath}`);
  await ask(`/nowhere?key=${inPath}`);
  await ask(`/v1/projects/${inPath}/sources`);
  await ask(`/v1/projects/${inPath}/settings?key=${inPath}`);
  await post(`/v1/destinations/ga4?key=${inPath}`, [{ destination: { Config: { key: wrong } } }]);
  await post('/v1/track', 'not gzip', { ...basic(wrong), 'content-encoding': 'gzip' });
  await send(`GET /${wrong} HTTP/1.1\r\nHost: a\r\nX-Key: ${wrong}\r\nno colon ${wrong}\r\n\r\n`);
  await send(`${wrong} / HTTP/1.1\r\n\r\n`);
  await send(`GET /v1/projects/${wrong}%ZZ/settings HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
  await send(`GET / HTTP/1.1\r\nHost: a\r\nAuthorization: ${wrong.repeat(1000)}\r\n\r\n`);
  await send(
    `POST /v1/track HTTP/1.1\r\nHost: a\r\nContent-Length: 500\r\nAuthorization: Bearer ${wrong}\r\n\r\n{"writeKey":"${wrong}"`,
  );
}
