// What the tester says of a body is what the server does with it, for the fixtures' events and settings, mixed and changed at random.

import assert from 'node:assert/strict';
import { before, describe, type TestContext, test } from 'node:test';
import fc from 'fast-check';
import type { OutboxEvent } from '../../src/outbox/outbox.js';
import { parseDocuments } from '../../src/settings/document.js';
import { staticStore, type WorkspaceStore } from '../../src/settings/store.js';
import type { ShownRequest } from '../../src/sources/tester/shown-request.js';
import type { TestedSource } from '../../src/sources/tester/source-tester.js';
import { createTester } from '../../src/sources/tester/tester.js';
import type { Tried } from '../../src/sources/tester/tried.js';
import { startFixtureApp } from '../../testkit/fixture-app.js';
import { type EventFixture, readEventFixtures } from '../../testkit/fixtures.js';
import { propertyRuns } from '../../testkit/property-runs.js';
import { signWebhook } from '../../testkit/statsig-webhook.js';

const NOW = 1_767_400_000_000;

/** Of each source; each has one to four events. */
const BODIES = propertyRuns(40);

type Event = Readonly<Record<string, unknown>>;

/** What the server is asked as, by the number of a workspace. */
const headerSecret = (at: number) => `header-${at}`;
const writeKey = (at: number) => `write-${at}`;
const signingSecret = (at: number) => `signing-${at}`;
const destinationId = (at: number) => `destination-${at}`;

const INBOUND = ['inbound', 'audiences'].flatMap(readEventFixtures);
const OUTBOUND = readEventFixtures('outbound');

function differentSettings(fixtures: readonly EventFixture[]): readonly Event[] {
  // A dry run or not is no part of the settings that are mixed: each workspace has a key.
  const texts = fixtures.map(({ settings }) => JSON.stringify(settings));
  return [...new Set(texts)].map((text) => JSON.parse(text));
}

const INBOUND_DOCUMENTS = differentSettings(INBOUND)
  .filter(({ mode }) => mode !== 'webhook')
  .map((settings, at) => ({
    ...settings,
    id: `in-${at}`,
    ...(at % 3 !== 0 && { secretKey: 'secret-example', consoleKey: 'console-example' }),
    segment: { headerSecrets: [headerSecret(at)] },
    trackingApi: { writeKeys: [writeKey(at)], ...(at % 2 === 0 && { requiredConsent: ['Advertising'] }) },
    rudderstack: { destinationIds: [destinationId(at)] },
  }));

const OUTBOUND_DOCUMENTS = differentSettings(OUTBOUND).map(({ outbound, ...others }, at) => ({
  id: `out-${at}`,
  ...others,
  // What was sent before is no part of it.
  outbound: { ...(outbound as object), exposureWindowMs: 0, signingSecrets: [signingSecret(at)] },
}));

const DOCUMENTS = [...INBOUND_DOCUMENTS, ...OUTBOUND_DOCUMENTS];

let store: WorkspaceStore;
before(() => {
  const { documents, faults } = parseDocuments(JSON.stringify({ workspaces: DOCUMENTS }), 'settings.json');
  assert.deepEqual(faults, []);
  store = staticStore(documents);
});

async function startApp(context: TestContext) {
  return startFixtureApp(context, { documents: DOCUMENTS }, { now: NOW });
}

function tryBody(source: TestedSource, body: unknown, workspaceId?: string): readonly Tried[] {
  return [...createTester({ source, store, workspaceId, now: () => NOW, note: () => {} }).tryBody(body)];
}

const ODD: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom(null, '', ' ', 0, true, [], {}, 'x'.repeat(1_100), '1e999'),
  fc.jsonValue({ maxDepth: 2 }),
);

/** What is put into an event, or taken out of it where it is `undefined`. */
const CHANGE: fc.Arbitrary<readonly [string, unknown]> = fc.oneof(
  fc.tuple(
    fc.constant('type'),
    fc.constantFrom('track', 'Page', 'screen', 'group', 'identify', 'alias', 'delete', '', 7),
  ),
  fc.tuple(
    fc.constant('integrations'),
    fc.constantFrom({ Statsig: false }, { All: false }, { All: false, Statsig: {} }, 'no'),
  ),
  fc.tuple(
    fc.constant('context'),
    fc.constantFrom(
      { consent: { categoryPreferences: { Advertising: true } } },
      { consent: { categoryPreferences: { Advertising: false } } },
      { library: { name: 'statsig' } },
      { library: { name: 'analytics.js' } },
      { personas: { computation_class: 'audience', computation_key: 'high_value' } },
    ),
  ),
  fc.tuple(
    fc.constantFrom('timestamp', 'originalTimestamp', 'sentAt'),
    fc.constantFrom('yesterday', '2026-01-02T03:04:05Z', 1),
  ),
  fc.tuple(
    fc.constantFrom('event', 'name', 'userId', 'properties', 'traits', 'eventName', 'user', 'metadata', 'value'),
    ODD,
  ),
  fc.tuple(
    fc.constantFrom('event', 'userId', 'timestamp', 'properties', 'context', 'type', 'user', 'eventName'),
    fc.constant(undefined),
  ),
);

