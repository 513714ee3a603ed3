// What a target says that it would send is what it sends, and what its dry run shows.

import assert from 'node:assert/strict';
import type { IncomingHttpHeaders } from 'node:http';
import { type TestContext, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { Secret } from '../../src/base/secret.js';
import { headersToSend } from '../../src/call/http-request.js';
import type { Part } from '../../src/dispatch/delivery-target.js';
import { DELETIONS_TARGET, STATSIG_TARGET } from '../../src/outbox/lane-id.js';
import type { Delivery } from '../../src/outbox/outbox.js';
import { compileWorkspace } from '../../src/settings/compile.js';
import type { DryRunRequest } from '../../src/targets/dry-run.js';
import { createSegmentTargets } from '../../src/targets/segment/target.js';
import type { StatedRequest, StatedTarget } from '../../src/targets/stated-target.js';
import { createDeletions } from '../../src/targets/statsig-deletions/deletions.js';
import { statsigTarget } from '../../src/targets/statsig-events/target.js';
import { audiencesOf, changeOf, NOON, openIdLists } from '../../testkit/id-list-rig.js';
import { serve } from '../../testkit/loopback.js';
import { awaitableLog, outboxDirectory } from '../../testkit/outbox.js';

const KEY = 'secret-example';
const TIMEOUT_MS = 60_000;

interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A server that says yes to everything and keeps what it was sent. */
async function listen(context: TestContext) {
  const seen: Seen[] = [];
  const server = await serve(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const bytes = Buffer.concat(chunks);
    const { method = '', url = '', headers } = request;
    const body = (headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes).toString();
    seen.push({ method, url: `${server.url}${url}`, headers, body });
    response.end(JSON.stringify({ success: true, message: 'done', data: {}, request_id: 'known' }));
  });
  context.after(server.close);
  return { url: server.url, seen };
}

function part(target: string, payloads: readonly object[]): Part {
  return payloads.map(
    (payload, index): Delivery => ({
      workspaceId: 'acme',
      target,
      messageId: `m-${index}`,
      payload: JSON.stringify(payload),
      acceptedAt: NOON,
      key: `acme/${index}`,
      attempts: index,
    }),
  );
}

interface Kind {
  readonly part: Part;
  make(
    context: TestContext,
    url: string,
    key: string | undefined,
    record: (request: DryRunRequest) => void,
  ): StatedTarget;
}

/** Without the time of the sending, and the write key, which is never shown. */
function inShort({
  method,
  url,
  body = '{}',
}: {
  readonly method: string;
  readonly url: string;
  readonly body?: string;
}) {
  const { sentAt: _, writeKey: __, ...content } = JSON.parse(body);
  return { method, url, content };
}

const NOTHING_HERE = {
  outbox: async () => undefined,
  idLists: { remembered: async () => [] },
  putBackIdle: async () => {},
  isDelivered: () => true,
};

const KINDS: Readonly<Record<string, Kind>> = {
  events: {
    part: part(
      STATSIG_TARGET,
      ['a', 'b'].map((eventName) => ({
        eventName,
        user: { userID: 'user-42' },
        metadata: { long: 'x'.repeat(2_000) },
      })),
    ),
    make(_context, eventsUrl, key, record) {
      const secret = key === undefined ? undefined : new Secret(key);
      const workspace = compileWorkspace('acme', { eventsUrl }, secret, 'segment');
      return statsigTarget(workspace, { sessionId: 'session', timeoutMs: TIMEOUT_MS, now: () => NOON, record });
    },
  },
  deletions: {
    part: part(DELETIONS_TARGET, [{ userId: 'user-42' }, { userId: 'user-43' }]),
    make(context, apiUrl, key, record) {
      const secret = key === undefined ? undefined : new Secret(key);
      const workspace = compileWorkspace('acme', { apiUrl }, secret, 'segment');
      const directory = outboxDirectory(context);
      const options = { directory, timeoutMs: TIMEOUT_MS, now: () => NOON, record, log: awaitableLog() };
      return createDeletions({ ...NOTHING_HERE, ...options }).targetOf(workspace);
    },
  },
  lists: {
    part: part(
      'statsig-list-vip',
      ['+ada@1', '-bob@2', '+cyd@3'].map((text) => changeOf(text)),
    ),
    make(context, url, key, record) {
      const audiences = audiencesOf(url, { consoleKey: key === undefined ? undefined : new Secret(key) });
      return openIdLists(context, { record }).targetOf(audiences, 'vip');
    },
  },
};

async function statedOf(target: StatedTarget, part: Part): Promise<readonly StatedRequest[]> {
  const stated = await target.requests(part);
  assert.ok(!('kind' in stated), 'requests are stated');
  return stated;
}

for (const [name, { part, make }] of Object.entries(KINDS)) {
  test(`${name}: what is stated is what is sent, and what a dry run shows`, async (context) => {
    const { url, seen } = await listen(context);
    const recorded: DryRunRequest[] = [];
    const record = (request: DryRunRequest) => void recorded.push(request);
    const target = make(context, url, KEY, record);
    const stated = await statedOf(target, part);
    assert.equal(seen.length, 0, 'nothing is sent to say it');

    const sent = await target.send(part, new AbortController().signal);
    assert.equal(sent.kind === 'judged' && sent.verdict.kind, 'delivered');
    // A list is looked at first: that depends on what is known of it.
    const changing = seen.filter(({ method }) => method !== 'GET');
    assert.deepEqual(changing.map(inShort), stated.map(inShort));
    for (const [index, request] of stated.entries())
      for (const [header, value] of headersToSend(request))
        assert.equal(changing[index]?.headers[header], value, header);
    assert.ok(!JSON.stringify(stated).includes(KEY), 'the key is not shown');
    assert.equal(recorded.length, 0);

    const sentSoFar = seen.length;
    const shown = make(context, url, undefined, record);
    assert.deepEqual(await shown.send(part, new AbortController().signal), { kind: 'recorded' });
    assert.equal(seen.length, sentSoFar);
    assert.deepEqual(recorded.map(inShort), (await statedOf(shown, part)).map(inShort));
    assert.deepEqual(
      recorded.map(({ method, url, events }) => ({ method, url, events })),
      stated.map(({ method, url, events }) => ({ method, url, events })),
    );
  });
}

test('segment: what is stated is what the SDK sends', async (context) => {
  const { url, seen } = await listen(context);
  const targets = createSegmentTargets({ maxClients: 1, timeoutMs: TIMEOUT_MS });
  context.after(() => targets.close());
  const target = targets.targetOf({ name: 'web', writeKey: new Secret(KEY), host: url, path: '/v1/batch' });
  const calls = ['a', 'b'].map((event) => ({
    messageId: `${event}:acme:web`,
    type: 'track',
    event,
    userId: 'user-42',
    timestamp: '2026-01-15T12:00:00.000Z',
    context: { library: { name: 'statsig', version: '1.0' } },
    properties: { price: 3 },
    integrations: { Statsig: false },
  }));
  const stated = await statedOf(target, part('web', calls));
  assert.equal(seen.length, 0);
  const sent = await target.send(part('web', calls), new AbortController().signal);
  assert.equal(sent.kind === 'judged' && sent.verdict.kind, 'delivered');
  assert.deepEqual(seen.map(inShort), stated.map(inShort));
  assert.ok(!JSON.stringify(stated).includes(KEY));
});
