// Where each field of the output comes from, for all that the fixtures' events become, in both directions.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Fixture, Json } from '../../src/contract/fixture.js';
import { readFixtures } from '../../src/contract/read-fixtures.js';
import { parseDocuments } from '../../src/settings/document.js';
import { staticStore } from '../../src/settings/store.js';
import type { Output } from '../../src/sources/tester/outputs.js';
import type { TestedSource } from '../../src/sources/tester/source-tester.js';
import { createTester } from '../../src/sources/tester/tester.js';
import type { Tried } from '../../src/sources/tester/tried.js';

const NOW = 1_767_400_000_000;

const SOURCES: Partial<Record<Fixture['protocol'], TestedSource>> = {
  rudderstack: 'rudderstack',
  segment: 'segment',
  trackingApi: 'tracking-api',
  statsig: 'statsig',
};

/** With something of its kind in the place of each placeholder. */
function filled<Value>(value: Value): Value {
  const text = JSON.stringify(value).replaceAll(/\{\{([a-zA-Z]+)[^}]*\}\}/g, (_, name: string) =>
    /url$/i.test(name) ? 'https://stand-in.example' : /time/i.test(name) ? '2026-01-02T03:04:05Z' : `${name}-example`,
  );
  return JSON.parse(text);
}

function storeOf({ settings = [] }: Fixture) {
  const documents = settings.map((document, at) => ({
    id: `workspace-${at}`,
    // Audiences and deletions need a sender who is proven.
    ...('rudderstack' in document ? {} : { segment: { headerSecrets: ['header-example'] } }),
    ...filled(document),
  }));
  const text = JSON.stringify({ workspaces: documents });
  const { documents: parsed } = parseDocuments(text, 'settings.json', {
    readSecret: () => ({ value: 'from-outside' }),
  });
  return staticStore(parsed);
}

function tryBody(source: TestedSource, fixture: Fixture, body: Json): readonly Tried[] {
  const store = storeOf(fixture);
  const workspaceId = store.documents[0]?.id;
  try {
    return [...createTester({ source, store, workspaceId, now: () => NOW, note: () => {} }).tryBody(body)];
  } catch {
    // No body of this source, or no workspace for it: there is no output.
    return [];
  }
}

/** The fields that hold no others, by their JSON Pointer, worked out apart from the code. */
function leavesOf(value: unknown, at = ''): readonly (readonly [string, unknown])[] {
  if (typeof value !== 'object' || value === null) return [[at, value]];
  return Object.entries(value).flatMap(([key, field]) =>
    leavesOf(field, `${at}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`),
  );
}

function valueAt(value: unknown, pointer: string): unknown {
  return pointer
    .split('/')
    .slice(1)
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce<unknown>((found, key) => (found as Record<string, unknown> | undefined)?.[key], value);
}

/** What of one output has no origin, or one that leads nowhere. */
function faultsOf({ body, origins }: Output, event: unknown): readonly string[] {
  return leavesOf(body).flatMap(([pointer, value]) => {
    const origin = origins[pointer];
    if (origin === undefined) return [`${pointer} has no origin`];
    return origin.from
      .filter((from) => valueAt(event, from) === undefined && value !== undefined)
      .map((from) => `${pointer} comes from ${from}, which the event does not have`);
  });
}

test('each field of each output of the fixtures has an origin, and the fields that it names are in the event', () => {
  const kinds = new Map<string, number>();
  const faults: string[] = [];
  for (const { file, fixture } of readFixtures()) {
    const source = SOURCES[fixture.protocol];
    if (source === undefined) continue;
    for (const { request } of fixture.exchanges)
      for (const tried of request.body === undefined ? [] : tryBody(source, fixture, filled(request.body))) {
        if (tried.result !== 'converted') continue;
        for (const output of tried.outputs()) {
          kinds.set(output.name, (kinds.get(output.name) ?? 0) + 1);
          faults.push(...faultsOf(output, tried.explain().input).map((fault) => `${file} ${output.name}: ${fault}`));
        }
      }
  }
  assert.deepEqual(faults, []);
  for (const kind of [
    'event',
    'statsig',
    'experiment-viewed',
    'change of an ID list',
    'changes of the ID list',
    'deletion',
  ])
    assert.ok((kinds.get(kind) ?? 0) > 3, `${kind}: ${kinds.get(kind)}`);
  assert.ok((kinds.get('event') ?? 0) > 500, `${kinds.get('event')} events`);
});