let events = 0;

/** One that no other has the id of. */
function eventOf(fixtures: readonly EventFixture[], idField: 'messageId' | 'timeUUID'): fc.Arbitrary<unknown> {
  const changed = fc
    .tuple(fc.constantFrom(...fixtures), fc.array(CHANGE, { maxLength: 2 }))
    .map(([fixture, changes]) => {
      events += 1;
      return JSON.parse(
        JSON.stringify({ ...fixture.event, ...Object.fromEntries(changes), [idField]: `id-${events}` }),
      );
    });
  return fc.oneof({ weight: 20, arbitrary: changed }, { weight: 1, arbitrary: fc.constantFrom(null, 7, 'text', []) });
}

function bodies(fixtures: readonly EventFixture[], workspaces: number, idField: 'messageId' | 'timeUUID') {
  return fc.record({
    at: fc.nat({ max: workspaces - 1 }),
    events: fc.array(eventOf(fixtures, idField), { minLength: 1, maxLength: 4 }),
    isSingle: fc.boolean(),
  });
}

const count = (tried: readonly Tried[], result: Tried['result']) =>
  tried.filter((each) => each.result === result).length;

/** As a list of results tells them. */
function rejectionsOf(tried: readonly Tried[]): readonly object[] {
  return tried.flatMap((each, index) =>
    each.result === 'invalid' ? [{ index, code: each.code, message: each.message }] : [],
  );
}

async function requestsOf(tried: readonly Tried[]): Promise<readonly ShownRequest[]> {
  const shown = await Promise.all(tried.map((each) => (each.result === 'converted' ? each.requests() : [])));
  return shown.flat();
}

/** What a request says of what was stored, in the words of the payload. */
function storedBy({ method, url, body }: ShownRequest): object {
  const {
    events = [],
    ids,
    delimiter = ',',
  } = body as {
    readonly events?: readonly object[];
    readonly ids?: string | readonly string[];
    readonly delimiter?: string;
  };
  if (url.endsWith('/log_event')) return events[0] ?? assert.fail();
  const [id] = [ids ?? assert.fail()].flatMap((each) => (typeof each === 'string' ? each.split(delimiter) : each));
  if (url.endsWith('/delete_user_data')) return { userId: id };
  return { id, listId: /segments\/([^/]+)\/id_list$/.exec(url)?.[1], member: method === 'PATCH' };
}

function storedAs({ target, payload }: OutboxEvent): object {
  const { idType: _, time, ...change } = JSON.parse(payload);
  return target.includes('-list-') ? change : JSON.parse(payload);
}

async function assertStored(tried: readonly Tried[], stored: readonly OutboxEvent[]): Promise<void> {
  assert.deepEqual(stored.map(storedAs), (await requestsOf(tried)).map(storedBy));
}

