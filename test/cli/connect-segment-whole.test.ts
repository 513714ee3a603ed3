// Connecting from nothing to the first event, and back, against a stand-in that takes only what Segment's published API describes.

import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { assertConnected, commandLines, contentsOf, startConnect } from '../../testkit/connect-command.js';
import { ACCEPTED, serveLogEvent } from '../../testkit/log-event-stand-in.js';
import { PUBLIC_API_TOKEN } from '../../testkit/segment-public-api/stand-in.js';
import { startHere } from '../../testkit/server.js';
import { gateExposure, signWebhook } from '../../testkit/statsig-webhook.js';
import { until } from '../../testkit/until.js';

const SIGNING_SECRET = 'signing-secret-example';

test('plan, connect, again, an event each way, and back: one of each, nothing of others, no secret in sight', async (context) => {
  const statsig = await serveLogEvent(context, () => ACCEPTED);
  const document = `eventsUrl: ${statsig.url}\noutbound: { signingSecrets: [${SIGNING_SECRET}] }\n`;
  const connect = await startConnect(context, {}, document);
  const { segment, run, settings, directory, env, disk, secret } = connect;
  const plugin = await startHere(env);
  context.after(() => plugin.stop());
  const before = { state: segment.workspace.state(), disk: disk() };
  const args = ['--url', plugin.url];

  const planned = await run([...args, '--plan'], plugin.publicUrl);
  assert.equal(planned.code, 0, planned.stderr);
  assert.deepEqual([segment.changes(), segment.workspace.state(), disk()], [[], before.state, before.disk]);
  for (const path of ['sources', 'destinations', 'subscriptions'])
    assert.match(planned.stdout, new RegExp(`^ {4}POST .*/${path}$`, 'm'));

  const lines: string[] = [];
  segment.trouble(() => {
    if (lines.length === 0) lines.push(...commandLines());
    return undefined;
  });
  const connected = await run(args, plugin.publicUrl);
  assert.equal(connected.code, 0, connected.stderr);
  assert.match(connected.stdout, /^ {4}It arrived: /m);
  assertConnected(connect, before.state);
  assert.deepEqual(
    segment.changes().map(({ id }) => id),
    ['createSource', 'createDestination', 'createDestinationSubscription'],
  );
  assert.ok(
    lines.some((line) => line.includes('connect segment')),
    'the command was seen',
  );
  const after = disk();
  assert.match(after['shop.yaml'] ?? '', /^# Ours, by hand\.\nid: shop\nsecretKey: file:\.\.\/key # from the vault$/m);
  for (const name of ['header', 'shared', 'write-key'])
    assert.equal(statSync(join(settings, 'secrets', `shop-segment-${name}`)).mode & 0o777, 0o600);

  const again = await run(args, plugin.publicUrl);
  assert.deepEqual([again.code, segment.changes().length, disk()], [0, 3, after], again.stdout);
  assert.doesNotMatch(again.stdout, /^done:/m);

  const authorization = `Basic ${Buffer.from('write-key-of-web:').toString('base64')}`;
  const order = {
    event: 'Order Completed',
    userId: 'user-42',
    messageId: 'order-1',
    timestamp: new Date().toISOString(),
  };
  await fetch(`${segment.url}/v1/track`, { method: 'POST', headers: { authorization }, body: JSON.stringify(order) });
  await until(() => statsig.accepted().includes('segment::Order Completed'), 'the event is in Statsig');
  assert.deepEqual(new Set(segment.posted.map(({ status }) => status)), new Set([200]));

  const exposure = JSON.stringify([gateExposure('exposure-1')]);
  const headers = signWebhook(exposure, SIGNING_SECRET);
  const webhook = await fetch(`${plugin.publicUrl}/statsig/shop`, { method: 'POST', headers, body: exposure });
  assert.equal(webhook.status, 200, await webhook.text());
  const key = secret('write-key');
  const sent = () => segment.tracked.filter(({ writeKey }) => writeKey === key).flatMap(({ events }) => events);
  await until(() => sent().length > 0, 'the exposure is in Segment');
  assert.deepEqual(
    sent().map(({ event }) => event),
    ['statsig::gate_exposure'],
  );

  const secrets = [PUBLIC_API_TOKEN, ...['header', 'shared', 'write-key'].map(secret)];
  const undone = await run([...args, '--undo', '--yes'], plugin.publicUrl);
  assert.equal(undone.code, 0, undone.stderr);
  assert.deepEqual(segment.workspace.state(), before.state);
  assert.deepEqual(disk(), before.disk);
  const nothing = await run([...args, '--undo', '--yes'], plugin.publicUrl);
  assert.match(nothing.stderr, /There is nothing that was connected\./);

  await plugin.stop();
  const { token: _token, ...files } = contentsOf(directory);
  const seen = [
    ...[planned, connected, again, undone, nothing].flatMap(({ stdout, stderr }) => [stdout, stderr]),
    ...plugin.lines,
    ...lines,
    ...Object.values(files),
  ].join('\n');
  for (const each of secrets) assert.ok(!seen.includes(each), `a secret is seen: ${each.slice(0, 4)}…`);
});
