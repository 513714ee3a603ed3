// Webhooks of RudderStack's general webhook sources: ours are converted here, all others are the upstream's.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { describe, it, type TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { digest, send, serve } from '../../../testkit/loopback.js';
import {
  customEvent,
  messageIds,
  type SourceAnswer,
  serveSources,
  source,
  webhook,
  webhookV1,
} from '../../../testkit/sources.js';
import { serveUpstream } from '../../../testkit/upstream.js';
import { WHERE_NESTING_ENDS } from '../../../testkit/written.js';

const V2 = '/v2/sources/webhook';
const DOCUMENTS = [{ id: 'acme', rudderstack: { sourceIds: ['src-ours'], sourceWriteKeys: ['key-ours'] } }];

/** An element of ours, by id or write key. */
const ours = (id: string) =>
  webhook([customEvent(id)], {
    of: id.length % 2 === 0 ? source({ ID: 'src-ours' }) : source({ WriteKey: 'key-ours' }),
  });

/** An element of somebody else. */
const theirs = (id: string) => webhook({ id }, { of: source({ ID: 'src-theirs' }) });

/** What the stand-in upstream answers to one element. */
const theirAnswer = (element: unknown) => ({ output: { batch: [{ anonymousId: 'a', properties: element }] } });

interface Received {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** An upstream that remembers requests; by default it answers each element. */
async function upstreamThat(
  context: TestContext,
  answer = (response: ServerResponse, body: string) => {
    response.end(JSON.stringify(JSON.parse(body).map(theirAnswer)));
  },
) {
  const received: Received[] = [];
  const upstream = await serveUpstream(context, async (incoming, response) => {
    const body = await text(incoming);
    received.push({ method: incoming.method, url: incoming.url, headers: incoming.headers, body });
    answer(response, body);
  });
  return { ...upstream, received };
}

describe('a batch of which nothing is ours', () => {
  const BODY = Buffer.from(
    `[ ${JSON.stringify(theirs('a'))},\n{"source": {"ID": 1e1}, "request": 12345678901234567890} ]`,
  );
  const ODD = Buffer.from('{"not": a list');
  const cases = {
    'no document names a source': { documents: [{ id: 'acme' }], body: BODY, encoding: [] },
    'documents name other sources': { documents: DOCUMENTS, body: BODY, encoding: [] },
    'the body is compressed': { documents: DOCUMENTS, body: gzipSync(BODY), encoding: ['Content-Encoding', 'gzip'] },
    'no one can read it': { documents: DOCUMENTS, body: ODD, encoding: [] },
    'it is no list': { documents: DOCUMENTS, body: Buffer.from('{"request":{}}'), encoding: [] },
    'it is an empty list': { documents: DOCUMENTS, body: Buffer.from('[]'), encoding: [] },
  };
  for (const [name, { documents, body, encoding }] of Object.entries(cases)) {
    it(`goes to the upstream byte for byte when ${name}`, async (context) => {
      let arrived: unknown;
      const upstream = await serveUpstream(context, async (incoming, response) => {
        arrived = { ...(await digest(incoming)), url: incoming.url, encoding: incoming.headers['content-encoding'] };
        response.writeHead(201, ['X-Instance-ID', 'worker-1']).end('upstream says');
      });
      const server = await serveSources(context, { documents, upstreamUrl: upstream.url });
      const headers = [
        'Content-Type',
        'application/json; charset=utf-8',
        'Content-Length',
        String(body.length),
        ...encoding,
      ];
      const answer = await send(server.port, 'POST', `${V2}?a=1`, headers, body);
      const expected = await digest(Readable.from([body]));
      assert.deepEqual(arrived, { ...expected, url: `${V2}?a=1`, encoding: encoding[1] });
      assert.equal(answer.statusCode, 201);
      assert.equal(answer.headers['x-instance-id'], 'worker-1');
      assert.equal(answer.headers.apiversion, undefined);
      assert.equal(await text(answer), 'upstream says');
    });
  }

  it('streams to the upstream where no document names a source', { timeout: 20_000 }, async (context) => {
    const upstream = await serveUpstream(context, (incoming, response) => {
      incoming.pipe(response);
    });
    const arrived = once(upstream.server, 'request');
    const server = await serveSources(context, { upstreamUrl: upstream.url });
    const body = Readable.from(
      (async function* () {
        yield '[';
        await arrived;
        yield ']';
      })(),
    );
    const answer = await send(server.port, 'POST', V2, ['Transfer-Encoding', 'chunked'], body);
    assert.equal(await text(answer), '[]');
  });

  for (const documents of [[{ id: 'acme' }], DOCUMENTS]) {
    it(`is no route of ours without an upstream, ${documents === DOCUMENTS ? 'with' : 'without'} claims`, async (context) => {
      const server = await serveSources(context, { documents });
      const response = await server.post(V2, [theirs('a')]);
      assert.equal(response.status, 404);
      assert.equal(JSON.parse(await response.text()).error, 'ROUTE_UNKNOWN');
    });
  }
});

describe('a batch that is partly ours', () => {
  it('is answered in the order of its webhooks, and the upstream gets the rest in one request', async (context) => {
    const upstream = await upstreamThat(context);
    const server = await serveSources(context, { documents: DOCUMENTS, upstreamUrl: `${upstream.url}/base/` });
    const someOfBoth = fc
      .array(fc.boolean(), { minLength: 32, maxLength: 32 })
      .filter((claims) => claims.includes(true) && claims.includes(false));
    let run = 0;
    await fc.assert(
      fc.asyncProperty(someOfBoth, async (claims) => {
        run += 1;
        upstream.received.length = 0;
        const elements = claims.map((claimed, i) => (claimed ? ours(`t-${run}-${i}`) : theirs(`w-${run}-${i}`)));
        const answers = await server.answers(V2, elements);
        assert.equal(answers.length, 32);
        for (const [i, answer] of answers.entries()) {
          if (claims[i]) assert.match(String(messageIds(answer)[0]), new RegExp(`^t-${run}-${i}:acme:`));
          else assert.deepEqual(answer, theirAnswer(elements[i]));
        }
        assert.deepEqual(
          upstream.received.map(({ method, url, headers, body }) => [
            method,
            url,
            headers['content-type'],
            headers.connection,
            JSON.parse(body),
          ]),
          [
            [
              'POST',
              `/base${V2}`,
              'application/json; charset=utf-8',
              'close',
              elements.filter((_, i) => claims[i] === false),
            ],
          ],
        );
      }),
      { numRuns: 30 },
    );
  });

  it('of which all is ours does not trouble the upstream', async (context) => {
    const upstream = await upstreamThat(context);
    const server = await serveSources(context, { documents: DOCUMENTS, upstreamUrl: upstream.url });
    const answers = await server.answers(V2, [ours('t-1'), ours('t-22')]);
    assert.deepEqual(answers.flatMap(messageIds), ['t-1:acme:rudderstack-src-1', 't-22:acme:rudderstack-src-ours']);
    assert.deepEqual(upstream.received, []);
  });

  it(
    'holds webhooks of v1 as they are, but for those nested too deep to be written',
    WHERE_NESTING_ENDS,
    async (context) => {
      const upstream = await upstreamThat(context);
      const server = await serveSources(context, { documents: DOCUMENTS, upstreamUrl: upstream.url });
      const deep = `{"event":${'['.repeat(100_000)}${']'.repeat(100_000)}}`;
      const plain = webhookV1({ any: 'thing' }, source({ ID: 'src-theirs' }));
      const own = webhookV1([customEvent('t-1')], source({ ID: 'src-ours' }));
      const response = await fetch(`${server.url}/v1/sources/webhook`, {
        method: 'POST',
        body: `[${JSON.stringify(plain)},${deep},${JSON.stringify(own)},7]`,
      });
      const answers: readonly SourceAnswer[] = JSON.parse(await response.text());
      assert.deepEqual(JSON.parse(upstream.received[0]?.body ?? ''), [plain, null, 7]);
      assert.deepEqual(answers[0], theirAnswer(plain));
      assert.deepEqual(messageIds(answers[2]), ['t-1:acme:rudderstack-src-ours']);
      assert.equal(answers.length, 4);
    },
  );

  it('without an upstream says for each of the rest that it is not ours', async (context) => {
    const server = await serveSources(context, { documents: DOCUMENTS });
    const answers = await server.answers(V2, [theirs('a'), ours('t-1'), theirs('b')]);
    assert.deepEqual(
      answers.map(({ statusCode }) => statusCode),
      [404, undefined, 404],
    );
    assert.match(answers[2]?.error ?? '', /^ROUTE_UNKNOWN/);
  });
});

describe('an upstream that fails harms only its own webhooks:', () => {
  const good = JSON.stringify(theirAnswer(1));
  const failures: Record<string, { why: RegExp; answer: (response: ServerResponse) => void }> = {
    'no answer': { why: /it did not answer within 300 ms/, answer: () => {} },
    'half an answer': { why: /it did not answer within 300 ms/, answer: (response) => void response.write('[') },
    'a broken connection': { why: /it does not answer/, answer: (response) => void response.destroy() },
    'a status of 500': {
      why: /it answered 500/,
      answer: (response) => void response.writeHead(500).end(`[${good},${good}]`),
    },
    'a redirect': {
      why: /it answered 307/,
      answer: (response) => void response.writeHead(307, { Location: '/elsewhere' }).end(),
    },
    'a string': { why: /not JSON/, answer: (response) => void response.end('<html>') },
    'an object': { why: /not a list/, answer: (response) => void response.end('{}') },
    'too few answers': { why: /1 answers to 2 webhooks/, answer: (response) => void response.end(`[${good}]`) },
  };
  for (const [name, { why, answer }] of Object.entries(failures)) {
    it(name, async (context) => {
      const upstream = await upstreamThat(context, answer);
      const server = await serveSources(context, {
        documents: DOCUMENTS,
        upstreamUrl: upstream.url,
        upstreamTimeoutMs: 300,
      });
      for (let i = 0; i < 2; i++) {
        const [a, own, b] = await server.answers(V2, [theirs('a'), ours('t-1'), theirs('b')]);
        assert.deepEqual(messageIds(own), ['t-1:acme:rudderstack-src-1']);
        for (const each of [a, b]) {
          assert.deepEqual(Object.keys(each ?? {}), ['statusCode', 'error']);
          assert.equal(each?.statusCode, 503);
          assert.match(each?.error ?? '', /^UPSTREAM_UNREACHABLE/);
          assert.match(each?.error ?? '', why);
        }
      }
      assert.equal(server.log.lines.length, 1, 'a row of failures is one line of the log');
    });
  }

  it('a dead one', async (context) => {
    const upstream = await serve(() => {});
    await upstream.close();
    const server = await serveSources(context, { documents: DOCUMENTS, upstreamUrl: upstream.url });
    const [own, a] = await server.answers(V2, [ours('t-1'), theirs('a')]);
    assert.equal(messageIds(own).length, 1);
    assert.equal(a?.statusCode, 503);
  });

  const unreadable = {
    'no object': 7,
    'an output that is no object': { output: 'x' },
    'an error that is no text': { error: {} },
    'a status that is no integer': { statusCode: '400', error: 'x' },
    'a body that is no base64': { outputToSource: { body: 'not base64!', contentType: 'text/plain' } },
  };
  for (const [name, answer] of Object.entries(unreadable)) {
    it(`one answer for which rudder-server would refuse all: ${name}`, async (context) => {
      const fine = { outputToSource: { body: 'T0s=', contentType: 'text/plain' }, statusCode: 200 };
      const upstream = await upstreamThat(context, (response) => void response.end(JSON.stringify([answer, fine])));
      const server = await serveSources(context, { documents: DOCUMENTS, upstreamUrl: upstream.url });
      const [bad, own, good] = await server.answers(V2, [theirs('a'), ours('t-1'), theirs('b')]);
      assert.equal(bad?.statusCode, 503);
      assert.equal(messageIds(own).length, 1);
      assert.deepEqual(good, fine);
    });
  }
});
