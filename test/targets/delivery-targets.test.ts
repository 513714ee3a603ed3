// Which target a lane's name stands for.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { DELETIONS_TARGET, listTarget, STATSIG_TARGET } from '../../src/outbox/lane-id.js';
import { createDocumentCompiler } from '../../src/settings/compile-document.js';
import { createSegmentTargets } from '../../src/targets/segment/target.js';
import type { StatedTarget } from '../../src/targets/stated-target.js';
import { createTargets } from '../../src/targets/targets.js';
import { DRY_RUN_TARGET } from '../../src/transform/compiled-outbound.js';
import { documentStore } from '../../testkit/sources.js';

const NOWHERE = 'http://127.0.0.1:9';

function stub(title: string): StatedTarget {
  const send = () => Promise.reject(new Error('not sent here'));
  return { title, identity: title, maxBatchEvents: 1, maxBatchBytes: 1, requests: () => [], send };
}

function titles(context: TestContext) {
  const targets = ['web', 'app'].map((name) => ({ name, writeKey: `key-of-${name}`, host: NOWHERE }));
  const store = documentStore([
    { id: 'shop', secretKey: 'secret-example', consoleKey: 'console-example', outbound: { targets } },
    { id: 'plain', secretKey: 'secret-example' },
  ]);
  const documents = createDocumentCompiler();
  const find = (id: string) => store.documents.find((document) => document.id === id);
  const segment = createSegmentTargets({ maxClients: 2, timeoutMs: 1_000 });
  context.after(() => segment.close());
  const resolve = createTargets({
    workspace: (id) => {
      const document = find(id);
      return document && documents.compile(document);
    },
    outbound: (id) => {
      const document = find(id);
      return document && documents.compileOutbound(document);
    },
    statsig: { sessionId: 'session', timeoutMs: 1_000, now: Date.now, record: () => {} },
    segment,
    idLists: { targetOf: ({ workspaceId }, listId) => stub(`list ${listId} of ${workspaceId}`) },
    deletions: { targetOf: ({ id }) => stub(`deletions of ${id}`) },
  });
  return (workspaceId: string, name: string) => {
    const found = resolve(workspaceId, name);
    return 'kind' in found ? undefined : found.title;
  };
}

test('each name stands for one target of its workspace', (context) => {
  const titleOf = titles(context);
  for (const [name, title] of [
    ['web', 'web'],
    ['app', 'app'],
    [STATSIG_TARGET, 'Statsig'],
    [DELETIONS_TARGET, 'deletions of shop'],
    [listTarget('vip'), 'list vip of shop'],
    [DRY_RUN_TARGET, DRY_RUN_TARGET],
    ['gone', undefined],
    ['statsig-unheard-of', undefined],
  ] as const) {
    assert.equal(titleOf('shop', name), title, name);
    assert.equal(titleOf('gone', name), undefined, `${name} of a workspace that is gone`);
  }
});

test('a workspace that sends events to Statsig and has no console key keeps no lists', (context) => {
  const titleOf = titles(context);
  assert.equal(titleOf('plain', listTarget('vip')), undefined);
  assert.equal(titleOf('plain', STATSIG_TARGET), 'Statsig');
});
