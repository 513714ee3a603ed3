// Runs every fixture of fixtures/deletions: HTTP exchanges with the app, what Statsig is asked meanwhile, and what is left among the dead letters. Never edited to add a case.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, describe, type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import nock from 'nock';
import request from 'supertest';
import { type TestAppOptions, testApp } from './support/app.js';
import { type FixtureHead, loadFixtures } from './support/fixtures.js';
import { serve } from './support/loopback.js';
import { temporaryDirectory } from './support/settings.js';
import { type StatsigCall, startStatsig } from './support/statsig-calls.js';

const DEADLINE_MS = 20_000;
const ADMIN_TOKEN = 'admin-example';

interface Letter {
  readonly workspaceId: string;
  readonly target: string;
  readonly reason: string;
  readonly payload: object;
  /** What its answer holds. */
  readonly says?: string;
}

interface Exchange {
  readonly request: {
    readonly method?: 'GET';
    readonly path: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: object;
    readonly bodyText?: string;
    /** The body is sent so many times, in a list, with 1, 2, … for `{n}`. */
    readonly times?: number;
  };
  /** Made before the next exchange, in order for each key and URL. */
  readonly calls?: readonly StatsigCall[];
  readonly expect: {
    readonly status?: number;
    /** Entries of `rejected` are written without their messages. */
    readonly body?: object;
    /** Fields of the body, among others. */
    readonly has?: Readonly<Record<string, unknown>>;
    readonly hasNot?: string;
    /** RudderStack is told that its job failed. */
    readonly failed?: true;
    /** By a status after which its worker comes again. */
    readonly comesAgain?: true;
    /** What the error of the job holds. */
    readonly says?: string;
  };
  /** All of them, when the exchange is over. */
  readonly deadLetters?: readonly Letter[];
  /** Requests that have reached the upstream transformer when the exchange is over. */
  readonly forwards?: number;
}

interface DeletionFixture extends FixtureHead {
  readonly documents?: readonly object[];
  /** Answers of an upstream transformer by path. */
  readonly upstream?: Readonly<Record<string, unknown>>;
  readonly exchanges: readonly Exchange[];
}

type Handler = ReturnType<typeof testApp>['handler'];

async function serveUpstream(context: TestContext, answers: Readonly<Record<string, unknown>>) {
  const paths: string[] = [];
  const server = await serve((incoming, response) => {
    const { url = '' } = incoming;
    paths.push(url);
    incoming.resume();
    response.writeHead(url in answers ? 200 : 404, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answers[url]));
  });
  context.after(() => server.close());
  return { url: server.url, forwards: () => paths.filter((path) => path === '/deleteUsers').length };
}

/** The app as a process has it, on a directory of its own. */
function startApp(context: TestContext, documents: readonly object[], upstreamUrl: string | undefined) {
  const environment = {
    OUTBOX_DIRECTORY: join(temporaryDirectory(context), 'outbox'),
    ADMIN_TOKEN,
    ...(upstreamUrl !== undefined && { UPSTREAM_TRANSFORMER_URL: upstreamUrl }),
  } satisfies TestAppOptions['environment'];
  const app = testApp({ documents, environment });
  context.after(() => app.close(1_000));
  return app.handler;
}

/** Asks until the answer is as it should be; fails with the last one after 20 seconds. */
async function until<T>(ask: () => Promise<T>, isRight: (answer: T) => boolean, what: string): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS;
  for (;;) {
    const answer = await ask();
    if (isRight(answer)) return;
    if (performance.now() > deadline) assert.fail(`never happened: ${what}; in the end ${JSON.stringify(answer)}`);
    await pause(5);
  }
}

async function deadLetters(handler: Handler, expected: readonly Letter[]): Promise<void> {
  const asWritten = ({ workspaceId, target, reason, payload }: Letter) => ({ workspaceId, target, reason, payload });
  const order = (letters: readonly Letter[]) => letters.map((letter) => JSON.stringify(asWritten(letter))).sort();
  let found: (Letter & { readonly answer: string })[] = [];
  const ask = async () => {
    const { text } = await request(handler).get('/api/dead-letters').auth(ADMIN_TOKEN, { type: 'bearer' }).expect(200);
    found = text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line)]));
    return found;
  };
  await until(ask, (letters) => String(order(letters)) === String(order(expected)), 'the dead letters');
  for (const { says = '' } of expected)
    assert.ok(
      found.some(({ answer }) => answer.includes(says)),
      says,
    );
}

