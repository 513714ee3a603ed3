// `statsig-cdp transform` says what the running server does, for each case in which it once said something else.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { serveSegment } from '../../testkit/segment-stand-in.js';
import { failToStart, startHere, type TestServer } from '../../testkit/server.js';
import { signWebhook } from '../../testkit/statsig-webhook.js';
import { type Transformed, transformBody } from '../../testkit/transform-command.js';
import { until } from '../../testkit/until.js';

const HEADER_SECRET = 'header-example';
const WRITE_KEY = 'write-example';
const SIGNING_SECRET = 'signing-example';

const ORDER = {
  type: 'track',
  event: 'Order Completed',
  userId: 'user-42',
  messageId: 'order-1',
  timestamp: '2026-01-02T03:04:05.000Z',
  properties: { plan: 'pro' },
};

const IDENTIFY = {
  type: 'identify',
  userId: 'user-42',
  messageId: 'identify-1',
  timestamp: '2026-01-02T03:04:05.000Z',
  traits: { high_value: true },
  context: { personas: { computation_class: 'audience', computation_key: 'high_value' } },
};

/** Without keys of Statsig: what would be sent is in the log. */
const SHOP = {
  id: 'shop',
  excludeEvents: ['Secret *'],
  segment: { headerSecrets: [HEADER_SECRET] },
  trackingApi: { writeKeys: [WRITE_KEY] },
};

const RUDDER = {
  id: 'rudder',
  secretKey: 'secret-example',
  excludeEvents: ['Secret *'],
  identifierMappings: [{ from: 'anonymousId', to: 'stableID' }],
  rudderstack: { destinationIds: ['dst-shop'] },
};

/** A request as a dry run writes it to the log. */
interface Recorded {
  readonly workspace: string;
  readonly target: string;
  readonly method: string;
  readonly url: string;
  readonly body: unknown;
}

let directory: string;
let settings: string;
let plugin: TestServer;

function writeSettings(name: string, documents: readonly object[]): string {
  const file = join(directory, name);
  writeFileSync(file, JSON.stringify({ workspaces: documents }));
  return file;
}

function start(file: string, outbox: string): Promise<TestServer> {
  return startHere({ LOG_LEVEL: 'info', STATSIG_CDP_SETTINGS: file, OUTBOX_DIRECTORY: join(directory, outbox) });
}

before(async () => {
  directory = mkdtempSync(join(tmpdir(), 'transform-agrees-'));
  settings = writeSettings('settings.json', [SHOP, RUDDER]);
  plugin = await start(settings, 'outbox');
});
after(async () => {
  await plugin.stop();
  rmSync(directory, { recursive: true, force: true, maxRetries: 20 });
});

/** The answer to a push, parsed. */
async function push(url: string, body: unknown, headers: Readonly<Record<string, string>> = {}) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return { status: response.status, answer: JSON.parse(await response.text()) };
}

const asSegment = { authorization: `Bearer ${HEADER_SECRET}` };

function recordedFor(target: string): readonly Recorded[] {
  return plugin.lines
    .map((line) => JSON.parse(line))
    .filter(({ msg = '', target: of }) => msg.startsWith('dry run') && of === target);
}

/** What a dry run of the target shows next. */
async function nextRecorded(target: string, act: () => Promise<void>): Promise<Recorded> {
  const known = recordedFor(target).length;
  await act();
  await until(() => recordedFor(target).length > known, `a dry run of ${target}`);
  const { method, url, body } = recordedFor(target)[known] ?? assert.fail();
  return { workspace: 'shop', target, method, url, body };
}

function transform(body: unknown, ...args: readonly string[]) {
  return transformBody(directory, body, '--settings', settings, ...args);
}

function assertSame(lines: Transformed['lines'], recorded: Recorded): void {
  assert.deepEqual(
    lines.map(({ result }) => result),
    ['converted'],
  );
  const [{ method, url, body } = assert.fail()] = lines[0]?.requests ?? [];
  assert.deepEqual({ method, url, body }, { method: recorded.method, url: recorded.url, body: recorded.body });
}

