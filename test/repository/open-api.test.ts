// openapi.json describes every route, nothing else, without a fault, and as requests and answers of the fixtures are.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createConfig, lint } from '@redocly/openapi-core';
import { readFixtures } from '../../src/contract/read-fixtures.js';
import { pathOf } from '../../src/http/address.js';
import { withSingleSlashes } from '../../src/http/doubled-slashes.js';
import { manifest } from '../../src/settings/manifest.js';
import { answerOf, faultOf, operationFor, operations } from './open-api-document.js';

const FILE = fileURLToPath(import.meta.resolve('statsig-cdp/openapi.json'));

test('a linter has nothing to say', async () => {
  const problems = await lint({ ref: FILE, config: await createConfig({ extends: ['recommended'] }) });
  // It leads a browser on, whatever it is asked.
  const LEADS_ON = '#/paths/~1connect~1oauth~1callback/get/responses';
  assert.deepEqual(
    problems
      .filter(({ ruleId, location }) => ruleId !== 'operation-2xx-response' || location[0]?.pointer !== LEADS_ON)
      .map(({ ruleId, message, location }) => [ruleId, message, location[0]?.pointer]),
    [],
  );
});

test('every route is in it, and nothing else', () => {
  const declared = Object.values(manifest.protocols).flatMap(({ routes }) =>
    routes.flatMap(({ method, path, aliases = [] }) =>
      [path, ...aliases].map((each) => `${method} ${each.replaceAll(/:(\w+)/g, '{$1}')}`),
    ),
  );
  assert.deepEqual([...operations.keys()].sort(), declared.sort());
});

test('every route for operators asks who they are', () => {
  const open = [...operations]
    .filter(([name, { security }]) => name.includes(' /api/') && security.length === 0)
    .map(([name]) => name);
  assert.deepEqual(open, ['GET /api/session', 'POST /api/session']);
});

test('what senders send and are answered in the fixtures is as described', () => {
  const faults: string[] = [];
  const seen = { answers: 0, bodies: 0 };
  const isPlain = (value: unknown) => value !== undefined && !JSON.stringify(value).includes('{{');
  for (const { file, fixture } of readFixtures())
    for (const { request, response } of fixture.exchanges) {
      const operation = operationFor(request.method, pathOf({ url: withSingleSlashes(request.path) }));
      const [status, ...others] = [response.status].flat();
      if (operation === undefined || status === undefined || others.length > 0 || fixture.protocol === 'operations')
        continue;
      if (fixture.exchanges.some(({ calls = [] }) => calls.some(({ to }) => to === 'upstream'))) continue;
      const note = (what: string, fault: string | undefined) => {
        if (fault !== undefined) faults.push(`${file}: ${what}: ${fault}`);
      };
      if (isPlain(response.body)) {
        seen.answers += 1;
        note(`answer ${status}`, faultOf(answerOf(operation, status, 'application/json'), response.body));
      }
      // Of a list some elements may be none; the answer says which.
      const isWhole = !JSON.stringify(response.body ?? '').includes('"rejected":[{');
      if (status === 200 && isWhole && isPlain(request.body)) {
        seen.bodies += 1;
        note('body', faultOf(operation.requestBody?.content['application/json'], request.body));
      }
    }
  assert.deepEqual(faults, []);
  assert.ok(seen.answers > 300 && seen.bodies > 300, JSON.stringify(seen));
});
