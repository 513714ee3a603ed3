// The conformance run against small targets in this process: what holds, what fails and what cannot be seen, and how it is told.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { checkConformance } from '../../src/contract/conformance/conformance.js';
import { jsonReport } from '../../src/contract/conformance/json-report.js';
import { junitReport } from '../../src/contract/conformance/junit-report.js';
import type { Outcome } from '../../src/contract/conformance/outcome.js';
import { ConformanceError, type GivenTarget } from '../../src/contract/conformance/target.js';
import { textReport } from '../../src/contract/conformance/text-report.js';
import type { Fixture } from '../../src/contract/fixture.js';
import { FIXTURES, type ReadFixture, readFixtures } from '../../src/contract/read-fixtures.js';
import { contractTests, type StartTarget } from '../../src/contract/testing.js';
import { startServer } from '../../src/server/server.js';
import { serve } from '../../testkit/loopback.js';
import { onePort } from '../../testkit/one-port.js';

const EVENT = { type: 'track', event: 'Order Completed', userId: 'user-42' };

/** A fixture about an echo: what comes back is what was sent. */
function fixture(title: string, parts: Partial<Fixture> = {}): ReadFixture {
  const exchange = {
    request: { method: 'POST', path: '/echo', body: EVENT },
    response: { status: 200, body: EVENT },
  };
  const source = { kind: 'documented', from: 'A page', section: 'Echoes' } as const;
  const made = { title, why: 'It is a test.', source, protocol: 'segment', exchanges: [exchange], ...parts } as const;
  return { file: `${title}.json`, fixture: made };
}

async function target(context: TestContext, listener: RequestListener): Promise<GivenTarget> {
  const server = await serve(listener);
  context.after(server.close);
  return { url: server.url };
}

const echo = (request: IncomingMessage, response: ServerResponse) => {
  text(request).then((said) => response.writeHead(200, { 'content-type': 'application/json' }).end(said));
};

const verdicts = (outcomes: readonly Outcome[]) => outcomes.map(({ verdict }) => verdict);
const failing = (outcomes: readonly Outcome[]) => outcomes.flatMap(({ differences }) => differences);

test('what is answered as expected holds, something else fails with its difference', async (context) => {
  const wrong = { request: { method: 'POST', path: '/', body: { a: 1 } }, response: { status: 200, body: { a: 2 } } };
  const fixtures = [fixture('right'), fixture('wrong', { exchanges: [wrong] })];
  const outcomes = await checkConformance({ target: await target(context, echo), fixtures });
  assert.deepEqual(verdicts(outcomes), ['held', 'failed']);
  assert.deepEqual(failing(outcomes), [{ where: 'exchanges[0].response.body.a', expected: 2, actual: 1 }]);
  const said = textReport(outcomes);
  assert.match(said, /^ {2}FAILS +A page: Echoes \(1 of 2\)$/m);
  assert.match(said, /wrong\.json: wrong\n +exchanges\[0\]\.response\.body\.a\n +- expected 2\n +\+ got +1\n/);
  assert.match(said, /^2 fixtures: 1 hold, 1 fail, 0 cannot be seen\.$/m);
});

test('what needs settings or variables that the target is not known to have cannot be seen', async (context) => {
  const fixtures = [
    fixture('settings', { settings: [{ id: '{{workspace}}' }] }),
    fixture('environment', { environment: { TRUST_PROXY: 'true' } }),
  ];
  const given = await target(context, echo);
  const outcomes = await checkConformance({ target: given, fixtures });
  assert.deepEqual(verdicts(outcomes), ['unseen', 'unseen']);
  assert.match(textReport(outcomes), /cannot be seen A page: Echoes \(0 of 2\)/);
  assert.match(textReport(outcomes), /1 times: it needs a process that was started with its TRUST_PROXY/);
  const withVariable = { ...given, environment: { TRUST_PROXY: 'true' } };
  assert.deepEqual(verdicts(await checkConformance({ target: withVariable, fixtures })), ['unseen', 'held']);
});

