// Arbitrary requests get documented answers: a short run of `npm run fuzz`, and proof that its judge sees what is broken.

import assert from 'node:assert/strict';
import { buffer } from 'node:stream/consumers';
import { test } from 'node:test';
import fc from 'fast-check';
import { serve } from '../../testkit/loopback.js';
import { declaredPaths } from '../../testkit/routes.js';
import type { FuzzCase } from '../fuzz/case.js';
import { type Rig, type RigServer, startRig } from '../fuzz/rig.js';
import { expectedOf, FUZZ_ROUTES } from '../fuzz/routes.js';
import { runFuzz } from '../fuzz/run.js';
import { compareTwins, twinCases } from '../fuzz/twins.js';
import { judgeOutcome } from '../fuzz/verdict.js';

/** Of the short run: each failure is the same on every machine. */
const SEED = 5;
const CASES = 2_000;

test('every route of the manifest is fuzzed', () => {
  const declared = declaredPaths().map(({ method, path }) => `${method} ${path}`);
  const fuzzed = new Set(
    FUZZ_ROUTES.flatMap(({ route, method, targets }) => [route, ...targets.map((target) => `${method} ${target}`)]),
  );
  assert.deepEqual(
    declared.filter((route) => !fuzzed.has(route)),
    [],
  );
});

test(`${CASES} arbitrary requests all get a documented answer, and ordinary ones beside them theirs`, async (context) => {
  context.diagnostic(`seed ${SEED}`);
  const rig = await startRig();
  context.after(() => rig.close());
  const { cases, byRoute, faults, lines, ended } = await runFuzz(rig, { cases: CASES, seed: SEED });
  assert.deepEqual([faults, lines, ended], [[], [], []]);
  assert.ok(cases >= CASES);
  assert.equal(byRoute.size, FUZZ_ROUTES.length, 'every route is called');
});

const element = (jobId: number) => ({ message: {}, metadata: { jobId }, destination: {} });

function caseOf(route: string, body: unknown, parts: Partial<FuzzCase> = {}): FuzzCase {
  const bytes = Buffer.from(JSON.stringify(body));
  const [method = '', target = ''] = route.split(' ');
  const request = { method, target, headers: [], body: bytes, framing: 'length', meant: bytes } as const;
  return { server: 'alone', route, ...request, ...parts };
}

function judge(fuzzCase: FuzzCase, status: number, body: unknown, headers: Readonly<Record<string, string>> = {}) {
  const all = { 'content-type': 'application/json; charset=utf-8', apiversion: '2', ...headers };
  const answer = { status, headers: new Map(Object.entries(all)), body: Buffer.from(JSON.stringify(body)) };
  return judgeOutcome(fuzzCase, { kind: 'answered', answer }, expectedOf(fuzzCase));
}

const filtered = (jobId: number) => ({
  metadata: { jobId },
  statusCode: 298,
  error: 'filtered (unsupported_type): type x',
});

test('the judge takes one answer per event, in order, with its metadata, and no other', () => {
  const request = caseOf('POST /v0/destinations/statsig', [element(1), element(2)]);
  assert.equal(judge(request, 200, [filtered(1), filtered(2)]), undefined);
  assert.equal(judge(request, 200, [filtered(1)]), '1 answers to 2 events');
  assert.equal(judge(request, 200, [filtered(2), filtered(1)]), 'other metadata at 0');
  assert.equal(judge(request, 200, [filtered(1), filtered(2)], { apiversion: '1' }), 'no apiVersion');
  assert.match(judge(request, 200, [filtered(1), { ...filtered(2), statusCode: 400, statTags: {} }]) ?? '', /no code/);
});

test('the judge takes each event of a router request once, and the jobs of an entry in order', () => {
  const request = caseOf('POST /routerTransform', { input: [element(1), element(2)], destType: 'statsig' });
  const batchedRequest = {
    version: '1',
    type: 'REST',
    method: 'POST',
    endpoint: 'https://statsigapi.net/v1/log_event',
  };
  const parts = { headers: {}, params: {}, body: {}, files: {} };
  const entry = (...jobIds: readonly number[]) => ({
    batchedRequest: { ...batchedRequest, ...parts },
    metadata: jobIds.map((jobId) => ({ jobId })),
    batched: true,
    statusCode: 200,
  });
  assert.equal(judge(request, 200, { output: [entry(1, 2)] }), undefined);
  assert.equal(judge(request, 200, { output: [entry(2, 1)] }), 'the jobs of an entry are out of order');
  assert.equal(judge(request, 200, { output: [entry(1)] }), '1 answers to 2 events');
  assert.equal(judge(request, 200, { output: [entry(1), entry(1)] }), 'other metadata');
});

test('the judge takes only the codes of the route, with their statuses', () => {
  const request = caseOf('POST /v1/track', {});
  const error = (code: string) => ({ success: false, code, error: code, message: `${code}: what happened` });
  assert.equal(judge(request, 401, error('SENDER_UNKNOWN')), undefined);
  assert.equal(judge(request, 400, error('SENDER_UNKNOWN')), 'SENDER_UNKNOWN with status 400');
  assert.match(judge(request, 503, error('INTERNAL')) ?? '', /INTERNAL/);
  assert.match(judge(request, 400, error('BODY_NOT_A_BATCH')) ?? '', /does not answer/);
  assert.equal(judge(request, 500, 'oops'), 'status 500');
});

