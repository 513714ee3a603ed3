// Exposures of RudderStack's sources are sent once per window, and repeated webhooks again.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createExposureWindow } from '../src/protocols/rudderstack/sources/exposure-window.js';
import { customEvent, gateExposure, messageIds, serveSources, source, webhook } from './support/sources.js';

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

  it('passes every time where the window is 0', async (context) => {
    const server = await serveSources(context, {
      documents: [{ id: 'acme', rudderstack: { sourceIds: ['src-1'] }, outbound: { exposureWindowMs: 0 } }],
    });
    const [answer] = await server.answers(V2, [webhook([gateExposure('t-1'), gateExposure('t-2')])]);
    assert.equal(messageIds(answer).length, 2);
  });
});

it('of more exposures than can be remembered the oldest are forgotten', () => {
  const window = createExposureWindow(() => 1, 2);
  assert.deepEqual(
    ['a', 'b', 'a', 'c', 'b'].map((key, index) => window.admits(key, `event ${index}`, 1000)),
    [true, true, false, true, true],
  );
});
