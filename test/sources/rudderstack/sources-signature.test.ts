// How webhooks of RudderStack's sources prove that they come from Statsig, and Statsig that a URL is the customer's.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  customEvent,
  messageIds,
  serveSources,
  signed,
  toSource,
  webhook,
  webhookV1,
} from '../../../testkit/sources.js';

const V2 = '/v2/sources/statsig';
const SECRET = 'webhook-example';
const DOCUMENT = {
  id: 'acme',
  rudderstack: { sourceIds: ['src-1'] },
  outbound: { signingSecrets: ['webhook-older', SECRET], signatureToleranceMs: 300_000 },
};
const BODY = JSON.stringify([customEvent('t-1', { value: 'naïve ☃ 😀' })]);

describe('the signature of a webhook', () => {
  it('is checked over the bytes that the gateway received', async (context) => {
    const server = await serveSources(context, { documents: [DOCUMENT] });
    const headers = signed(BODY, SECRET, server.clock.now);
    const spaced = BODY.replace('[', '[ ');
    const [right, respaced] = await server.answers(V2, [webhook(BODY, { headers }), webhook(spaced, { headers })]);
    assert.deepEqual(messageIds(right), ['t-1:acme:rudderstack-src-1']);
    assert.equal(respaced?.statusCode, 401);
    assert.match(respaced?.error ?? '', /^WEBHOOK_SIGNATURE_INVALID/);
  });

  it('is found by header names of any case', async (context) => {
    const server = await serveSources(context, { documents: [DOCUMENT] });
    const headers = Object.fromEntries(
      Object.entries(signed(BODY, 'webhook-older', server.clock.now)).map(([name, values]) => [
        name.toUpperCase(),
        values,
      ]),
    );
    const [answer] = await server.answers(V2, [webhook(BODY, { headers })]);
    assert.deepEqual(messageIds(answer), ['t-1:acme:rudderstack-src-1']);
  });

  it('must be there', async (context) => {
    const server = await serveSources(context, { documents: [DOCUMENT] });
    const { 'X-Statsig-Signature': signature = [], ...rest } = signed(BODY, SECRET, server.clock.now);
    const twice = { ...rest, 'X-Statsig-Signature': [...signature, ...signature] };
    const answers = await server.answers(V2, [
      webhook(BODY),
      webhook(BODY, { headers: rest }),
      webhook(BODY, { headers: twice }),
      webhook(BODY, { headers: signed(BODY, 'webhook-wrong', server.clock.now) }),
      { ...webhook(BODY), request: { body: BODY } },
    ]);
    for (const { statusCode, error } of answers) {
      assert.equal(statusCode, 401);
      assert.match(error ?? '', /^WEBHOOK_SIGNATURE_INVALID/);
    }
    assert.deepEqual(server.results, []);
  });

  for (const [name, value] of Object.entries({
    'an object': { toString: 1 },
    'a list of objects': [{ toString: 1 }],
    'a list in a list': [[['v0=00']]],
    nothing: null,
  })) {
    it(`is missing where its header is ${name}`, async (context) => {
      const server = await serveSources(context, { documents: [DOCUMENT] });
      const headers = { ...signed(BODY, SECRET, server.clock.now), 'X-Statsig-Signature': value };
      const [answer] = await server.answers(V2, [{ ...webhook(BODY), request: { body: BODY, headers } }]);
      assert.equal(answer?.statusCode, 401);
      assert.match(answer?.error ?? '', /^WEBHOOK_SIGNATURE_INVALID/);
    });
  }

  it('cannot come with source transform v1', async (context) => {
    const server = await serveSources(context, { documents: [DOCUMENT] });
    const [answer] = await server.answers('/v1/sources/statsig', [webhookV1(JSON.parse(BODY))]);
    assert.equal(answer?.statusCode, 401);
    assert.match(answer?.error ?? '', /source transform v1 carries no signature/);
  });

  it('is of a time near ours', async (context) => {
    const server = await serveSources(context, { documents: [DOCUMENT] });
    const at = (offset: number) => webhook(BODY, { headers: signed(BODY, SECRET, server.clock.now + offset) });
    const answers = await server.answers(V2, [at(-300_000), at(-300_001), at(300_001)]);
    assert.deepEqual(
      answers.map(({ statusCode, error }) => [statusCode, error?.split(':')[0]]),
      [
        [undefined, undefined],
        [401, 'WEBHOOK_TIMESTAMP_REFUSED'],
        [401, 'WEBHOOK_TIMESTAMP_REFUSED'],
      ],
    );
  });

  it('may be of any time where the settings say so', async (context) => {
    const outbound = { ...DOCUMENT.outbound, signatureToleranceMs: 0 };
    const server = await serveSources(context, { documents: [{ ...DOCUMENT, outbound }] });
    const [answer] = await server.answers(V2, [webhook(BODY, { headers: signed(BODY, SECRET, 1) })]);
    assert.equal(messageIds(answer).length, 1);
  });

  it('is not asked for where the settings have no signing secrets', async (context) => {
    const { id, rudderstack } = DOCUMENT;
    const server = await serveSources(context, { documents: [{ id, rudderstack }] });
    const [answer] = await server.answers(V2, [webhook(BODY, { headers: signed(BODY, 'webhook-wrong', 1) })]);
    assert.equal(messageIds(answer).length, 1);
  });
});

describe('the handshake', () => {
  const handshake = { data: { event: 'url_verification', verification_code: 'code-1' } };
  const expected = {
    outputToSource: {
      body: Buffer.from('{"verification_code":"code-1"}').toString('base64'),
      contentType: 'application/json',
    },
    statusCode: 200,
  };

  it('gives the code back without a signature, in v1 and v2', async (context) => {
    const server = await serveSources(context, { documents: [DOCUMENT] });
    const v2 = await server.answers(V2, [webhook(BODY), webhook(handshake)]);
    const v1 = await server.answers('/v1/sources/statsig', [webhookV1(handshake)]);
    assert.equal(v2[0]?.statusCode, 401);
    assert.deepEqual([v2[1], v1[0]], [expected, expected]);
    assert.equal(toSource(v2[1]), '{"verification_code":"code-1"}');
  });

  it('is refused when its code is too long', async (context) => {
    const server = await serveSources(context, { documents: [DOCUMENT] });
    const code = 'x'.repeat(257);
    const [answer] = await server.answers(V2, [webhook({ data: { ...handshake.data, verification_code: code } })]);
    assert.equal(answer?.statusCode, 400);
    assert.ok(!JSON.stringify(answer).includes(code));
  });
});
