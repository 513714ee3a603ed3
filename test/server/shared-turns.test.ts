// Replicas over the wire: no two of them change a list, or send with a write key to one place, at the same time, and together they make no more calls of the Console API than its key may.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { CONSOLE_KEY, serveConsole } from '../../testkit/console-stand-in.js';
import { serve } from '../../testkit/loopback.js';
import { migratedSchema } from '../../testkit/postgres-replicas.js';
import { startHere } from '../../testkit/server.js';
import { temporaryDirectory } from '../../testkit/settings.js';
import { signWebhook, webhookEvent } from '../../testkit/statsig-webhook.js';
import { until } from '../../testkit/until.js';

const WORKSPACES = ['one', 'two'];

/** Two replicas with the same settings, in which two workspaces share what they send to. @param parts of both */
async function startReplicas(
  context: TestContext,
  parts: { readonly outbound?: object; readonly [name: string]: unknown },
) {
  const schema = await migratedSchema(context);
  if (schema === undefined) return undefined;
  const directory = temporaryDirectory(context);
  for (const id of WORKSPACES) {
    const { outbound = {}, ...others } = parts;
    const document = {
      ...{ id, segment: { headerSecrets: [`header-${id}`] }, ...others },
      outbound: { signingSecrets: [`signing-${id}`], ...outbound },
    };
    writeFileSync(join(directory, `${id}.json`), JSON.stringify(document));
  }
  const environment = {
    STATSIG_CDP_SETTINGS: directory,
    OUTBOX_DIRECTORY: join(directory, 'data', 'outbox'),
    OUTBOX_URL: schema.url,
    OUTBOX_SCHEMA: schema.schema,
    ADMIN_TOKEN: 'token-of-tests',
  };
  const replicas = [await startHere(environment), await startHere(environment)];
  for (const replica of replicas) context.after(() => replica.stop());
  const owners = async () =>
    schema.run<{ turn: string; owners: number; lanes: number }>(
      'select turn, count(distinct owner)::int as owners, count(*)::int as lanes from lane where owner is not null group by turn',
    );
  return { replicas, owners, schema };
}

async function post(url: string, body: string, headers: Readonly<Record<string, string>>): Promise<void> {
  const response = await fetch(url, { method: 'POST', body, headers });
  assert.equal(response.status, 200, await response.text());
}

test('changes of one list by two workspaces with one console key, pushed to two replicas: one call at a time, and twelve in ten seconds', async (context) => {
  const statsig = await serveConsole({
    now: Date.now,
    async faultOf() {
      await sleep(25);
      return undefined;
    },
  });
  context.after(() => statsig.close());
  for (const list of ['vip', 'trial']) statsig.make(list);
  const rig = await startReplicas(context, {
    consoleKey: CONSOLE_KEY,
    consoleUrl: statsig.url,
    audiences: { windowMs: 100, maxIdsPerRequest: 2 },
  });
  if (rig === undefined) return;
  const enter = (round: number, replica: number, id: string, list: string) =>
    post(
      `${rig.replicas[replica]?.url}/segment/${id}`,
      JSON.stringify({
        type: 'identify',
        messageId: `enter-${id}-${list}-${round}-${replica}`,
        userId: `${id}-${round}-${replica}`,
        timestamp: new Date().toISOString(),
        context: { personas: { computation_class: 'audience', computation_key: list } },
        traits: { [list]: true },
      }),
      { 'content-type': 'application/json', 'x-statsig-cdp-secret': `header-${id}` },
    );
  for (let round = 0; round < 4; round += 1)
    await Promise.all(
      WORKSPACES.flatMap((id) =>
        ['vip', 'trial'].flatMap((list) => [0, 1].map((replica) => enter(round, replica, id, list))),
      ),
    );
  await until(() => statsig.calls.length >= 12, 'the calls of ten seconds are made');
  const owned = await rig.owners();
  assert.ok(
    owned.some(({ lanes }) => lanes === 2),
    'lanes of one list are in one turn',
  );
  assert.ok(
    owned.every(({ owners }) => owners === 1),
    'of one replica',
  );
  assert.deepEqual(statsig.broken, [], 'no two calls of a list at the same time, and none beyond the limit');
  assert.ok(
    statsig.calls.every(({ status }) => status !== 429),
    'Statsig never has to refuse one',
  );
});

test('events of two workspaces with one write key, pushed to two replicas: one request at a time, and all of them once', async (context) => {
  const names: string[] = [];
  let underWay = 0;
  let most = 0;
  const target = await serve(async (request, response) => {
    underWay += 1;
    most = Math.max(most, underWay);
    const { batch } = JSON.parse(await text(request));
    for (const { event } of batch) names.push(event);
    await sleep(25);
    underWay -= 1;
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"success":true}');
  });
  context.after(() => target.close());
  const outbound = { targets: [{ name: 'cdp', writeKey: 'write-key-of-both', host: target.url }] };
  const rig = await startReplicas(context, { outbound });
  if (rig === undefined) return;
  const sent: string[] = [];
  const push = (round: number, replica: number, id: string) => {
    const eventName = `Order ${id} ${round} ${replica}`;
    sent.push(eventName);
    const body = JSON.stringify([webhookEvent({ eventName, timeUUID: eventName })]);
    return post(`${rig.replicas[replica]?.url}/statsig/${id}`, body, signWebhook(body, `signing-${id}`));
  };
  for (let round = 0; round < 3; round += 1) {
    await Promise.all(WORKSPACES.flatMap((id) => [0, 1].map((replica) => push(round, replica, id))));
    await until(
      () => names.length === sent.length,
      () => `${names.length} of ${sent.length} have arrived`,
    );
  }
  assert.deepEqual(names.sort(), sent.sort());
  assert.equal(most, 1, 'no two requests of one write key at the same time');
  const owned = await rig.owners();
  assert.ok(
    owned.some(({ lanes, owners }) => lanes === 2 && owners === 1),
    'both lanes are in one turn of one replica',
  );
  assert.doesNotMatch(JSON.stringify(await rig.schema.run('select * from lane')), /write-key/, 'the turn tells no key');
});