test("the judge reads an error in its route's own form, and takes no such form for another fault", () => {
  const proxy = caseOf('POST /v1/destinations/statsig/proxy', {});
  const output = (code: string) => ({ output: { message: `${code}: what happened`, response: [] } });
  assert.equal(judge(proxy, 400, output('BODY_EMPTY')), undefined);
  assert.equal(judge(proxy, 413, output('BODY_EMPTY')), 'BODY_EMPTY with status 413');
  assert.equal(judge(proxy, 400, output('SENDER_UNKNOWN')), 'status 400');
  const deletions = caseOf('POST /deleteUsers', []);
  const failed = (statusCode: number) => [{ status: 'failed', statusCode, error: 'BODY_NOT_DELETIONS: what happened' }];
  assert.equal(judge(deletions, 400, failed(400)), undefined);
  assert.match(judge(deletions, 400, failed(404)) ?? '', /./);
});

test('the judge wants every event of a push counted, and an answer to every request', () => {
  const request = caseOf('POST /statsig/:workspace', [{}, {}]);
  const summary = { success: true, accepted: 1, duplicates: 0, filtered: 1, rejected: [] };
  assert.equal(judge(request, 200, summary), undefined);
  assert.equal(judge(request, 200, { ...summary, filtered: 0 }), '1 of 2 events are accounted for');
  const expected = expectedOf(request);
  assert.equal(judgeOutcome(request, { kind: 'silent' }, expected), 'no answer');
  assert.match(judgeOutcome(request, { kind: 'closed', why: 'reset' }, expected) ?? '', /no answer/);
  assert.equal(judge(caseOf('GET /healthz', {}), 200, {}, { 'x-got-sha256': '' }), 'forwarded');
});

test('requests with twins have the form of rudder-server, and their twins say the same', () => {
  const cases = fc.sample(twinCases, { seed: SEED, numRuns: 400 });
  const isInForm = (bytes: Buffer) => /^(\{"input":)?\[\{"message":/.test(bytes.toString());
  assert.ok(cases.filter(({ body }) => isInForm(body)).length > 200);
  for (const { body, target, twin = { body, target } } of cases) {
    assert.deepEqual(JSON.parse(twin.body.toString()), JSON.parse(body.toString()));
    assert.ok(!isInForm(twin.body), twin.body.toString());
    assert.equal(twin.target, `${target}?`);
  }
});

test('twins that are answered differently are a fault', () => {
  const answer = (status: number, body: string, version = '2') => ({
    status,
    headers: new Map([
      ['apiversion', version],
      ['content-length', String(body.length)],
    ]),
    body: Buffer.from(body),
  });
  const bad = answer(400, '{"error":"BODY_NOT_JSON","message":"at 7"}');
  assert.equal(compareTwins(answer(200, '[{"a":1,"b":-0}]'), answer(200, '[{"b":0,"a":1}]')), undefined);
  assert.match(compareTwins(answer(200, '[{"a":1}]'), answer(200, '[{"a":2}]')) ?? '', /another answer/);
  assert.match(compareTwins(answer(200, '[]'), answer(200, '[]', '1')) ?? '', /other headers/);
  assert.match(compareTwins(answer(200, '[]'), bad) ?? '', /status 200, its twin 400/);
  assert.equal(compareTwins(bad, answer(400, '{"error":"BODY_NOT_JSON","message":"at 9"}')), undefined);
  assert.match(compareTwins(bad, answer(400, '{"error":"BODY_NOT_A_BATCH"}')) ?? '', /another answer/);
});

test('a fault is found, made small and shown as a command; the run ends when the process does', async (context) => {
  // Breaks on any body that is long enough and right otherwise.
  const server = await serve(async (request, response) => {
    // A request that breaks off counts as empty.
    const { length } = await buffer(request).catch(() => Buffer.alloc(0));
    const isBroken = request.url === '/batch' && length > 40;
    const isControl = request.url === '/v0/destinations/statsig';
    // As they may be answered: a run ends after so many faults, and there are many of these routes.
    const isForOperators = /^\/(?:api|console|openapi)/.test(request.url ?? '');
    const text = isControl
      ? '[{"output":1}]'
      : isBroken
        ? 'oops'
        : isForOperators
          ? '{"error":"HOST_REFUSED","message":"HOST_REFUSED: x"}'
          : '{"error":"ROUTE_UNKNOWN","message":"ROUTE_UNKNOWN: x"}';
    const status = isControl ? 200 : isBroken ? 500 : isForOperators ? 403 : 404;
    response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' }).end(text);
  });
  context.after(() => server.close());
  let end: (how: string) => void = () => {};
  const ended = new Promise<string>((resolve) => {
    end = resolve;
  });
  const authority = `127.0.0.1:${server.port}`;
  const fake: RigServer = {
    plugin: { ended, errors: [], end: () => ended },
    port: server.port,
    publicPort: server.port,
    authority,
  };
  const rig: Rig = { alone: fake, behind: fake, statsigUrl: server.url, close: async () => {} };

  const { faults } = await runFuzz(rig, { cases: 600, seed: SEED });
  const found = faults.find(({ route, complaint }) => route === 'POST /batch' && complaint === 'status 500');
  assert.ok(found, JSON.stringify(faults));
  assert.match(found.command, /^printf '[^']+' \| curl .*\/batch'$/);
  assert.ok(found.command.length < 400, found.command);

  end('code 1');
  const stopped = await runFuzz(rig, { cases: 600, seed: SEED });
  assert.deepEqual(stopped.ended, Array(2).fill('the process ended by itself: code 1'));
  assert.ok(stopped.cases < 600);
});
