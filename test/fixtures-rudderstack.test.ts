// Runs every fixture of fixtures/rudderstack: one HTTP exchange with the app and the calls it makes to Statsig. Never edited to add a case.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import nock from 'nock';
import request from 'supertest';
import { testApp } from './support/app.js';
import { type FixtureHead, loadFixtures } from './support/fixtures.js';

interface Call {
  readonly url: string;
  /** Headers that must have these values. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: object;
  readonly reply: {
    readonly status?: number;
    readonly headers?: Record<string, string>;
    readonly body?: object | string;
    /** The connection fails with this code instead. */
    readonly error?: string;
    /** Milliseconds before the answer. */
    readonly delay?: number;
  };
}

interface ExchangeFixture extends FixtureHead {
  readonly documents?: readonly object[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly request: {
    readonly method: string;
    readonly path: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: unknown;
    /** A body that is no JSON. */
    readonly bodyText?: string;
    readonly encoding?: 'gzip' | 'deflate' | 'br';
  };
  readonly calls?: readonly Call[];
  readonly expect: {
    readonly status: number;
    /** Headers that must have these values; null: must be absent. */
    readonly headers?: Readonly<Record<string, string | null>>;
    readonly body?: unknown;
    readonly bodyText?: string;
  };
}

const COMPRESS = { gzip: gzipSync, deflate: deflateSync, br: brotliCompressSync };

before(() => {
  nock.disableNetConnect();
  nock.enableNetConnect('127.0.0.1');
});
after(() => nock.restore());

/** superagent would write a Buffer as JSON. */
const asItIs = (body: unknown) => body as string;

/** @param sent gets the body of the call: an assertion in here would be thrown where no test catches it */
function expectCall({ url, headers = {}, reply }: Call, sent: unknown[]): void {
  const { origin, pathname, search } = new URL(url);
  const interceptor = nock(origin, { reqheaders: headers })
    .post(pathname + search, (body) => {
      sent.push(body);
      return true;
    })
    .delay(reply.delay ?? 0);
  if (reply.error === undefined)
    interceptor.reply(reply.status ?? 202, reply.body ?? { success: true }, reply.headers ?? {});
  else interceptor.replyWithError(Object.assign(new Error(reply.error), { code: reply.error }));
}

async function exchange(fixture: ExchangeFixture) {
  const { method, path, headers = {}, body, bodyText, encoding } = fixture.request;
  const app = testApp({ documents: fixture.documents ?? [], environment: fixture.environment ?? {} });
  const call = request(app.handler)
    [method.toLowerCase() as 'post'](path)
    .set({ 'content-type': 'application/json', ...headers });
  const text = bodyText ?? (body === undefined ? undefined : JSON.stringify(body));
  if (text !== undefined && encoding !== undefined)
    call.set('content-encoding', encoding).serialize(asItIs).send(COMPRESS[encoding](text));
  else if (text !== undefined) call.send(text);
  return call;
}

for (const [file, fixture] of loadFixtures<ExchangeFixture>('rudderstack')) {
  test(`${file}: ${fixture.title}`, async () => {
    nock.cleanAll();
    const { calls = [] } = fixture;
    const sent: unknown[] = [];
    for (const call of calls) expectCall(call, sent);
    const response = await exchange(fixture);
    const { status, headers = {}, body, bodyText } = fixture.expect;
    assert.equal(response.status, status, response.text);
    if (body !== undefined) assert.deepEqual(JSON.parse(response.text), body);
    if (bodyText !== undefined) assert.equal(response.text, bodyText);
    for (const [name, value] of Object.entries(headers))
      assert.equal(response.headers[name.toLowerCase()], value ?? undefined, name);
    assert.deepEqual(
      sent,
      calls.map((call) => call.body),
    );
    assert.ok(nock.isDone(), `calls not made: ${nock.pendingMocks().join(', ')}`);
  });
}