test('an audience event of Engage changes an ID list, and the command says which proof that takes', async () => {
  const recorded = await nextRecorded('statsig-list-high_value', async () => {
    const { status, answer } = await push(`${plugin.url}/segment/shop`, IDENTIFY, asSegment);
    assert.equal(status, 200, JSON.stringify(answer));
    assert.equal(answer.result, 'accepted');
  });
  const { lines, stderr } = await transform(IDENTIFY, '--workspace', 'shop');
  assertSame(lines, recorded);
  assert.match(stderr, /The sender has to show one of segment\.headerSecrets/);
});

test('a deletion deletes', async () => {
  const deletion = { type: 'delete', userId: 'user-42', messageId: 'delete-1' };
  const recorded = await nextRecorded('statsig-deletions', async () => {
    const { answer } = await push(`${plugin.url}/segment/shop`, deletion, asSegment);
    assert.equal(answer.result, 'accepted');
  });
  const { lines, stderr } = await transform(deletion, '--workspace', 'shop');
  assertSame(lines, recorded);
  assert.match(stderr, /deletes a person\. The sender has to show/);
});

test('an event that its sender keeps from us over the Tracking API is filtered', async () => {
  const event = { ...ORDER, integrations: { Statsig: false }, messageId: 'off-1', writeKey: WRITE_KEY };
  const { answer } = await push(`${plugin.url}/v1/track`, event);
  assert.deepEqual(answer, { success: true, accepted: 0, duplicates: 0, filtered: 1, rejected: [] });
  const { lines } = await transform(event);
  assert.deepEqual(
    lines.map(({ workspace, result, reason }) => ({ workspace, result, reason })),
    [{ workspace: 'shop', result: 'filtered', reason: 'integration_off' }],
  );
});

test('a bare event is named as one of Segment', async () => {
  const recorded = await nextRecorded('statsig', async () => {
    await push(`${plugin.url}/segment/shop`, ORDER, asSegment);
  });
  const { lines } = await transform(ORDER, '--workspace', 'shop');
  assert.equal(lines[0]?.requests?.[0]?.body.events[0]?.eventName, 'segment::Order Completed');
  assertSame(lines, recorded);
});

test('elements of rudder-server get the settings that claim their destination', async () => {
  const element = (event: string, jobId: number) => ({
    message: { ...ORDER, event, anonymousId: 'anon-7' },
    metadata: { jobId, destinationId: 'dst-shop' },
    destination: { ID: 'dst-shop', WorkspaceID: 'ws', Config: {}, hasDynamicConfig: false },
  });
  const elements = [element('Order Completed', 1), element('Secret Plan', 2)];
  const { answer } = await push(`${plugin.url}/v0/destinations/statsig`, elements);
  assert.deepEqual(
    answer.map(({ statusCode }: { statusCode: number }) => statusCode),
    [200, 298],
  );
  const { lines } = await transform(elements);
  assert.deepEqual(
    lines.map(({ workspace, result, reason }) => [workspace, result, reason]),
    [
      ['rudder', 'converted', undefined],
      ['rudder', 'filtered', 'event_excluded'],
    ],
  );
  const { endpoint: url, body } = answer[0].output;
  assert.deepEqual(lines[0]?.requests?.[0]?.url, url);
  assert.deepEqual(lines[0]?.requests?.[0]?.body, body.JSON);
  assert.deepEqual(body.JSON.events[0].user, { customIDs: { stableID: 'anon-7' }, userID: 'user-42' });

  const router = { input: elements, destType: 'statsig' };
  const routed = await push(`${plugin.url}/routerTransform`, router);
  const [, sent] = routed.answer.output;
  const { lines: ofRouter } = await transform(router);
  assert.deepEqual(ofRouter[0]?.requests?.[0]?.body, sent.batchedRequest.body.JSON);
  assert.equal(ofRouter[1]?.reason, 'event_excluded');
});

test('the mode webhook beside senders that cannot be relayed is a fault of the settings, for both', async () => {
  const file = writeSettings('relayed.json', [{ ...SHOP, mode: 'webhook', secretKey: 'secret-example' }]);
  const fault =
    /relayed\.json:1:\d+ workspaces\[0\]\.segment\.headerSecrets: cannot stand beside mode: webhook, .* set mode: events/;
  const { code, errors } = await failToStart({ STATSIG_CDP_SETTINGS: file, OUTBOX_DIRECTORY: join(directory, 'none') });
  assert.notEqual(code, 0);
  assert.match(errors, fault);
  const { status, stderr } = await transformBody(directory, ORDER, '--settings', file);
  assert.equal(status, 2);
  assert.match(stderr, fault);
});

