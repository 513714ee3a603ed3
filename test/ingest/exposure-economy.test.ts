// What reaches Segment of a stream of exposures, counted on the wire, is what a plain reading of docs/outbound.md says, with each economy and with all.

import assert from 'node:assert/strict';
import { createHash, randomUUID } from 'node:crypto';
import { suite, type TestContext, test } from 'node:test';
import { ALL_SENT, ECONOMY_CASES, type EconomySettings } from '../../testkit/economy/cases.js';
import { type Exposure, makeExposures } from '../../testkit/economy/exposures.js';
import { runEconomy, TARGET } from '../../testkit/economy/run.js';
import { toWebhooks } from '../../testkit/economy/webhooks.js';
import { SIGNING_SECRET, startOutboundApp } from '../../testkit/outbound-app.js';
import { outboxDirectory } from '../../testkit/outbox.js';
import { serveSegment, TAKEN, takenEvents } from '../../testkit/segment-stand-in.js';

const TRAFFIC = { seed: 1, exposures: 400, users: 40, experiments: 8 };
const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

/** The id of a unit, by the table of the page. */
function unitValue(event: Exposure, unit: string): string | undefined {
  const { user, statsigMetadata } = event;
  if (unit === 'userID') return event.userID ?? user.userID;
  if (unit === 'stableID') return user.customIDs?.stableID ?? statsigMetadata.stableID;
  const company = user.customIDs?.companyID ?? event.companyID;
  return company === undefined ? undefined : String(company);
}

function idsOf(event: Exposure) {
  return {
    userId: unitValue(event, 'userID'),
    anonymousId: event.user.customIDs?.segmentAnonymousId ?? unitValue(event, 'stableID'),
  };
}

/** What the page says is sent of a stream that takes no longer than the window: the rules 6 and 8 to 11, one after the other. */
function readRules(stream: readonly Exposure[], settings: EconomySettings): readonly Exposure[] {
  const last = new Map<string, string>();
  const webhooksSeen = new Set<string>();
  return stream.filter((event) => {
    if (webhooksSeen.has(event.timeUUID)) return false;
    webhooksSeen.add(event.timeUUID);
    const { metadata, eventName } = event;
    const tier = event.user.statsigEnvironment?.tier ?? 'production';
    if (settings.environments.length > 0 && !settings.environments.includes(tier)) return false;
    if (settings.skipDefaultRuleExposures && ['', 'default', 'disabled', 'prestart'].includes(metadata.ruleID))
      return false;
    const { userId, anonymousId } = idsOf(event);
    if (settings.skipAnonymousExposures && userId === undefined) return false;
    const named = event.unitID === undefined ? undefined : unitValue(event, event.unitID);
    const unit = named ?? userId ?? anonymousId;
    assert.ok(unit !== undefined);
    const share = createHash('sha256').update(unit).digest().readUInt32BE(0) / 2 ** 32;
    if (share >= settings.exposureSampleRate) return false;
    if (settings.exposureWindowMs === 0) return true;
    const unitName = named !== undefined ? event.unitID : userId !== undefined ? 'the userId' : 'the anonymousId';
    const { config, ruleID, parameterName } = metadata;
    const of = [unitName, unit, eventName, config, parameterName ?? null, tier].join('\n');
    if (last.get(of) === ruleID) return false;
    last.set(of, ruleID);
    return true;
  });
}

/** userIds, and anonymousIds that never come with one. */
function countTracked(sent: readonly Exposure[]): number {
  const tracked = new Set<string>();
  const known = new Set<string | undefined>();
  for (const { userId, anonymousId } of sent.map(idsOf)) {
    if (userId === undefined) continue;
    tracked.add(`user ${userId}`);
    known.add(anonymousId);
  }
  for (const { anonymousId } of sent.map(idsOf)) if (!known.has(anonymousId)) tracked.add(`anonymous ${anonymousId}`);
  return tracked.size;
}

/** An exposure of a user to a group, anew each time. */
function exposure(userID: string, group = 'test', more: object = {}): object {
  return {
    eventName: 'statsig::experiment_exposure',
    user: { userID },
    userID,
    unitID: 'userID',
    timestamp: Date.now(),
    timeUUID: randomUUID(),
    metadata: { config: 'checkout', ruleID: `checkout:${group}`, experimentGroupName: group },
    ...more,
  };
}

