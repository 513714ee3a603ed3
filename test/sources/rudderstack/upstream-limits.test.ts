// A limit does not hand what is ours to the stock transformer, which knows no settings; what is another's it does not keep from it.

import assert from 'node:assert/strict';
import { buffer } from 'node:stream/consumers';
import { describe, it, type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { BytesInFlight } from '../../../src/http/in-flight.js';
import { fieldsOf } from '../../../src/http/json-fields.js';
import { serveDeleteUsers } from '../../../testkit/delete-users.js';
import { element } from '../../../testkit/rudderstack.js';
import { serveSources } from '../../../testkit/sources.js';
import { serveUpstream } from '../../../testkit/upstream.js';

/** Bytes of heap for all parsed values. */
const HEAP = 2_000_000;

const listOf = (count: number) => `[${Array(count).fill('{"a":0}')}]`;

/** Values that fit alone, but not beside others. */
const many = listOf(1_500);

/** Values that never fit. */
const tooMany = listOf(15_000);

/** Levels that a body over 1 MB may not have. */
const tooDeep = `["${'x'.repeat(1_000_000)}",${'['.repeat(10_001)}${']'.repeat(10_001)}]`;

interface Form {
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** @param type STATSIG, or that of another destination */
  readonly bodyOf: (type: string, values: string) => string;
}

const COMPACTED = { 'x-content-format': 'json+compactedv1' };

const elementWith = (values: string) =>
  JSON.stringify(element(1, { message: { more: 0 } })).replace('"more":0', `"more":${values}`);

const FORMS: Readonly<Record<string, Form>> = {
  'as rudder-server writes it': {
    path: '/routerTransform',
    bodyOf: (type, values) => `{"input":[${elementWith(values)}],"destType":"${type}"}`,
  },
  'with the type in front': {
    path: '/routerTransform',
    bodyOf: (type, values) => ` { "destType" : "${type}" , "input":[${elementWith(values)}]}`,
  },
  'with the type in the midst and its name escaped': {
    path: '/batch',
    bodyOf: (type, values) => `{"a":{"destType":"x"},"dest\\u0054ype":"${type}","input":[${elementWith(values)}]}`,
  },
  compacted: {
    path: '/routerTransform',
    headers: COMPACTED,
    bodyOf: (type, values) =>
      `{"input":[${elementWith('0')}],"destType":"${type}","destinations":{"d":${values}},"connections":{}}`,
  },
  'jobs of deletion': {
    path: '/deleteUsers',
    bodyOf: (type, values) => `[{"jobId":"1","userAttributes":${values},"destType":"${type}"}]`,
  },
};

/** A transformer behind the routes that counts what it gets, and a way to ask them. */
async function serveAll(context: TestContext, inFlight: BytesInFlight) {
  const received: Buffer[] = [];
  const upstream = await serveUpstream(context, async (incoming, response) => {
    received.push(await buffer(incoming));
    response.writeHead(207).end();
  });
  const { url } = await serveDeleteUsers(context, { upstreamUrl: upstream.url, inFlight });
  const ofSources = await serveSources(context, {
    documents: [{ id: 'acme', rudderstack: { sourceIds: ['statsig'] } }],
    upstreamUrl: upstream.url,
    inFlight,
  });
  async function ask({ path, headers = {} }: Form, body: string | Buffer, more: Readonly<Record<string, string>> = {}) {
    const base = path.includes('/sources/') ? ofSources.url : url;
    const response = await fetch(base + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers, ...more },
      body,
    });
    const answer = await response.text();
    const shouldRetry = response.headers.get('x-rudder-should-retry');
    return { status: response.status, code: /[A-Z]{2,}(?:_[A-Z]+)*/.exec(answer)?.[0], shouldRetry };
  }
  return { received, ask };
}

const SOURCE_FORM: Form = {
  path: '/v2/sources/webhook',
  bodyOf: (type, values) => `[{"request":{"body":"{}"},"more":${values},"source":{"ID":"${type}"}}]`,
};

const PASSED = { status: 207, code: undefined, shouldRetry: null };

for (const [name, form] of Object.entries({ ...FORMS, 'webhooks of a source': SOURCE_FORM }))
  describe(name, () => {
    for (const [limit, values, expected] of [
      ['too many values', tooMany, { status: 413, code: 'BODY_TOO_MANY_VALUES' }],
      ['nesting too deep', tooDeep, { status: 400, code: 'BODY_TOO_DEEP' }],
    ] as const)
      it(`${limit}: ours gets the answer of the limit, and of others each byte is passed on`, async (context) => {
        const heap = limit === 'nesting too deep' ? 1_000_000_000 : HEAP;
        const { received, ask } = await serveAll(context, new BytesInFlight(100_000_000, heap));
        const { status, code } = await ask(form, form.bodyOf('statsig', values));
        assert.deepEqual({ status, code }, expected);
        assert.equal(received.length, 0);
        const others = form.bodyOf('hs', values);
        assert.deepEqual(await ask(form, others), PASSED);
        assert.deepEqual(received, [Buffer.from(others)]);
      });

    it('while others have the memory: ours is told to retry, and of others each byte is passed on', async (context) => {
      const inFlight = new BytesInFlight(100_000_000, HEAP);
      const { received, ask } = await serveAll(context, inFlight);
      const { heap } = inFlight.admit(0);
      heap.take(HEAP - 10_000);
      const ours = form.bodyOf('statsig', many);
      const answers = await Promise.all(Array.from({ length: 5 }, () => ask(form, ours)));
      for (const answer of answers) assert.deepEqual(answer, { status: 503, code: 'OVERLOADED', shouldRetry: 'true' });
      assert.equal(received.length, 0);
      const others = gzipSync(form.bodyOf('hs', many));
      assert.deepEqual(await ask(form, others, { 'content-encoding': 'gzip' }), PASSED);
      assert.deepEqual(received, [others]);
      heap.giveBack(heap.taken);
      await ask(form, ours);
      assert.equal(received.length, 1, 'with room again it is ours');
    });
  });

test('what becomes too large unpacked is refused as what comes too large: no one can tell whose it is', async (context) => {
  const { received, ask } = await serveAll(context, new BytesInFlight(100_000_000));
  const form = FORMS['as rudder-server writes it'] as Form;
  const bomb = gzipSync(form.bodyOf('statsig', `"${'x'.repeat(3_000_000)}"`));
  const { status, code } = await ask(form, bomb, { 'content-encoding': 'gzip' });
  assert.deepEqual({ status, code }, { status: 413, code: 'BODY_TOO_LARGE' });
  assert.equal(received.length, 0);
});

test('fields are found at their level alone, in any writing', () => {
  for (const [text, level, found] of [
    ['{"t":"a"}', 1, ['"a"']],
    ['\ufeff {"x" : {"t":1}, "t" : [1,{"t":2}] ,"t":null}', 1, ['[1,{"t":2}]', 'null']],
    ['{"x":"\\",\\"t\\":1","\\u0074":2}', 1, ['2']],
    ['{"x":"t","y":["t"]}', 1, []],
    ['[{"t":1},{"y":{"t":2}},{"t":3}]', 2, ['1', '3']],
    ['"t":1', 1, []],
    ['{"t', 1, []],
    ['{"t":', 1, ['']],
  ] as const)
    assert.deepEqual([...fieldsOf(Buffer.from(text), 't', level)].map(String), found, text);
});
