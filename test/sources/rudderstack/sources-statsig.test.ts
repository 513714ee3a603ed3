// What the webhooks of RudderStack's Statsig sources are answered.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  customEvent,
  documentStore,
  messageIds,
  serveSources,
  source,
  toSource,
  webhook,
  webhookV1,
} from '../../../testkit/sources.js';
import { WHERE_NESTING_ENDS } from '../../../testkit/written.js';

const V2 = '/v2/sources/statsig';
const NOTHING_TO_SEND = {
  outputToSource: { body: Buffer.from('OK').toString('base64'), contentType: 'text/plain' },
  statusCode: 200,
};

describe('webhooks of a Statsig source', () => {
  it('become track calls for the gateway to store', async (context) => {
    const server = await serveSources(context);
    const events = [customEvent('t-1', { value: '12', metadata: { plan: 'pro' } }), customEvent('t-2')];
    const response = await server.post(V2, [webhook({ data: events })]);
    assert.equal(response.headers.get('apiversion'), '2');
    const [answer, ...rest] = JSON.parse(await response.text());
    assert.deepEqual(rest, []);
    assert.deepEqual(answer.output.batch[0], {
      messageId: 't-1:default:rudderstack-src-1',
      type: 'track',
      event: 'Order Completed',
      userId: 'user-42',
      timestamp: '2026-11-22T00:00:00.000Z',
      context: {
        user: { userID: 'user-42' },
        value: '12',
        metadata: { plan: 'pro' },
        library: { name: 'statsig', version: '1.0' },
        integration: { name: 'statsig', version: '1.0.0' },
      },
      properties: { value: '12', metadata: { plan: 'pro' } },
      integrations: { Statsig: false },
    });
    assert.deepEqual(messageIds(answer), ['t-1:default:rudderstack-src-1', 't-2:default:rudderstack-src-1']);
    assert.deepEqual(server.results, [
      { workspaceId: 'default', results: [{ kind: 'accepted' }, { kind: 'accepted' }] },
    ]);
  });

  for (const type of ['Statsig', 'STATSIG', 'statsig']) {
    it(`are taken as ${type}, in v1 and v2`, async (context) => {
      const server = await serveSources(context);
      const event = [customEvent('t-1')];
      const answers = [
        ...(await server.answers(`/v1/sources/${type}`, [webhookV1(event)])),
        ...(await server.answers(`/v2/sources/${type}`, [webhook(event)])),
      ];
      assert.deepEqual(answers.map(messageIds), [['t-1:default:rudderstack-src-1'], ['t-1:default:rudderstack-src-1']]);
    });
  }

  it('are answered each for itself and in order', async (context) => {
    const server = await serveSources(context);
    const answers = await server.answers(V2, [
      webhook([customEvent('t-1')]),
      webhook('not json'),
      webhook([customEvent('t-2')]),
      7,
      {},
      webhook({}),
      webhook([]),
      webhook([customEvent('t-3')]),
    ]);
    assert.deepEqual(answers.map(messageIds), [
      ['t-1:default:rudderstack-src-1'],
      [],
      ['t-2:default:rudderstack-src-1'],
      [],
      [],
      [],
      [],
      ['t-3:default:rudderstack-src-1'],
    ]);
    assert.deepEqual(
      answers.map(({ statusCode, error }) => [statusCode, error?.split(':')[0]]),
      [
        [undefined, undefined],
        [400, 'BODY_NOT_JSON'],
        [undefined, undefined],
        [400, 'BODY_EMPTY'],
        [400, 'BODY_EMPTY'],
        [400, 'BODY_NOT_STATSIG_EVENTS'],
        [200, undefined],
        [undefined, undefined],
      ],
    );
  });

  it('may have ids with characters that a messageId should not have', async (context) => {
    const server = await serveSources(context);
    const of = source({ ID: `a b:${'x'.repeat(100)}` });
    const [answer] = await server.answers(V2, [webhook([customEvent('t-1')], { of })]);
    assert.deepEqual(messageIds(answer), [`t-1:default:rudderstack-a_b_${'x'.repeat(48)}`]);
  });

  it(
    'hold events that are nested too deep to be written without harm to the others',
    WHERE_NESTING_ENDS,
    async (context) => {
      const server = await serveSources(context);
      const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
      const body = `[${JSON.stringify(customEvent('t-1'))},{"eventName":"Deep","userID":"u","timeUUID":"t-2","value":${deep}}]`;
      const [v2, v1] = [
        await server.answers(V2, [webhook(body)]),
        await fetch(`${server.url}/v1/sources/statsig`, {
          method: 'POST',
          body: `[{"event":${body}},${JSON.stringify(webhookV1([customEvent('t-3')]))}]`,
        }),
      ];
      assert.deepEqual(messageIds(v2[0]), ['t-1:default:rudderstack-src-1']);
      const [tooDeep, fine] = JSON.parse(await v1.text());
      assert.match(tooDeep.error, /^BODY_TOO_DEEP/);
      assert.deepEqual(messageIds(fine), ['t-3:default:rudderstack-src-1']);
    },
  );
});