test('a target that is not known to refuse other hosts is not asked to call them', async (context) => {
  const asked: string[] = [];
  const given = await target(context, (request, response) => {
    asked.push(String(request.url));
    echo(request, response);
  });
  const ask = (endpoint: string) => {
    const body = { endpoint, body: { JSON: {} } };
    const request = { method: 'POST', path: '/v0/destinations/statsig/proxy', body };
    return fixture(endpoint, { exchanges: [{ request, response: { status: 200 } }] });
  };
  const fixtures = [ask('https://events.statsigapi.net/v1/log_event'), ask('{{statsigUrl}}/v1/log_event')];
  const outcomes = await checkConformance({ target: given, fixtures });
  assert.deepEqual(verdicts(outcomes), ['unseen', 'held']);
  assert.deepEqual(asked, ['/', '/v0/destinations/statsig/proxy']);
});

test('where nothing comes to a stand-in, what is called cannot be seen; where something comes, a missing call fails', async (context) => {
  const calls = [{ to: 'upstream', method: 'GET', path: '/features' }] as const;
  const [exchange] = fixture('any').fixture.exchanges;
  assert.ok(exchange);
  const fixtures = [fixture('calls', { exchanges: [{ ...exchange, calls }] })];
  const given = await target(context, echo);
  const outcomes = await checkConformance({ target: given, fixtures, patienceMs: 50 });
  assert.deepEqual(verdicts(outcomes), ['unseen']);
  assert.equal(outcomes[0]?.reason, 'the target does not deliver to the stand-in for upstream');
});

test('a target that is none is told in words', async (context) => {
  const fixtures = [fixture('right')];
  const closed = await serve(echo);
  await closed.close();
  const refuse = (url: string) => checkConformance({ target: { url }, fixtures });
  await assert.rejects(
    refuse(closed.url),
    new ConformanceError(`${closed.url} does not answer as a web server: ECONNREFUSED.`),
  );
  await assert.rejects(refuse('localhost:9090'), /The address is no URL: it begins with http/);
  const page = await target(context, (_, response) => response.writeHead(404).end('<html>not here</html>'));
  const outcomes = await checkConformance({ target: page, fixtures });
  assert.match(textReport(outcomes), /Everything was answered 404: is it the right address, and the right port\?/);
  assert.match(textReport(outcomes), /got +"not JSON: <html>not here<\/html>"/);
});

test('an address may have a path, behind which the routes begin', async (context) => {
  const paths: (string | undefined)[] = [];
  const { url } = await target(context, (request, response) => {
    paths.push(request.url);
    echo(request, response);
  });
  const outcomes = await checkConformance({ target: { url: `${url}/cdp` }, fixtures: [fixture('right')] });
  assert.deepEqual([verdicts(outcomes), paths], [['held'], ['/cdp/', '/cdp/echo']]);
});

test('each request goes to the port of its route, whatever the protocol of its fixture', async (context) => {
  const asked = { inside: [] as string[], outside: [] as string[] };
  const noting = (paths: string[]): RequestListener => {
    return (request, response) => {
      if (request.url !== '/') paths.push(request.url ?? '');
      echo(request, response);
    };
  };
  const [inside, outside] = [await target(context, noting(asked.inside)), await target(context, noting(asked.outside))];
  const inOrder = (...paths: readonly string[]) =>
    paths.map((path) => ({ request: { method: 'POST', path, body: EVENT }, response: { status: 200, body: EVENT } }));
  const fixtures = [
    fixture('operator', {
      protocol: 'operations',
      exchanges: inOrder('/v1/track', '/v1/t/?a=b', '/api/deletions?workspace=w', '/healthz', '/nowhere'),
    }),
    fixture('rudder-server', { protocol: 'rudderstack', exchanges: inOrder('/segment/w/audiences/get', '/batch') }),
    fixture('sender', {
      protocol: 'trackingApi',
      exchanges: inOrder('/v1/batch', '/deleteUsers', '/healthz', '/nowhere'),
    }),
  ];
  const outcomes = await checkConformance({ target: { ...inside, publicUrl: outside.url }, fixtures });
  assert.deepEqual(verdicts(outcomes), ['held', 'held', 'held']);
  assert.deepEqual(asked.inside.toSorted(), [
    '/api/deletions?workspace=w',
    '/batch',
    '/deleteUsers',
    '/healthz',
    '/nowhere',
  ]);
  assert.deepEqual(asked.outside.toSorted(), [
    '/healthz',
    '/nowhere',
    '/segment/w/audiences/get',
    '/v1/batch',
    '/v1/t/?a=b',
    '/v1/track',
  ]);
});