test('where anybody may send, a workspace that relays refuses what it cannot relay', async (context) => {
  const file = writeSettings('open.json', [{ id: 'open', mode: 'webhook' }]);
  const open = await start(file, 'open');
  context.after(() => open.stop());
  const { status, answer } = await push(`${open.url}/segment/open`, ORDER);
  assert.deepEqual([status, answer.error], [400, 'RELAY_UNDOCUMENTED']);
  const { lines } = await transformBody(directory, ORDER, '--settings', file);
  assert.deepEqual(
    lines.map(({ code }) => code),
    ['RELAY_UNDOCUMENTED'],
  );
});

test('where anybody may send, nothing changes a list or deletes a person', async (context) => {
  const file = writeSettings('anybody.json', [{ id: 'anybody' }]);
  const open = await start(file, 'anybody');
  context.after(() => open.stop());
  for (const event of [IDENTIFY, { type: 'delete', userId: 'user-42' }]) {
    const { answer } = await push(`${open.url}/segment/anybody`, event);
    assert.equal(answer.error, 'PROOF_INSUFFICIENT');
    const { lines, stderr } = await transformBody(directory, event, '--settings', file);
    assert.equal(lines[0]?.code, 'PROOF_INSUFFICIENT');
    assert.match(stderr, /Set `segment\.headerSecrets`/, 'what it takes');
  }
});

test('a webhook of Statsig is shown as it is sent: batch, write key, time', async (context) => {
  const cdp = await serveSegment(context);
  const document = {
    id: 'out',
    outbound: {
      signingSecrets: [SIGNING_SECRET],
      targets: [{ name: 'cdp', writeKey: 'key-of-cdp', host: cdp.url }],
    },
  };
  const file = writeSettings('out.json', [document]);
  const sender = await start(file, 'out');
  context.after(() => sender.stop());
  const webhook = {
    data: [
      {
        eventName: 'Signed Up',
        userID: 'user-42',
        timestamp: 1_767_323_045_000,
        timeUUID: '6f1b2a10-e788-11f0-8000-000000000001',
        value: '19.99',
      },
    ],
  };
  const body = JSON.stringify(webhook);
  const { status } = await push(`${sender.url}/statsig/out`, body, signWebhook(body, SIGNING_SECRET));
  assert.equal(status, 200);
  await cdp.received(1);
  const { sentAt, writeKey, ...sent } = JSON.parse(cdp.requests[0]?.text ?? '');
  assert.deepEqual([typeof sentAt, writeKey], ['string', 'key-of-cdp']);
  for (const args of [['--outbound'], ['--as', 'statsig'], []]) {
    const { lines } = await transformBody(directory, webhook, '--settings', file, ...args);
    const [request] = lines[0]?.requests ?? [];
    assert.equal(request?.url, `${cdp.url}/v1/batch`);
    const { sentAt: shownAt, writeKey: shownKey, ...shown } = request.body;
    assert.deepEqual([typeof shownAt, shownKey], ['string', '[redacted]']);
    assert.deepEqual(shown, sent);
  }
});

test('a call of the Tracking API is unpacked: every event of it, with what goes for all', async () => {
  const call = {
    writeKey: WRITE_KEY,
    context: { locale: 'de-DE' },
    batch: ['call-1', 'call-2'].map((messageId) => ({ ...ORDER, messageId })),
  };
  const recorded = await nextRecorded('statsig', async () => {
    const { answer } = await push(`${plugin.url}/v1/batch`, call);
    assert.equal(answer.accepted, 2);
  });
  const { lines } = await transform(call);
  assert.equal(lines.length, 2);
  const shown = lines.flatMap(({ requests = [] }) => requests.flatMap(({ body }) => body.events));
  assert.deepEqual(shown, (recorded.body as { events: unknown }).events);
  assert.equal(shown[0]?.user.locale, 'de-DE');
});
