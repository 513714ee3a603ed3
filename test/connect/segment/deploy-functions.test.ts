// Functions of Segment are made, changed and deployed where that is needed, and only ours.

import assert from 'node:assert/strict';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { Secret } from '../../../src/base/secret.js';
import { deployFunctions } from '../../../src/connect/segment/deploy-functions.js';
import { createPublicApi } from '../../../src/connect/segment/public-api.js';
import { FUNCTION_SCRIPTS } from '../../../src/functions/scripts.js';
import { serve } from '../../../testkit/loopback.js';

type Item = Record<string, unknown> & { id: string };

/** `cut`: it does what is asked, and no answer comes. */
type Instead = 429 | 503 | 'cut' | undefined;

/** The part of the Public API that is about functions (Segment's published SDK: createFunction, updateFunction, createFunctionDeployment, listFunctions). */
async function startApi(context: TestContext) {
  const functions = new Map<string, Item>();
  const calls: string[] = [];
  let instead: (call: string, index: number) => Instead = () => undefined;
  let clock = 0;

  function act(method: string, path: string, query: URLSearchParams, body: Record<string, unknown>): unknown {
    const [, , id = '', verb] = path.split('/');
    const item = functions.get(id);
    if (method === 'GET' && id === '') {
      assert.ok(['SOURCE', 'DESTINATION'].includes(query.get('resourceType') ?? ''));
      assert.match(query.get('pagination[count]') ?? '', /^\d+$/);
      // A list leaves code and settings out.
      const all = [...functions.values()].filter(({ resourceType }) => resourceType === query.get('resourceType'));
      return { functions: all.map(({ code: _, settings: __, ...rest }) => rest), pagination: { current: 'a' } };
    }
    if (method === 'POST' && id === '') {
      for (const name of ['code', 'displayName', 'resourceType']) assert.equal(typeof body[name], 'string', name);
      const made = { ...body, id: `fn_${functions.size + 1}`, deployedAt: null };
      functions.set(made.id, made);
      return { function: made };
    }
    if (item === undefined) return undefined;
    if (method === 'POST' && verb === 'deploy') {
      clock += 1;
      item.deployedAt = `2026-01-02T03:04:0${clock % 10}.000Z`;
      return { functionDeployment: { status: 'SUCCESS' } };
    }
    if (method === 'PATCH') {
      assert.ok(!('resourceType' in body), 'the kind of a function cannot be changed');
      return { function: Object.assign(item, body, { deployedAt: null }) };
    }
    if (method === 'DELETE') return functions.delete(id) ? { status: 'SUCCESS' } : undefined;
    return { function: item };
  }

  const { url, close } = await serve(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://localhost');
    const method = request.method ?? '';
    const body = await text(request);
    const name = `${method} ${pathname.replace(/fn_\d+/, '{id}')}`;
    const answer = instead(name, calls.length);
    calls.push(name);
    assert.equal(request.headers.accept, 'application/vnd.segment.v1+json');
    const end = (status: number, value: unknown) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
    if (request.headers.authorization !== 'Bearer token-of-tests')
      return end(401, { errors: [{ type: 'unauthorized' }] });
    if (typeof answer === 'number') return end(answer, { errors: [{ type: 'again', message: 'again' }] });
    const data = act(method, pathname, searchParams, body === '' ? {} : JSON.parse(body));
    if (answer === 'cut') return response.destroy();
    return data === undefined ? end(404, { errors: [{ type: 'not-found' }] }) : end(200, { data });
  });
  context.after(close);
  return {
    url,
    functions,
    calls,
    answerInstead: (next: typeof instead) => {
      instead = next;
    },
  };
}

const WRITES = /^(?:POST|PATCH|DELETE)/;

async function rig(context: TestContext, token = 'token-of-tests') {
  const stand = await startApi(context);
  const api = createPublicApi({ token: new Secret(token), apiUrl: stand.url, pause: async () => {} });
  const connectionFor = (code: string) =>
    deployFunctions({
      api,
      displayName: 'statsig-cdp shop',
      functions: FUNCTION_SCRIPTS.map((script) => ({ script, code })),
    });
  const apply = async (code: string) => {
    const before = stand.calls.length;
    await connectionFor(code).apply(() => {});
    return stand.calls.slice(before).filter((call) => WRITES.test(call));
  };
  return { ...stand, connectionFor, apply };
}

test('makes and deploys both, does nothing when they are equal, and updates what has changed', async (context) => {
  const { apply, functions, connectionFor } = await rig(context);
  const plan = await connectionFor('one').plan();
  assert.doesNotMatch(JSON.stringify(plan), /"code":"one"/, 'a plan shows no code');
  const made = ['POST /functions', 'POST /functions/{id}/deploy'];
  assert.deepEqual(await apply('one'), [...made, ...made]);
  const settings = [...functions.values()].flatMap((made) => made.settings as { name: string; sensitive: boolean }[]);
  const keys = settings.filter(({ sensitive }) => sensitive).map(({ name }) => name);
  assert.deepEqual(keys, ['statsigKey', 'consoleKey', 'secret']);
  assert.deepEqual(await apply('one'), []);
  const changed = ['PATCH /functions/{id}', 'POST /functions/{id}/deploy'];
  assert.deepEqual(await apply('two'), [...changed, ...changed]);
  assert.equal(functions.size, 2);
  await connectionFor('two').undo(() => {});
  assert.equal(functions.size, 0);
});

test('goes on where it was broken off, at whatever call, and makes nothing twice', async (context) => {
  const { apply, functions, calls, answerInstead } = await rig(context);
  await apply('one');
  const total = calls.length;
  for (const way of ['cut', 503, 429] as const) {
    for (let at = 0; at < total; at += 1) {
      functions.clear();
      const from = calls.length;
      answerInstead((_call, index) => (index >= from + at && index < from + at + 5 ? way : undefined));
      await apply('one').catch(() => {});
      answerInstead(() => undefined);
      await apply('one');
      assert.equal(functions.size, 2, `${way} at ${at}`);
      assert.ok(
        [...functions.values()].every(({ deployedAt }) => deployedAt !== null),
        `${way} at ${at}`,
      );
      assert.deepEqual(await apply('one'), []);
    }
  }
});

test("leaves another's function of that name alone, and says what a wrong token is", async (context) => {
  const { apply, functions, connectionFor } = await rig(context);
  functions.set('fn_1', {
    id: 'fn_1',
    displayName: 'statsig-cdp shop',
    resourceType: 'DESTINATION',
    description: 'by hand',
  });
  await assert.rejects(apply('one'), /has not made/);
  await assert.rejects(
    connectionFor('one').undo(() => {}),
    /left alone/,
  );
  assert.equal(functions.size, 1);
  const wrong = await rig(context, 'another-token');
  await assert.rejects(
    wrong.apply('one'),
    (error: Error) => /does not take the token/.test(error.message) && !error.message.includes('another-token'),
  );
});
