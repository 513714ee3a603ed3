// What is wrong with a request for operators is said with its place and what would be right; the checks of the bundle say the same.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { writeRequestChecks } from '../../scripts/bundle-parts.js';
import { describeFault } from '../../src/operate/api/describe-fault.js';
import { type Part, requestCheck } from '../../src/operate/api/request-checks.js';
import { REQUESTS } from '../../src/operate/api/requests.generated.js';
import { temporaryDirectory } from '../../testkit/settings.js';

type Check = typeof requestCheck;

const ROWS: readonly (readonly [route: string, part: Part, value: unknown, fault: string | undefined])[] = [
  ['signIn', 'body', { token: 'a' }, undefined],
  ['signIn', 'body', { tokn: 'a' }, 'body must be {token} or {link}'],
  ['dropWaiting', 'body', { workspace: 'shop', target: 'statsig' }, undefined],
  ['dropWaiting', 'body', { workspace: 'shop' }, 'body.target is missing'],
  ['dropWaiting', 'body', { workspace: 1, target: 'statsig' }, 'body.workspace must be a string'],
  [
    'dropWaiting',
    'body',
    { workspce: 'shop', target: 'x', workspace: 'x' },
    'body.workspce is not known: did you mean workspace?',
  ],
  ['dropWaiting', 'body', ['shop'], 'body must be an object'],
  ['liveSamples', 'query', { workspace: 'shop', limit: '20' }, undefined],
  ['liveSamples', 'query', { workspace: 'shop', limit: 'x' }, 'query.limit must be a whole number'],
  ['liveSamples', 'query', { workspace: 'shop', limit: '0' }, 'query.limit must be >= 1'],
  ['liveSamples', 'query', { workspace: 'shop', limit: ['1', '2'] }, 'query.limit must be a whole number'],
  [
    'liveSamples',
    'query',
    { workspace: 'shop', source: 'nobody' },
    'query.source must be segment, tracking-api, rudderstack or statsig',
  ],
  [
    'saveSettings',
    'body',
    { workspace: 'shop', version: 'v', changes: [{ path: [] }] },
    'body.changes[0].path must NOT have fewer than 1 items',
  ],
];

function faultBy(check: Check, [route, part, value]: (typeof ROWS)[number]): string | undefined {
  const found = check(route, part);
  assert.ok(found, `${route} takes a ${part}`);
  const copy = structuredClone(value);
  return found(copy) ? undefined : describeFault(part, REQUESTS[route]?.[part] ?? {}, found.errors ?? []);
}

test('a fault is named with its place and what would be right, in the process and in its bundle', async (context) => {
  const file = join(temporaryDirectory(context), 'checks.mjs');
  const require = `import { createRequire } from 'node:module';\nconst require = createRequire(${JSON.stringify(import.meta.url)});`;
  writeFileSync(file, `${require}\n${writeRequestChecks()}`);
  const bundled: { readonly requestCheck: Check } = await import(pathToFileURL(file).href);
  for (const row of ROWS) {
    assert.equal(faultBy(requestCheck, row), row[3]);
    assert.equal(faultBy(bundled.requestCheck, row), row[3]);
  }
  for (const [route, { query, body }] of Object.entries(REQUESTS)) {
    assert.equal(bundled.requestCheck(route, 'query') !== undefined, query !== undefined, route);
    assert.equal(bundled.requestCheck(route, 'body') !== undefined, body !== undefined, route);
  }
});