/** An app with a workspace `shop` that sends to a stand-in, which answers as `isWell` says. */
async function startShop(context: TestContext, outbound: object = {}) {
  const state = { isWell: true };
  const closers: (() => Promise<void>)[] = [];
  // First of all, so that the app is gone before the stand-in.
  context.after(() => Promise.all(closers.map((close) => close())));
  const segment = await serveSegment(context, () => (state.isWell ? TAKEN : { status: 400, body: 'no' }));
  const directory = outboxDirectory(context);
  const document = {
    id: 'shop',
    outbound: {
      signingSecrets: [SIGNING_SECRET],
      targets: [{ name: TARGET, writeKey: 'write-key-example', host: segment.url }],
      ...outbound,
    },
  };
  const start = async () => {
    const app = await startOutboundApp([document], directory);
    let closing: Promise<void> | undefined;
    const close = () => {
      closing ??= app.close();
      return closing;
    };
    closers.push(close);
    return {
      ...app,
      close,
      /** Posts one webhook and waits until all of it is sent; `accepted/duplicates/filtered`. */
      async see(...events: readonly object[]): Promise<string> {
        const { accepted, duplicates, filtered } = await app.post('shop', JSON.stringify(events));
        await app.drained();
        return [accepted, duplicates, filtered].join('/');
      },
    };
  };
  return {
    state,
    start,
    /** Groups of a user's calls that were taken, in order. */
    groupsOf: (user: string) =>
      takenEvents(segment)
        .filter(({ userId }) => userId === user)
        .map(
          ({ properties }) =>
            (properties as { metadata: { experimentGroupName: string } }).metadata.experimentGroupName,
        ),
    /** userIds of the calls that were taken, in order. */
    users: () => takenEvents(segment).map(({ userId }) => userId),
  };
}

