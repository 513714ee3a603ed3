// What must hold for any audience jobs at all: the requests, sent in order, leave each list as the jobs, applied in order, would.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ResponseWriter } from '../../../src/http/response-writer.js';
import { staticStore } from '../../../src/settings/store.js';
import { createDestinationResolver } from '../../../src/sources/rudderstack/resolve-destination.js';
import { writeRouterEntries } from '../../../src/sources/rudderstack/router-transform.js';
import { EventTally } from '../../../src/sources/rudderstack/tally.js';
import { ElementTransformer, ROUTER } from '../../../src/sources/rudderstack/transform-element.js';
import { propertyRuns } from '../../../testkit/property-runs.js';
import {
  audienceListJob,
  inSendingOrder,
  jobIdsOf,
  type ListEntry,
  listDestination,
  recordJob,
  requestsOf,
} from '../../../testkit/rudderstack-audience.js';

const RUNS = propertyRuns(60);

/** Few enough to collide, enough to fill several entries. */
const IDS = 2200;
const LISTS = ['shoppers', 'vip'];

/** What a job does to its list, in its own words. */
interface Deed {
  readonly list: string;
  readonly add: readonly string[];
  readonly remove: readonly string[];
  readonly form: 'record' | 'audiencelist';
  readonly dontBatch: boolean;
}

const id = fc.oneof(fc.integer({ min: 0, max: 4 }), fc.integer({ min: 0, max: IDS - 1 })).map((n) => `user-${n}`);
/** Ids in a row, which a list of as many arbitrary ones would be slow to make. */
const ids = fc.oneof(
  fc.array(id, { maxLength: 4 }),
  fc
    .tuple(fc.nat({ max: IDS - 1 }), fc.nat({ max: 1500 }))
    .map(([start, count]) => Array.from({ length: count }, (_, i) => `user-${(start + i) % IDS}`)),
);
const common = { list: fc.constantFrom(...LISTS), dontBatch: fc.integer({ min: 0, max: 9 }).map((n) => n === 0) };
const deed: fc.Arbitrary<Deed> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.tuple(fc.record(common), id, fc.boolean()).map(([parts, one, enters]) => ({
      ...parts,
      form: 'record' as const,
      add: enters ? [one] : [],
      remove: enters ? [] : [one],
    })),
  },
  {
    weight: 1,
    arbitrary: fc.record({ ...common, form: fc.constant('audiencelist' as const), add: ids, remove: ids }),
  },
);

function toJob({ list, add, remove, form, dontBatch }: Deed, jobId: number): object {
  const destination = listDestination(list);
  if (form === 'audiencelist') return audienceListJob(jobId, destination, add, remove, { dontBatch });
  const [one = ''] = [...add, ...remove];
  return recordJob(jobId, destination, add.length > 0 ? 'insert' : 'delete', one, { dontBatch });
}

type Lists = ReadonlyMap<string, Set<string>>;

function someLists(members: readonly string[]): Lists {
  return new Map(LISTS.map((list) => [list, new Set(members)]));
}

function applyDeeds(deeds: readonly Deed[], lists: Lists): void {
  for (const { list, add, remove } of deeds) {
    for (const each of add) lists.get(list)?.add(each);
    for (const each of remove) lists.get(list)?.delete(each);
  }
}

function send(entries: readonly ListEntry[], lists: Lists): void {
  for (const { method, endpoint, body } of inSendingOrder(entries).flatMap(requestsOf)) {
    const list = lists.get(/segments\/([^/]+)\/id_list$/.exec(endpoint)?.[1] ?? '');
    assert.ok(list, endpoint);
    assert.ok(method === 'PATCH' || method === 'DELETE');
    for (const each of body.JSON.ids) method === 'PATCH' ? list.add(each) : list.delete(each);
  }
}

async function transform(jobs: readonly object[]): Promise<readonly ListEntry[]> {
  const resolver = createDestinationResolver(staticStore([]), 10);
  const batch = jobs.map((value) => ({ value }));
  const writer = new ResponseWriter();
  await writeRouterEntries(
    batch,
    new ElementTransformer(resolver, ROUTER, Date.now()),
    'router',
    new EventTally(),
    writer,
  );
  return JSON.parse(Buffer.concat(writer.finish()).toString());
}

function assertWellFormed(entry: ListEntry): void {
  const requests = requestsOf(entry);
  if (entry.statusCode !== 200) {
    assert.equal(entry.statusCode, 298);
    assert.equal(requests.length, 0);
    return;
  }
  const all = requests.flatMap(({ body }) => body.JSON.ids);
  assert.equal(new Set(all).size, all.length, 'an id is in two requests of one entry');
  for (const { body } of requests) assert.ok(body.JSON.ids.length >= 1 && body.JSON.ids.length <= 1000);
  const methods = requests.map(({ method }) => method);
  assert.deepEqual(methods, methods.toSorted(), 'DELETE comes before PATCH');
  if (entry.metadata.length > 1) assert.ok(all.length <= 1000, `${all.length} ids of several jobs`);
}

test('the requests leave each list as the jobs in their order would, and each job is in exactly one entry', async () => {
  const jobs = fc.array(deed, { minLength: 1, maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(jobs, fc.array(id, { maxLength: 20 }), fc.integer(), async (deeds, members, seed) => {
      const shuffled = deeds
        .map((each, i) => ({ job: toJob(each, i + 1), rank: Math.sin(seed + i) }))
        .toSorted((a, b) => a.rank - b.rank);
      const entries = await transform(shuffled.map(({ job }) => job));
      assert.deepEqual(
        jobIdsOf(entries).toSorted((a, b) => a - b),
        deeds.map((_, i) => i + 1),
      );
      entries.forEach(assertWellFormed);

      const expected = someLists(members);
      applyDeeds(deeds, expected);
      const actual = someLists(members);
      send(entries, actual);
      assert.deepEqual(actual, expected);
    }),
    { numRuns: RUNS },
  );
});

test('whatever an audience event holds, its job is answered', async () => {
  const message = fc.record(
    {
      type: fc.constantFrom('record', 'audiencelist', 'RECORD'),
      action: fc.oneof(fc.constantFrom('insert', 'delete', '__proto__'), fc.jsonValue()),
      fields: fc.oneof(fc.record({ userId: fc.jsonValue() }), fc.jsonValue()),
      identifiers: fc.oneof(fc.record({ userId: fc.jsonValue() }), fc.jsonValue()),
      properties: fc.oneof(
        fc.record({
          listData: fc.oneof(
            fc.dictionary(fc.constantFrom('add', 'remove', 'update', '__proto__', 'constructor'), fc.jsonValue()),
            fc.record({ add: fc.array(fc.record({ userId: fc.jsonValue() })), remove: fc.jsonValue() }),
            fc.jsonValue(),
          ),
        }),
        fc.jsonValue(),
      ),
    },
    { requiredKeys: ['type'] },
  );
  await fc.assert(
    fc.asyncProperty(message, async (each) => {
      const element = { message: each, metadata: { jobId: 1 }, destination: listDestination('shoppers') };
      const [entry, ...more] = await transform([JSON.parse(JSON.stringify(element))]);
      assert.deepEqual(more, []);
      assert.deepEqual(entry?.metadata, [{ jobId: 1 }]);
      assert.ok([200, 298, 400].includes(entry.statusCode));
    }),
    { numRuns: RUNS * 5 },
  );
});
