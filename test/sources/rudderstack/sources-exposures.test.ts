// Exposures of RudderStack's sources are sent once per window, and repeated webhooks again.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createExposureWindow } from '../../../src/sources/rudderstack/sources/exposure-window.js';
import { customEvent, gateExposure, messageIds, serveSources, source, webhook } from '../../../testkit/sources.js';

const V2 = '/v2/sources/statsig';
const DAY_MS = 86_400_000;

describe('an exposure', () => {
  it('passes once per window, but as often as its webhook is repeated', async (context) => {
    const server = await serveSources(context);
    const first = () => server.answers(V2, [webhook([gateExposure('t-1')])]);
    const other = () => server.answers(V2, [webhook([gateExposure('t-2')])]);
    const ids = async (answers: ReturnType<typeof first>) => messageIds((await answers)[0]);
    assert.deepEqual(await ids(first()), ['t-1:default:rudderstack-src-1']);
    assert.deepEqual(await ids(other()), []);
    assert.deepEqual(await ids(first()), ['t-1:default:rudderstack-src-1']);
    server.clock.now += DAY_MS - 1;
    assert.deepEqual(await ids(other()), []);
    assert.deepEqual(await ids(first()), ['t-1:default:rudderstack-src-1']);
    server.clock.now += 2;
    assert.deepEqual(await ids(other()), ['t-2:default:rudderstack-src-1']);
    assert.deepEqual(await ids(first()), []);
    assert.deepEqual(
      server.results.flatMap(({ results }) =>
        results.map((result) => ('reason' in result ? result.reason : result.kind)),
      ),
      ['accepted', 'exposure_repeated', 'accepted', 'exposure_repeated', 'accepted', 'accepted', 'exposure_repeated'],
    );
  });

  it('is compared with those before it in the request', async (context) => {
    const server = await serveSources(context);
    const [first, second] = await server.answers(V2, [
      webhook([gateExposure('t-1'), gateExposure('t-2'), customEvent('t-3')]),
      webhook([gateExposure('t-4')]),
    ]);
    assert.deepEqual(messageIds(first), ['t-1:default:rudderstack-src-1', 't-3:default:rudderstack-src-1']);
    assert.equal(second?.statusCode, 200);
    assert.deepEqual(messageIds(second), []);
  });

  it('has a window in each source and each workspace', async (context) => {
    const server = await serveSources(context, {
      documents: [{ id: 'acme', rudderstack: { workspaceIds: ['ws-2'] } }],
    });
    const of = (fields: object) => webhook([gateExposure('t-1')], { of: source(fields) });
    const answers = await server.answers(V2, [of({}), of({ ID: 'src-2' }), of({ WorkspaceID: 'ws-2' })]);
    assert.deepEqual(answers.flatMap(messageIds), [
      't-1:default:rudderstack-src-1',
      't-1:default:rudderstack-src-2',
      't-1:acme:rudderstack-src-1',
    ]);
  });

  it('has a window in each format', async (context) => {
    const server = await serveSources(context, {
      documents: [{ id: 'acme', rudderstack: { sourceIds: ['src-1'] }, outbound: { experimentViewed: 'also' } }],
    });
    const experiment = (id: string) =>
      gateExposure(id, {
        eventName: 'statsig::experiment_exposure',
        metadata: { config: 'checkout', ruleID: 'group-1' },
      });
    const [first, second] = await server.answers(V2, [webhook([experiment('t-1')]), webhook([experiment('t-2')])]);
    assert.deepEqual(messageIds(first), ['t-1:acme:rudderstack-src-1', 't-1:acme:rudderstack-src-1:experiment-viewed']);
    assert.deepEqual(messageIds(second), []);
  });

  it('passes when it says something else than the last one', async (context) => {
    const server = await serveSources(context);
    const of = (id: string, gateValue: string) =>
      gateExposure(id, { metadata: { gate: 'checkout', ruleID: 'rule-1', gateValue } });
    const [first] = await server.answers(V2, [
      webhook([of('t-1', 'true'), of('t-2', 'false'), of('t-3', 'false'), of('t-4', 'true')]),
    ]);
    const [second] = await server.answers(V2, [webhook([of('t-5', 'true'), of('t-6', 'false')])]);
    const ids = [first, second].flatMap(messageIds).map((id) => String(id).split(':')[0]);
    assert.deepEqual(ids, ['t-1', 't-2', 't-4', 't-6']);
  });

  it('is sent without a window, and opens none, where nothing proves whose it is', async (context) => {
    const server = await serveSources(context);
    const from = (id: string, WriteKey: string) => webhook([gateExposure(id)], { of: source({ WriteKey }) });
    const strangers = ['t-1', 't-2'].map((id) => from(id, ''));
    const forged = from('t-3', 'guessed');
    const answers = await server.answers(V2, [...strangers, forged, from('t-4', 'wk-1'), from('t-5', 'wk-1')]);
    const ids = answers.map((answer) => messageIds(answer).map((id) => String(id).split(':')[0]));
    assert.deepEqual(ids, [['t-1'], ['t-2'], ['t-3'], ['t-4'], []]);
  });

  it('passes every time where the window is 0', async (context) => {
    const server = await serveSources(context, {
      documents: [{ id: 'acme', rudderstack: { sourceIds: ['src-1'] }, outbound: { exposureWindowMs: 0 } }],
    });
    const [answer] = await server.answers(V2, [webhook([gateExposure('t-1'), gateExposure('t-2')])]);
    assert.equal(messageIds(answer).length, 2);
  });
});

/** An exposure of a workspace, as its window sees it. */
function seen(key: string, index: number, value = 'red', share = 'acme') {
  return { share, key, value, eventId: `event ${index}`, windowMs: 1000 };
}

it('of more exposures than can be remembered the oldest are forgotten', () => {
  const window = createExposureWindow(() => 1, 2);
  assert.deepEqual(
    ['a', 'b', 'a', 'c', 'b', 'a'].map((key, index) => window.admits(seen(key, index))),
    [true, true, false, true, false, true],
  );
});

it('of more exposures than can be remembered the workspace with the most forgets its own', () => {
  const window = createExposureWindow(() => 1, 10);
  assert.ok(window.admits(seen('a', 0, 'red', 'quiet')));
  for (let index = 1; index < 1_000; index++) assert.ok(window.admits(seen(`loud ${index}`, index, 'red', 'loud')));
  assert.equal(window.admits(seen('a', 1_001, 'red', 'quiet')), false);
});

it('windows that are over take no room', () => {
  let now = 0;
  const window = createExposureWindow(() => now, 10);
  for (let index = 0; index < 10; index++) assert.ok(window.admits(seen(`old ${index}`, index)));
  now = 1_000;
  for (let index = 10; index < 20; index++) assert.ok(window.admits(seen(`new ${index}`, index)));
  for (let index = 10; index < 20; index++) assert.equal(window.admits(seen(`new ${index}`, index + 100)), false);
});
