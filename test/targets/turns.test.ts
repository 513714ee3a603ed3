// Which lanes must not send at the same time, by the settings as they are; and that their name tells no key.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Secret } from '../../src/base/secret.js';
import { laneId } from '../../src/outbox/lane-id.js';
import { createTurnOf } from '../../src/targets/turns.js';
import type { CompiledAudiences } from '../../src/transform/compiled-audiences.js';
import type { CompiledOutbound, OutboundTarget } from '../../src/transform/compiled-outbound.js';
import type { CompiledWorkspace } from '../../src/transform/compiled-workspace.js';
import { audiencesOf } from '../../testkit/id-list-rig.js';

const target = (name: string, key: string, host = 'https://api.segment.io', path = '/v1/batch'): OutboundTarget => ({
  name,
  writeKey: new Secret(key),
  host,
  path,
});

const CONSOLE_URL = 'https://statsigapi.net/console/v1';

function turnOf(
  audiences: Readonly<Record<string, Partial<CompiledAudiences>>>,
  targets: Readonly<Record<string, readonly OutboundTarget[]>> = {},
) {
  const compiled = new Map(
    Object.entries(audiences).map(([id, parts]) => {
      const audiences = audiencesOf(CONSOLE_URL, { workspaceId: id, consoleKey: new Secret('console-one'), ...parts });
      return [id, { audiences } as unknown as CompiledWorkspace];
    }),
  );
  const turn = createTurnOf({
    workspace: (id) => compiled.get(id),
    outbound: (id) =>
      targets[id] === undefined ? undefined : ({ targets: targets[id] } as unknown as CompiledOutbound),
  });
  return (workspaceId: string, name: string) => turn(laneId(workspaceId, name));
}

test('lanes that change the same list with the same key take turns, of whichever workspace they are', () => {
  const turn = turnOf({
    shop: {},
    outlet: {},
    other: { consoleKey: new Secret('console-two') },
    staging: { consoleUrl: 'https://staging.example/console/v1' },
  });
  const vip = turn('shop', 'statsig-list-vip');
  assert.equal(turn('outlet', 'statsig-list-vip'), vip);
  assert.notEqual(turn('shop', 'statsig-list-other'), vip, 'another list');
  assert.notEqual(turn('other', 'statsig-list-vip'), vip, 'another key');
  assert.notEqual(turn('staging', 'statsig-list-vip'), vip, 'another Statsig');
});

test('lanes that send with the same write key to the same place take turns', () => {
  const turn = turnOf(
    {},
    {
      shop: [target('one', 'write-key'), target('again', 'write-key')],
      outlet: [
        target('two', 'write-key'),
        target('elsewhere', 'write-key', 'https://eu1.api.segmentapis.com'),
        target('path', 'write-key', 'https://api.segment.io', '/beta/v1/batch'),
        target('key', 'another'),
      ],
    },
  );
  const one = turn('shop', 'one');
  assert.equal(turn('shop', 'again'), one);
  assert.equal(turn('outlet', 'two'), one);
  for (const name of ['elsewhere', 'path', 'key']) assert.notEqual(turn('outlet', name), one, name);
});

test('a lane that shares with no other has its own name, and so have those without settings', () => {
  const turn = turnOf({ shop: {}, dry: { consoleKey: undefined } }, { shop: [target('one', 'write-key')] });
  for (const [workspace, name] of [
    ['shop', 'statsig'],
    ['shop', 'statsig-deletions'],
    ['shop', 'statsig-dry-run-list-vip'],
    ['shop', 'gone'],
    ['dry', 'statsig-list-vip'],
    ['gone', 'statsig-list-vip'],
    ['gone', 'one'],
  ] as const)
    assert.equal(turn(workspace, name), `${workspace}/${name}`);
});

test('the name of a turn tells no key and is never that of a lane', () => {
  const turn = turnOf({ shop: {} }, { shop: [target('one', 'write-key')] });
  for (const name of ['statsig-list-vip', 'one']) assert.match(turn('shop', name), /^[\w-]{43}$/);
});