describe('events of a webhook', () => {
  it('are left out when they are bad, beside good ones', async (context) => {
    const server = await serveSources(context);
    const [answer] = await server.answers(V2, [webhook([7, customEvent('t-1'), { eventName: '' }, null])]);
    assert.deepEqual(messageIds(answer), ['t-1:default:rudderstack-src-1']);
    assert.deepEqual(
      server.results[0]?.results.map((result) => ('code' in result ? result.code : result.kind)),
      ['ELEMENT_NOT_OBJECT', 'accepted', 'STATSIG_EVENT_NAME_MISSING', 'ELEMENT_NOT_OBJECT'],
    );
  });

  it('are refused with the first fault when all are bad', async (context) => {
    const server = await serveSources(context);
    const [answer] = await server.answers(V2, [webhook([{ eventName: '' }, 7])]);
    assert.equal(answer?.statusCode, 400);
    assert.match(answer?.error ?? '', /^STATSIG_EVENT_NAME_MISSING: .*\(eventName\)/);
    assert.deepEqual(Object.keys(answer ?? {}), ['statusCode', 'error']);
  });

  it('get an OK for the sender when none is to be sent', async (context) => {
    const server = await serveSources(context, {
      documents: [{ id: 'acme', rudderstack: { sourceIds: ['src-1'] }, outbound: { excludeEvents: ['Order *'] } }],
    });
    const answers = await server.answers(V2, [
      webhook([customEvent('t-1')]),
      webhook([customEvent('t-2'), { eventName: '' }]),
      webhook([]),
    ]);
    assert.deepEqual(answers, [NOTHING_TO_SEND, NOTHING_TO_SEND, NOTHING_TO_SEND]);
    assert.equal(toSource(answers[0]), 'OK');
    assert.equal(server.results[0]?.workspaceId, 'acme');
  });

  for (const [name, id] of Object.entries({
    'zero width space': '\u200b',
    'next line': '\u0085',
    'soft hyphen': '\u00ad',
  })) {
    it(`do not make the gateway refuse the others by an id that is a ${name}`, async (context) => {
      const server = await serveSources(context);
      const unseen = customEvent('t-1', { userID: id, user: { userID: id } });
      const [answer] = await server.answers(V2, [webhook([unseen, customEvent('t-2')])]);
      assert.deepEqual(messageIds(answer), ['t-2:default:rudderstack-src-1']);
    });
  }
});

describe('the settings of a source', () => {
  const excluding = (id: string, rudderstack?: object) => ({
    id,
    ...(rudderstack && { rudderstack }),
    outbound: { excludeEvents: [`Not ${id}`] },
  });
  const documents = [
    excluding('by-id', { sourceIds: ['src-id'] }),
    excluding('by-key', { sourceWriteKeys: ['key-named'] }),
    excluding('by-workspace', { workspaceIds: ['ws-named'] }),
    excluding('default'),
  ];
  const cases = {
    'by-id': { ID: 'src-id', WriteKey: 'key-named', WorkspaceID: 'ws-named' },
    'by-key': { WriteKey: 'key-named', WorkspaceID: 'ws-named', OriginalID: 'src-id' },
    'by-workspace': { WorkspaceID: 'ws-named' },
  };
  for (const [id, fields] of Object.entries(cases)) {
    it(`are those of the document that names it ${id}`, async (context) => {
      const server = await serveSources(context, { documents });
      const event = customEvent('t-1', { eventName: `Not ${id}` });
      const of = source(fields);
      const [own] = await server.answers(V2, [webhook([event, customEvent('t-2')], { of })]);
      assert.deepEqual(messageIds(own), [`t-2:${id}:rudderstack-${'ID' in fields ? fields.ID : 'src-1'}`]);
    });
  }

  it('are those of the document that names the source it was made from', async (context) => {
    const server = await serveSources(context, { documents });
    const of = source({ OriginalID: 'src-id' });
    const [answer] = await server.answers(V2, [webhook([customEvent('t-1')], { of })]);
    assert.deepEqual(messageIds(answer), ['t-1:by-id:rudderstack-src-1']);
  });

  it('are the built-in ones where no document names it, though one is called default', async (context) => {
    const server = await serveSources(context, { documents: [excluding('default', { sourceIds: ['src-id'] })] });
    const event = customEvent('t-1', { eventName: 'Not default' });
    const [named, unnamed, alike] = await server.answers(V2, [
      webhook([event], { of: source({ ID: 'src-id' }) }),
      webhook([event]),
      { ...webhook([event]), source: 'no source' },
    ]);
    assert.deepEqual(named, NOTHING_TO_SEND);
    assert.deepEqual(messageIds(unnamed), ['t-1:default:rudderstack-src-1']);
    assert.deepEqual(messageIds(alike), ['t-1:default:rudderstack-']);
  });
});

describe('a whole request', () => {
  it('is refused when it is no list', async (context) => {
    const server = await serveSources(context);
    const response = await server.post(V2, webhook([customEvent('t-1')]));
    assert.equal(response.status, 400);
    assert.equal(JSON.parse(await response.text()).error, 'BODY_NOT_A_BATCH');
  });

  for (const path of [V2, '/v2/sources/webhook']) {
    it(`is to be retried when there are no settings yet: ${path}`, async (context) => {
      const store = { ...documentStore([]), loaded: false };
      const server = await serveSources(context, { store });
      const response = await server.post(path, [webhook([customEvent('t-1')])]);
      assert.equal(response.status, 503);
      assert.equal(JSON.parse(await response.text()).error, 'SETTINGS_NOT_LOADED');
    });
  }

  it('of no webhook is answered with no answer', async (context) => {
    const server = await serveSources(context);
    assert.deepEqual(await server.answers(V2, []), []);
  });

  it('of another type of source is not ours', async (context) => {
    const server = await serveSources(context);
    const response = await server.post('/v2/sources/shopify', [webhook([customEvent('t-1')])]);
    assert.equal(response.status, 404);
  });
});