/** What is to be deleted has been asked for, or is a dead letter. */
async function nothingWaits(handler: Handler): Promise<void> {
  const waiting = /^statsig_cdp_outbox_events\{.*target="statsig-deletions"\} [1-9]/m;
  const ask = async () => (await request(handler).get('/metrics')).text.match(waiting)?.[0];
  await until(ask, (line) => line === undefined, 'no deletion waits');
}

function bodyOf({ body, bodyText, times }: Exchange['request']): string | undefined {
  if (times === undefined) return bodyText ?? (body && JSON.stringify(body));
  const one = JSON.stringify(body);
  return `[${Array.from({ length: times }, (_, index) => one.replaceAll('{n}', String(index + 1)))}]`;
}

/** The answer as fixtures write it: the messages of rejected events are for people. */
function asWritten(answer: { readonly rejected?: readonly { readonly message: string }[] }): object {
  if (answer.rejected === undefined) return answer;
  return { ...answer, rejected: answer.rejected.map(({ message: _, ...entry }) => entry) };
}

function checkAnswer(status: number, text: string, expected: Exchange['expect']): void {
  assert.ok(!/(secret|console)-[eo]/.test(text), `a key in the answer: ${text}`);
  if (expected.status !== undefined) assert.equal(status, expected.status, text);
  // rudder-server's worker gives a job up after these two, and takes 200 for done.
  if (expected.comesAgain) assert.ok(status >= 400 && status !== 404 && status !== 405, `${status} ${text}`);
  const body = JSON.parse(text);
  if (expected.body !== undefined) assert.deepEqual(asWritten(body), expected.body);
  for (const [name, value] of Object.entries(expected.has ?? {})) assert.deepEqual(body[name], value, text);
  if (expected.hasNot !== undefined) assert.ok(!Object.hasOwn(body, expected.hasNot), text);
  if (!expected.failed) return;
  assert.equal(body.length, 1, 'one entry for the one job');
  assert.deepEqual([body[0].statusCode, body[0].status], [status, 'failed'], text);
  assert.ok(body[0].error.length > 0 && body[0].error.includes(expected.says ?? ''), text);
}

const KEY = /(?:secret|console)-(?:example|of-[a-z-]+)/g;

/** The fixtures, with keys of their own, so that they can run at the same time. */
const fixtures = loadFixtures<DeletionFixture>('deletions').map(([file, fixture], index) => {
  const text = JSON.stringify(fixture).replace(KEY, `$&-${index}`);
  return {
    file,
    fixture: JSON.parse(text) as DeletionFixture,
    keys: [...new Set(text.match(/(?:secret|console)-[\w-]+/g))],
  };
});

describe('deletions', { concurrency: 6 }, () => {
  nock.disableNetConnect();
  nock.enableNetConnect('127.0.0.1');
  const all = fixtures.flatMap(({ fixture }) => fixture.exchanges.flatMap(({ calls = [] }) => calls));
  const statsig = startStatsig(all);
  after(() => {
    nock.cleanAll();
    nock.restore();
    assert.deepEqual(statsig.strangers, []);
  });

  for (const { file, fixture, keys } of fixtures) {
    test(`${file}: ${fixture.title}`, async (context) => {
      const { expect, isDone } = statsig.open(keys);
      const upstream = fixture.upstream && (await serveUpstream(context, fixture.upstream));
      const handler = startApp(context, fixture.documents ?? [], upstream?.url);
      for (const exchange of fixture.exchanges) {
        expect(exchange.calls ?? []);
        const { method = 'POST', path, headers = {} } = exchange.request;
        const call = method === 'GET' ? request(handler).get(path) : request(handler).post(path);
        const { status, text } = await call
          .set({ 'content-type': 'application/json', ...headers })
          .send(bodyOf(exchange.request));
        checkAnswer(status, text, exchange.expect);
        await until(async () => isDone(), Boolean, 'every call to Statsig');
        await nothingWaits(handler);
        if (exchange.deadLetters !== undefined) await deadLetters(handler, exchange.deadLetters);
        if (exchange.forwards !== undefined) assert.equal(upstream?.forwards(), exchange.forwards);
      }
      assert.ok(isDone());
    });
  }
});
