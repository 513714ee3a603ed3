// What every store of memberships does: the one on disk, which is one process's, and the one in the database, which replicas share.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createMembershipStore, type MembershipStore } from '../../../src/targets/statsig-lists/membership-store.js';
import { createSharedMemberships } from '../../../src/targets/statsig-lists/shared-memberships.js';
import { keepingLog, NOON, storeDirectory } from '../../../testkit/id-list-rig.js';
import { entry, knownOf, VIP } from '../../../testkit/memberships.js';
import { migratedSchema } from '../../../testkit/postgres-replicas.js';

const NEW = { workspaceId: 'acme', listId: 'newcomers' };

/** Where memberships are kept. */
interface Place {
  /** Opens it. One on disk is to be closed before it is opened again. */
  open(maxMemberships?: number): MembershipStore;
}

const MANY = 1_000_000;

const KINDS: Readonly<Record<string, (context: TestContext) => Promise<Place | undefined>>> = {
  async 'on disk'(context) {
    const directory = storeDirectory(context);
    return {
      open(maxMemberships = MANY) {
        const store = createMembershipStore({ directory, maxMemberships, now: () => NOON, log: keepingLog() });
        context.after(() => store.close());
        return store;
      },
    };
  },
  async 'in the database'(context) {
    const schema = await migratedSchema(context);
    return (
      schema && { open: (maxMemberships = MANY) => createSharedMemberships(schema.connect(context), maxMemberships) }
    );
  },
};

for (const [kind, placeOf] of Object.entries(KINDS)) {
  test(`${kind}: what is known of an id is what was remembered last, for each workspace and list, also after a restart`, async (context) => {
    const place = await placeOf(context);
    if (place === undefined) return;
    const store = place.open();
    await store.remember(VIP, 'userID', [
      entry('ada', 1),
      entry('bob', 2, { member: false }),
      entry('eve', 3, { sure: false }),
    ]);
    await store.remember(VIP, 'userID', [entry('ada', 9, { member: false })]);
    await store.remember(NEW, 'userID', [entry('ada', 4)]);
    await store.close();
    const again = place.open();
    assert.equal(await knownOf(again, 'ada'), 'out 9');
    assert.equal(await knownOf(again, 'bob'), 'out 2');
    assert.equal(await knownOf(again, 'eve'), 'in? 3');
    assert.equal(await knownOf(again, 'ada', NEW), 'in 4');
    assert.equal(await knownOf(again, 'ada', { workspaceId: 'other', listId: 'vip' }), 'nothing');
    assert.equal(await knownOf(again, 'mallory'), 'nothing');
  });

  test(`${kind}: times before 1970 and at the end of time are remembered`, async (context) => {
    const place = await placeOf(context);
    if (place === undefined) return;
    const store = place.open();
    const times = [-2_208_988_800_000, 0, 8_640_000_000_000_000];
    await store.remember(
      VIP,
      'userID',
      times.map((time) => ({ id: String(time), time, member: true, sure: true })),
    );
    const known = await store.known(VIP, times.map(String));
    assert.deepEqual(
      known.map((each) => each?.time),
      times,
    );
  });

  test(`${kind}: the lists of an id are those it is on or may be on`, async (context) => {
    const place = await placeOf(context);
    if (place === undefined) return;
    const store = place.open();
    await store.remember(VIP, 'userID', [entry('ada', 1), entry('bob', 1)]);
    await store.remember(NEW, 'companyID', [entry('ada', 1, { sure: false })]);
    await store.remember({ ...VIP, listId: 'left' }, 'userID', [entry('ada', 1, { member: false })]);
    await store.remember({ ...VIP, listId: 'leaving' }, 'userID', [entry('ada', 1, { member: false, sure: false })]);
    await store.remember({ ...VIP, workspaceId: 'other' }, 'userID', [entry('ada', 1)]);
    await store.close();
    const again = place.open();
    const found = await again.listsOf('acme', 'ada');
    assert.deepEqual(
      [...found].sort((one, other) => (one.listId < other.listId ? -1 : 1)),
      [
        { listId: 'leaving', idType: 'userID', time: NOON + 1 },
        { listId: 'newcomers', idType: 'companyID', time: NOON + 1 },
        { listId: 'vip', idType: 'userID', time: NOON + 1 },
      ],
    );
    assert.deepEqual(await again.listsOf('acme', 'mallory'), []);
  });

  test(`${kind}: beyond its bound the store forgets the oldest event times, whatever was remembered last`, async (context) => {
    const place = await placeOf(context);
    if (place === undefined) return;
    const store = place.open(4);
    await store.remember(VIP, 'userID', [entry('a', 10), entry('b', 20), entry('c', 30)]);
    await store.remember(NEW, 'userID', [entry('d', 40), entry('old', 1_000 - NOON)]);
    assert.equal(await knownOf(store, 'old', NEW), 'nothing');
    // Its time is not the oldest any more.
    await store.remember(VIP, 'userID', [entry('a', 50)]);
    await store.close();
    const again = place.open(4);
    await again.remember(VIP, 'userID', [entry('e', 60), entry('f', 70)]);
    assert.deepEqual(await Promise.all(['a', 'b', 'c', 'e', 'f'].map((id) => knownOf(again, id))), [
      'in 50',
      'nothing',
      'nothing',
      'in 60',
      'in 70',
    ]);
    assert.equal(await knownOf(again, 'd', NEW), 'in 40');
  });

  test(`${kind}: members of a list that is gone, or is another one by the same name, are in doubt; their times are kept`, async (context) => {
    const place = await placeOf(context);
    if (place === undefined) return;
    const store = place.open();
    await store.meet(VIP, { idType: 'userID', born: 1_000 });
    await store.remember(VIP, 'userID', [entry('ada', 1)]);
    await store.meet(VIP, { idType: 'userID' });
    await store.meet(VIP, { idType: 'userID', born: 1_000 });
    assert.equal(await knownOf(store, 'ada'), 'in 1');
    await store.meet(VIP, { idType: 'userID', born: 2_000 });
    assert.equal(await knownOf(store, 'ada'), 'in? 1');
    await store.remember(VIP, 'userID', [entry('ada', 2)]);
    assert.equal(await knownOf(store, 'ada'), 'in 2');
    await store.lost(VIP);
    await store.close();
    const again = place.open();
    assert.equal(await knownOf(again, 'ada'), 'in? 2');
  });

  test(`${kind}: the workspace that has the most forgets first, and none pushes out what is remembered of one that has less`, async (context) => {
    const place = await placeOf(context);
    if (place === undefined) return;
    const store = place.open(100);
    const crowd = { workspaceId: 'globex', listId: 'crowd' };
    const some = (count: number, prefix: string, from: number) =>
      Array.from({ length: count }, (_, index) => entry(`${prefix}-${index}`, from + index));
    await store.remember(VIP, 'userID', some(30, 'user', 0));
    await store.remember(crowd, 'userID', some(90, 'user', 100));
    const count = async (list: typeof VIP, of: number) =>
      (
        await store.known(
          list,
          some(of, 'user', 0).map(({ id }) => id),
        )
      ).filter((each) => each !== undefined).length;
    assert.deepEqual([await count(VIP, 30), await count(crowd, 90)], [30, 70]);
    assert.equal(await knownOf(store, 'user-19', crowd), 'nothing', 'the oldest went');
    await store.remember({ workspaceId: 'initech', listId: 'new' }, 'userID', some(45, 'user', 0));
    assert.equal(await count(VIP, 30), 30);
    const left = await count(crowd, 90);
    assert.ok(left >= 25 && left <= 40, `${left} of the crowd are left`);
  });
}
