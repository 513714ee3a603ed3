// Deletions on their way to Statsig: what is asked, when, and what its answers mean.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { Secret } from '../../../src/base/secret.js';
import { compileWorkspace } from '../../../src/settings/compile.js';
import { serveDeletions } from '../../../testkit/deletion-stand-in.js';
import { deletionOf, eventOf, openDeletions } from '../../../testkit/deletions.js';
import { deadLettersOf } from '../../../testkit/outbox.js';

test('all ids that wait go out in one request, told apart whatever they hold', async (context) => {
  const statsig = await serveDeletions(context);
  const { append, deliver } = await openDeletions(context, { url: statsig.url });
  const odd = ['ada,lovelace', 'bob!', '"ö\n😀', 'ada,lovelace'];
  await append(...odd.map((id, index) => deletionOf(id, `delete-${index}`)));
  const { told, outcomes } = deliver();
  await told(4);
  assert.deepEqual(outcomes, ['delivered delete-0', 'delivered delete-1', 'delivered delete-2', 'delivered delete-3']);
  assert.deepEqual(
    statsig.seen.map(({ key, userIds }) => [key, userIds]),
    [['secret-example', ['ada,lovelace', 'bob!', '"ö\n😀']]],
  );
  assert.match(statsig.seen[0]?.requestId ?? '', /^[0-9a-f]{64}$/);
});

test('a thousand ids make a request, and no more', async (context) => {
  const statsig = await serveDeletions(context);
  const { append, deliver } = await openDeletions(context, { url: statsig.url });
  await append(...Array.from({ length: 1001 }, (_, index) => deletionOf(`user-${index}`)));
  await deliver().told(1001);
  assert.deepEqual(
    statsig.seen.map(({ userIds }) => userIds.length),
    [1000, 1],
  );
});

test('a request whose answer is lost is sent again under its name, which Statsig knows', async (context) => {
  let lost = 1;
  const statsig = await serveDeletions(context, () => (lost-- > 0 ? 'lost' : undefined));
  const { append, deliver, clock, requestsFile } = await openDeletions(context, { url: statsig.url });
  await append(deletionOf('ada'), deletionOf('bob'));
  const { told, outcomes } = deliver();
  await told(2);
  await clock.skip();
  await told(4);
  assert.deepEqual(outcomes, ['retry delete-ada', 'retry delete-bob', 'delivered delete-ada', 'delivered delete-bob']);
  assert.deepEqual(statsig.taken, [['ada', 'bob']]);
  assert.equal(new Set(statsig.seen.map(({ requestId }) => requestId)).size, 1);
  assert.equal(readFileSync(requestsFile, 'utf8').trim().split('\n').length, 1);
});

test('a restart before the answer was written down sends the same request, and Statsig deletes once', async (context) => {
  let hangs = true;
  const statsig = await serveDeletions(context, () => (hangs ? 'hang' : undefined));
  const before = await openDeletions(context, { url: statsig.url });
  await before.append(deletionOf('ada'), deletionOf('bob'));
  const first = before.deliver();
  await statsig.received(1);
  await first.stop();
  await before.outbox.close();

  hangs = false;
  const { directory, clock } = before;
  const after = await openDeletions(context, { url: statsig.url, directory, clock });
  const second = after.deliver();
  await second.told(2);
  assert.deepEqual(second.outcomes, ['delivered delete-ada', 'delivered delete-bob']);
  assert.deepEqual(statsig.taken, [['ada', 'bob']]);
  assert.equal(statsig.seen.length, 2);
  assert.equal(statsig.seen[0]?.requestId, statsig.seen[1]?.requestId);
  assert.equal((await after.deletions.requests(after.projectOf)).total, 1);
});

test('the same users, asked for again later, are another request', async (context) => {
  const statsig = await serveDeletions(context);
  const { append, deliver } = await openDeletions(context, { url: statsig.url });
  const { told } = deliver();
  await append(deletionOf('ada', 'first'));
  await told(1);
  await append(deletionOf('ada', 'second'));
  await told(2);
  assert.equal(statsig.taken.length, 2);
});

test('without the contract a deletion is a dead letter that says what it takes, and goes out when put back', async (context) => {
  let answer: { status: number; body: string } | undefined = { status: 403, body: '{"message":"Forbidden"}' };
  const statsig = await serveDeletions(context, () => answer);
  const { append, deliver, outbox } = await openDeletions(context, { url: statsig.url });
  await append(deletionOf('ada'));
  const { told, outcomes } = deliver();
  await told(1);
  const [letter] = await deadLettersOf(outbox, 'shop');
  assert.match(letter?.answer ?? '', /403.*Forbidden.*Enterprise contracts only/);
  answer = undefined;
  assert.ok(await outbox.redeliver(letter?.key ?? ''));
  // At once: who puts it back says that Statsig may take it now, so that no clock has to pass the end of the pause.
  await told(2);
  assert.deepEqual(outcomes, ['dead delete-ada', 'delivered delete-ada']);
});