describe('the tester and the server agree', () => {
  test('on bodies of Segment', async (context) => {
    const { ask, outbox } = await startApp(context);
    await fc.assert(
      fc.asyncProperty(bodies(INBOUND, INBOUND_DOCUMENTS.length, 'messageId'), async ({ at, events, isSingle }) => {
        const body = isSingle ? events[0] : events;
        const before = outbox.appended.length;
        const headers = { authorization: `Bearer ${headerSecret(at)}` };
        const { text } = await ask({ path: `/segment/in-${at}`, headers, body });
        const answer = JSON.parse(text);
        const tried = tryBody('segment', body, `in-${at}`);
        if (answer.error === 'BODY_NOT_SEGMENT_EVENTS') {
          for (const each of tried)
            assert.ok(
              each.result === 'invalid' && /^BODY_NOT_SEGMENT|^EVENT_TYPE_MISSING/.test(each.code),
              each.result,
            );
        } else if (Array.isArray(body)) {
          const { accepted, duplicates, filtered, rejected } = answer;
          const told = { accepted: count(tried, 'converted'), filtered: count(tried, 'filtered') };
          assert.deepEqual({ accepted: accepted + duplicates, filtered }, told, text);
          assert.deepEqual(rejected, rejectionsOf(tried));
        } else {
          const [only] = tried;
          if (only?.result === 'invalid') assert.equal(answer.message, only.message);
          else if (only?.result === 'filtered')
            assert.ok(answer.message.startsWith(`Filtered (${only.reason}): `), text);
          else assert.equal(answer.result, 'accepted');
        }
        await assertStored(tried, outbox.appended.slice(before));
      }),
      { numRuns: BODIES },
    );
  });

  test('on calls of the Tracking API', async (context) => {
    const { ask, outbox } = await startApp(context);
    const shared = fc.record(
      {
        context: fc.constantFrom({ locale: 'de' }, { consent: { categoryPreferences: {} } }),
        integrations: fc.constantFrom({ Statsig: false }, { All: true }),
        sentAt: fc.constantFrom('2026-01-02T03:04:06.000Z', 'never'),
        userId: fc.constant('user-of-all'),
      },
      { requiredKeys: [] },
    );
    await fc.assert(
      fc.asyncProperty(bodies(INBOUND, INBOUND_DOCUMENTS.length, 'messageId'), shared, async ({ at, events }, all) => {
        const body = { writeKey: writeKey(at), batch: events, ...all };
        const before = outbox.appended.length;
        // Behind a proxy the address of the sender is not known, as it is not to the tester.
        const { text } = await ask({ path: '/v1/batch', headers: { 'x-forwarded-for': '192.0.2.1' }, body });
        const { accepted, filtered, rejected } = JSON.parse(text);
        const tried = tryBody('tracking-api', body);
        const told = { accepted: count(tried, 'converted'), filtered: count(tried, 'filtered') };
        assert.deepEqual({ accepted, filtered }, told, text);
        assert.deepEqual(rejected, rejectionsOf(tried));
        await assertStored(tried, outbox.appended.slice(before));
      }),
      { numRuns: BODIES },
    );
  });

  test('on bodies of rudder-server', async (context) => {
    const { ask } = await startApp(context);
    const config = fc.constantFrom(
      { secretKey: 'secret-example' },
      {},
      { secretKey: 'env:KEY' },
      { eventNamePrefix: 'x:' },
    );
    const route = fc.constantFrom('processor', 'router');
    await fc.assert(
      fc.asyncProperty(
        bodies(INBOUND, INBOUND_DOCUMENTS.length, 'messageId'),
        config,
        route,
        async (batch, Config, route) => {
          // One more than there are workspaces: no document claims it.
          const ID = destinationId(batch.isSingle ? batch.at : batch.at + 1);
          const destination = { ID, WorkspaceID: 'none', Config, hasDynamicConfig: false };
          const elements = batch.events.map((message, index) => ({
            message,
            metadata: { jobId: index + 1 },
            destination,
          }));
          const isRouter = route === 'router';
          const body = isRouter ? { input: elements, destType: 'statsig' } : elements;
          const { text } = await ask({ path: isRouter ? '/routerTransform' : '/v0/destinations/statsig', body });
          const tried = tryBody('rudderstack', body);
          const answers = isRouter ? JSON.parse(text).output : JSON.parse(text);
          const words = new Map<unknown, string>();
          for (const { metadata, statusCode, error = '' } of answers)
            for (const { jobId } of [metadata].flat()) words.set(jobId, `${statusCode} ${error}`);
          const told = tried.map((each, index): [number, string] => {
            if (each.result === 'converted') return [index + 1, '200 '];
            if (each.result === 'filtered') return [index + 1, `298 filtered (${each.reason}): ${each.detail}`];
            return [index + 1, `400 ${each.message}`];
          });
          assert.deepEqual([...words].sort(), told.sort(), text);
          const requests = await requestsOf(tried);
          if (!isRouter) {
            const sent = answers.flatMap(
              ({ output }: { output?: { endpoint: string; body: { JSON: object } } }) => output ?? [],
            );
            assert.deepEqual(
              requests.map(({ url, body }) => ({ url, body })),
              sent.map(({ endpoint, body }: { endpoint: string; body: { JSON: object } }) => ({
                url: endpoint,
                body: body.JSON,
              })),
            );
          }
        },
      ),
      { numRuns: BODIES },
    );
  });

  test('on webhooks of Statsig', async (context) => {
    const { ask, outbox } = await startApp(context);
    await fc.assert(
      fc.asyncProperty(bodies(OUTBOUND, OUTBOUND_DOCUMENTS.length, 'timeUUID'), async ({ at, events, isSingle }) => {
        const body = isSingle ? { data: events } : events;
        const bodyText = JSON.stringify(body);
        const before = outbox.appended.length;
        const headers = signWebhook(bodyText, signingSecret(at), NOW);
        const { text } = await ask({ path: `/statsig/out-${at}`, headers, bodyText });
        const answer = JSON.parse(text);
        if (answer.error === 'BODY_NOT_STATSIG_EVENTS') {
          assert.throws(() => tryBody('statsig', body, `out-${at}`), { code: 'BODY_NOT_STATSIG_EVENTS' });
          return;
        }
        const tried = tryBody('statsig', body, `out-${at}`);
        const { accepted, duplicates, filtered, rejected } = answer;
        const told = { accepted: count(tried, 'converted'), filtered: count(tried, 'filtered') };
        assert.deepEqual({ accepted: accepted + duplicates, filtered }, told, text);
        assert.deepEqual(rejected, rejectionsOf(tried));
        if (duplicates > 0) return;
        const sent = (await requestsOf(tried)).flatMap(
          ({ body }) => (body as { readonly batch: readonly Event[] }).batch,
        );
        assert.deepEqual(
          sent.map(({ _metadata: _, ...call }) => call),
          outbox.appended.slice(before).map(({ payload }) => JSON.parse(payload)),
        );
      }),
      { numRuns: BODIES },
    );
  });
});