suite('an app', { concurrency: true }, () => {
  test('with each economy, and with all, exactly the exposures reach Segment that the rules leave over', async (context) => {
    const webhooks = toWebhooks(makeExposures(TRAFFIC), 100, TRAFFIC.seed);
    assert.ok(new Set(webhooks).size < webhooks.length, 'some webhooks are sent again');
    const stream = webhooks.flatMap((body): readonly Exposure[] => JSON.parse(body));
    const results = await runEconomy(webhooks, ECONOMY_CASES);
    for (const { id, title, settings } of ECONOMY_CASES) {
      const expected = readRules(stream, settings);
      const { messageIds = [], trackedUsers } = results.get(id) ?? {};
      context.diagnostic(`${title}: ${messageIds.length} calls, ${trackedUsers} tracked users`);
      assert.equal(expected.length < TRAFFIC.exposures, id !== ALL_SENT.id, `${title} saves something`);
      assert.equal(messageIds.length, expected.length, title);
      const expectedIds = expected.map(({ timeUUID }) => `${timeUUID}:${id}:${TARGET}`);
      assert.deepEqual([...messageIds].sort(), expectedIds.sort(), title);
      assert.equal(trackedUsers, countTracked(expected), title);
    }
  });

  test('without a window every exposure is sent, and a repeated webhook adds no call with or without one', async (context) => {
    for (const [exposureWindowMs, again] of [
      [0, '1/0/0'],
      [DAY_MS, '0/0/1'],
    ] as const) {
      const shop = await startShop(context, { exposureWindowMs });
      const app = await shop.start();
      const first = [exposure('ada'), exposure('bob')];
      assert.equal(await app.see(...first), '2/0/0');
      for (let times = 0; times < 3; times++) assert.equal(await app.see(...first), '0/2/0');
      assert.equal(await app.see(exposure('ada')), again);
      assert.equal(await app.see(...first), '0/2/0');
      const expected = exposureWindowMs === 0 ? ['ada', 'bob', 'ada'] : ['ada', 'bob'];
      assert.deepEqual(shop.users(), expected);
    }
  });

  test('a webhook that is sent again after its user changed groups is no change, also where it was filtered', async (context) => {
    const shop = await startShop(context);
    const first = await shop.start();
    const opening = exposure('ada');
    const filtered = [exposure('ada'), exposure('ada')];
    assert.equal(await first.see(opening, ...filtered), '1/0/2');
    assert.equal(await first.see(exposure('ada', 'control')), '1/0/0');
    assert.equal(await first.see(opening, ...filtered), '0/3/0');
    await first.close();
    const second = await shop.start();
    assert.equal(await second.see(...filtered), '0/2/0', 'a restart knows them');
    assert.equal(await second.see(exposure('ada', 'control')), '0/0/1', 'the window stands at the last group');
    assert.deepEqual(shop.groupsOf('ada'), ['test', 'control']);
  });

  test('the windows are still open after a restart', async (context) => {
    const shop = await startShop(context);
    const first = await shop.start();
    const seen = exposure('ada');
    assert.equal(await first.see(seen), '1/0/0');
    await first.close();
    const second = await shop.start();
    assert.equal(await second.see(exposure('ada')), '0/0/1');
    assert.equal(await second.see(seen, exposure('bob'), exposure('ada', 'control')), '2/1/0');
    assert.deepEqual(shop.users(), ['ada', 'bob', 'ada']);
  });

  test('the last word of Segment is the group the user is in: a user who returns to a group is sent again', async (context) => {
    const shop = await startShop(context);
    const first = await shop.start();
    const inOneWebhook = ['test', 'control', 'control', 'test', 'test'].map((group) => exposure('ada', group));
    assert.equal(await first.see(...inOneWebhook), '3/0/2');
    assert.equal(await first.see(exposure('bob', 'test')), '1/0/0');
    assert.equal(await first.see(exposure('bob', 'control')), '1/0/0');
    await first.close();
    const second = await shop.start();
    assert.equal(
      await second.see(exposure('ada', 'test'), exposure('bob', 'control')),
      '0/0/2',
      'what was last is known',
    );
    assert.equal(await second.see(exposure('bob', 'test')), '1/0/0');
    const ways = await Promise.all(
      ['a', 'b', 'c'].map((name) => second.see(exposure(name), exposure(name, 'control'))),
    );
    assert.deepEqual(ways, ['2/0/0', '2/0/0', '2/0/0']);
    assert.deepEqual(shop.groupsOf('ada'), ['test', 'control', 'test']);
    assert.deepEqual(shop.groupsOf('bob'), ['test', 'control', 'test']);
  });

  test('a change that Segment rejects is no last word: what comes next is sent, whatever it is', async (context) => {
    const shop = await startShop(context);
    const app = await shop.start();
    assert.equal(await app.see(exposure('ada', 'test')), '1/0/0');
    shop.state.isWell = false;
    assert.equal(await app.see(exposure('ada', 'control')), '1/0/0');
    shop.state.isWell = true;
    assert.equal(await app.see(exposure('ada', 'control')), '1/0/0');
    assert.equal(await app.see(exposure('ada', 'control'), exposure('ada', 'test')), '1/0/1');
    assert.deepEqual(shop.groupsOf('ada'), ['test', 'control', 'test']);
  });

  test('an exposure that Segment rejects gives its window back, and no other', async (context) => {
    const shop = await startShop(context);
    const app = await shop.start();
    assert.equal(await app.see(exposure('ada')), '1/0/0');
    shop.state.isWell = false;
    const rejected = exposure('bob');
    assert.equal(await app.see(rejected, exposure('bob'), exposure('cyd')), '2/0/1');
    assert.equal(await app.metric('statsig_cdp_dead_letters'), 2);
    shop.state.isWell = true;
    assert.equal(await app.see(exposure('ada'), exposure('bob'), exposure('bob'), exposure('cyd')), '2/0/2');
    assert.equal(await app.see(rejected), '0/1/0', 'the dead letter stands for it');
    assert.deepEqual(shop.users(), ['ada', 'bob', 'cyd']);
  });
});

// By itself: it moves the clock of the process.
test('a window ends a day after the exposure that opened it, however many came in between', async (context) => {
  let later = 0;
  const now = Date.now;
  context.mock.method(Date, 'now', () => now() + later);
  const shop = await startShop(context);
  const app = await shop.start();
  assert.equal(await app.see(exposure('ada'), exposure('bob')), '2/0/0');
  later = DAY_MS / 2;
  assert.equal(await app.see(exposure('ada')), '0/0/1');
  later = DAY_MS - MINUTE_MS;
  assert.equal(await app.see(exposure('ada'), exposure('bob', 'control')), '1/0/1');
  later = DAY_MS + MINUTE_MS;
  assert.equal(await app.see(exposure('ada'), exposure('bob', 'control'), exposure('ada')), '1/0/2');
  assert.deepEqual(shop.users(), ['ada', 'bob', 'bob', 'ada']);
});