test('of several deletions only the one that Statsig refuses is given up', async (context) => {
  const statsig = await serveDeletions(context, (ids) =>
    ids.includes('bad') ? { status: 400, body: '{"error":"ids are malformed"}' } : undefined,
  );
  const { append, deliver, outbox } = await openDeletions(context, { url: statsig.url });
  await append(...['ada', 'bad', 'bob', 'cyd'].map((id) => deletionOf(id)));
  await deliver().told(4);
  assert.deepEqual(statsig.taken.flat().toSorted(), ['ada', 'bob', 'cyd']);
  assert.deepEqual(
    (await deadLettersOf(outbox)).map(({ messageId, reason }) => [messageId, reason]),
    [['delete-bad', 'rejected']],
  );
});

test('a dry run forgets here and shows the request instead of sending it', async (context) => {
  const { append, deliver, recorded, waiting } = await openDeletions(context, { url: 'http://127.0.0.1:9', key: '' });
  await append(eventOf('ada', 'order'), deletionOf('ada'));
  await deliver().told(1);
  assert.deepEqual(
    recorded.map(({ workspaceId, target, url, headers, events }) => ({ workspaceId, target, url, headers, events })),
    [
      {
        workspaceId: 'shop',
        target: 'statsig-deletions',
        url: 'http://127.0.0.1:9/v1/delete_user_data',
        headers: { 'content-type': 'application/json' },
        events: 1,
      },
    ],
  );
  assert.equal(JSON.parse(recorded[0]?.body ?? '').ids, 'ada');
  assert.deepEqual(await waiting(), []);
});

test('of a part in which one delivery names no user none is sent', async (context) => {
  const statsig = await serveDeletions(context);
  const { deletions, workspace, clock } = await openDeletions(context, { url: statsig.url });
  const part = ['{"userId":"ada"}', '{"userId":7}', 'torn {'].map((payload, index) => ({
    ...deletionOf('ada'),
    workspaceId: 'shop',
    key: `key-${index}`,
    payload,
    acceptedAt: clock.now(),
    attempts: 0,
  }));
  const target = deletions.targetOf(workspace);
  const verdict = { kind: 'failed', status: 400, message: 'The deletion names no user.', isOurs: true };
  for (const each of [part, part.slice(1), part.slice(2)]) {
    const sent = await target.send(each, new AbortController().signal);
    assert.deepEqual(sent, { kind: 'judged', verdict, retryAfter: undefined });
  }
  assert.equal(statsig.seen.length, 0);
});

test('another key, no key and another address are other places, which an outage of this one says nothing about', async (context) => {
  const { deletions } = await openDeletions(context, { url: 'http://127.0.0.1:9' });
  const identityOf = (apiUrl: string, key: string | undefined) => {
    const secret = key === undefined ? undefined : new Secret(key);
    return deletions.targetOf(compileWorkspace('shop', { apiUrl }, secret, 'segment')).identity;
  };
  assert.equal(identityOf('https://a.example', 'key-1'), identityOf('https://a.example', 'key-1'));
  const identities = [
    identityOf('https://a.example', 'key-1'),
    identityOf('https://a.example', 'key-2'),
    identityOf('https://a.example', undefined),
    identityOf('https://b.example', 'key-1'),
    identityOf('https://b.example', undefined),
  ];
  assert.equal(new Set(identities).size, identities.length);
});

async function fillLog(context: TestContext) {
  const statsig = await serveDeletions(context);
  const rig = await openDeletions(context, { url: statsig.url });
  const { told } = rig.deliver();
  for (const [index, id] of ['user-1', 'user-2', 'user-3'].entries()) {
    await rig.append(deletionOf(id));
    await told(index + 1);
    rig.clock.advance(1_000);
  }
  return { ...rig, statsig };
}

test('what was asked for is listed newest first with what Statsig says, and no id is kept', async (context) => {
  const { statsig, deletions, projectOf, requestsFile } = await fillLog(context);
  const [first, second, third] = statsig.seen.map(({ requestId }) => requestId);
  statsig.status = (requestId) => (requestId === first ? 'COMPLETE' : requestId === second ? 'HTTP error' : undefined);
  const { total, requests } = await deletions.requests(projectOf);
  assert.equal(total, 3);
  assert.deepEqual(
    requests.map(({ requestId, workspaceId, ids, status }) => [requestId, workspaceId, ids, status]),
    [
      [third, 'shop', 1, 'UNREACHABLE'],
      [second, 'shop', 1, 'HTTP_403'],
      [first, 'shop', 1, 'COMPLETE'],
    ],
  );
  const gone = await deletions.requests(() => undefined);
  assert.deepEqual(new Set(gone.requests.map(({ status }) => status)), new Set(['NO_KEY']));
  assert.doesNotMatch(readFileSync(requestsFile, 'utf8'), /user-\d|secret/);
});