test('settings that a target does not read are told in words', async (context) => {
  const directory = mkdtempSync(join(tmpdir(), 'conformance-'));
  context.after(() => rmSync(directory, { recursive: true }));
  const given = { ...(await target(context, echo)), settingsDirectory: join(directory, 'missing') };
  const fixtures = [fixture('settings', { settings: [{ id: '{{workspace}}' }] })];
  await assert.rejects(checkConformance({ target: given, fixtures }), /cannot be written to .*missing \(ENOENT\)/);
});

test('reports are valid JUnit XML and JSON, whatever came', async (context) => {
  const title = 'Tags & "quotes" <b> \u0001 \uD800 \n';
  const exchanges = [{ request: { method: 'GET', path: '/' }, response: { status: 200, bodyString: ']]>' } }];
  const fixtures = [fixture(title, { exchanges }), fixture('unseen', { environment: { A: 'b' } }), fixture('right')];
  const outcomes = await checkConformance({ target: await target(context, echo), fixtures });
  const xml = junitReport(outcomes);
  assert.match(xml, /<testsuites name="[^"]+" tests="3" failures="1" errors="0" skipped="1">/);
  assert.match(xml, /name="Tags &amp; &quot;quotes&quot; &lt;b&gt; \uFFFD \uFFFD &#10;"/);
  assert.equal(xml.match(/<testcase /g)?.length, 3);
  assert.match(xml, /\]\]&gt;/);
  const report = JSON.parse(JSON.stringify(jsonReport(outcomes)));
  assert.deepEqual(report.counts, { held: 1, failed: 1, unseen: 1 });
  assert.deepEqual(
    report.rows[0].fixtures.map(({ verdict }: Outcome) => verdict),
    ['failed', 'unseen', 'held'],
  );
});

const startHere: StartTarget = async ({ settingsDirectory, dataDirectory, environment }) => {
  const env = {
    ...onePort({ ...environment, OUTBOX_DIRECTORY: join(dataDirectory, 'outbox') }),
    ...{ HOST: '127.0.0.1', PORT: '0', STATSIG_CDP_SETTINGS: settingsDirectory },
  };
  const { port, stop } = await startServer(env, () => {});
  return { url: `http://127.0.0.1:${port}`, stop };
};

/** Registers fixtures of a folder, runs them, and says which failed. */
async function runContractTests(folder: string): Promise<ReadonlyMap<string, string>> {
  const tests = new Map<string, () => Promise<void>>();
  contractTests({ test: (name, run) => tests.set(name, run), target: { start: startHere }, fixtures: folder });
  const failures = new Map<string, string>();
  for (const [name, run] of tests) await run().catch((error: Error) => failures.set(name, error.message));
  return new Map([...tests.keys()].map((name) => [name, failures.get(name) ?? 'passed']));
}

test('contractTests registers a test for each fixture and plays them against the plugin', async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'conformance-'));
  context.after(() => rmSync(folder, { recursive: true }));
  const written = readFixtures(join(FIXTURES, 'tracking-api'));
  const [delivered] = written.filter(
    ({ fixture: { protocol, exchanges } }) =>
      protocol === 'trackingApi' && exchanges[0]?.calls?.some(({ to }) => to === 'statsig'),
  );
  assert.ok(delivered);
  const { fixture: good } = delivered;
  const bad = { ...good, exchanges: good.exchanges.map((exchange) => ({ ...exchange, calls: [] })) };
  writeFileSync(join(folder, 'good.json'), JSON.stringify(good));
  writeFileSync(join(folder, 'bad.json'), JSON.stringify(bad));
  const results = [...(await runContractTests(folder))];
  assert.deepEqual(
    results.map(([name]) => name),
    [`bad.json: ${good.title}`, `good.json: ${good.title}`],
  );
  assert.match(results[0]?.[1] ?? '', /It does not hold\.\nexchanges.*calls .*POST \/v1\/log_event/);
  assert.equal(results[1]?.[1], 'passed');
  assert.equal(readFileSync(join(folder, 'good.json'), 'utf8'), JSON.stringify(good));
});
