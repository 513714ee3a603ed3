// Settings that operators change through /api: what is shown, what is written, and what is refused.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseDocuments } from '../../src/settings/document.js';
import { replaceSettingsFile } from '../../src/settings/write/replace-settings-file.js';
import { versionOf } from '../../src/settings/write/settings-files.js';
import { anyCharacter } from '../../testkit/any-character.js';
import { serve } from '../../testkit/loopback.js';
import { propertyRuns } from '../../testkit/property-runs.js';
import { temporaryDirectory } from '../../testkit/settings.js';
import { startSettings } from '../../testkit/settings-desk.js';
import { mountSmallDisk } from '../../testkit/small-disk.js';
import { until } from '../../testkit/until.js';

const SHOP = `# The shop.
id: shop
secretKey: "literal-key-of-the-shop" # do not tell
trackingApi: { writeKeys: [shop-write-key] }
identifierMappings:
  # devices
  - { from: context.device.id, to: stableID }
excludeEvents: [Heartbeat]
`;
const ROW = { path: ['identifierMappings', 1], value: { from: 'anonymousId', to: 'segmentAnonymousId' } };
const SAVED = SHOP.replace('excludeEvents', '  - { from: anonymousId, to: segmentAnonymousId }\nexcludeEvents');
const PORTS = { PUBLIC_PORT: '0' };

test('a change is previewed, saved, in force, in the history, undone, and done again', async (context) => {
  const rig = await startSettings(context, { 'shop.yaml': SHOP }, PORTS);
  const document = await rig.document();
  assert.equal(document.workspace, 'shop');
  assert.doesNotMatch(JSON.stringify(document), /literal-key|shop-write-key/);
  assert.match(document.text, /secretKey: "kept:1" # do not tell/);
  const edit = { workspace: 'shop', version: document.version, changes: [ROW] };

  const preview = await rig.preview(edit);
  assert.equal(preview.status, 200, preview.text);
  assert.equal(preview.body.isChange, true);
  assert.deepEqual(preview.body.faults, []);
  assert.match(preview.body.diff, /\+ {2}- \{ from: anonymousId, to: segmentAnonymousId \}/);
  assert.equal(rig.files()['shop.yaml'], SHOP, 'a preview writes nothing');

  const saved = await rig.save(edit);
  assert.equal(saved.status, 200, saved.text);
  assert.equal(saved.body.inForce, true, saved.text);
  assert.equal(saved.body.generation, 2);
  assert.deepEqual(rig.files(), { 'shop.yaml': SAVED });
  const after = await rig.document();
  assert.deepEqual((after.value.identifierMappings as unknown[])[1], ROW.value);
  assert.equal(after.version, saved.body.version);

  const { versions } = (await rig.history('?workspace=shop')).body;
  assert.deepEqual(
    versions.map(({ by, isCurrent, canUndo, workspaces }) => ({ by, isCurrent, canUndo, workspaces })),
    [{ by: 'console', isCurrent: true, canUndo: true, workspaces: ['shop'] }],
  );
  const id = versions[0]?.id ?? '';
  const details = await rig.history(`?id=${id}`);
  assert.doesNotMatch(details.text, /literal-key|shop-write-key/);
  assert.match(details.body.details?.diff ?? '', /\+ {2}- \{ from: anonymousId/);
  assert.match(details.body.details?.undo ?? '', /- {2}- \{ from: anonymousId/);

  const undone = await rig.undo({ id, version: details.body.details?.version });
  assert.equal(undone.status, 200, undone.text);
  assert.equal(undone.body.inForce, true);
  assert.deepEqual(rig.files(), { 'shop.yaml': SHOP });
  const [last] = (await rig.history()).body.versions;
  assert.equal(last?.by, 'undo');
  const version = (await rig.history(`?id=${last?.id}`)).body.details?.version;
  assert.equal((await rig.undo({ id: last?.id, version })).status, 200);
  assert.deepEqual(rig.files(), { 'shop.yaml': SAVED }, 'an undo is undone');

  const kept = join(rig.directory, 'data', 'settings-history');
  assert.equal(statSync(kept).mode & 0o777, 0o700);
  for (const name of readdirSync(kept)) assert.equal(statSync(join(kept, name)).mode & 0o777, 0o600);
});

test('what is refused leaves the file as it was', async (context) => {
  const rig = await startSettings(
    context,
    { 'shop.yaml': SHOP, 'blog.yaml': 'id: blog\nsecretKey: literal-of-the-blog\n' },
    PORTS,
  );
  const { version } = await rig.document('shop');
  const edit = { workspace: 'shop', version, changes: [ROW] };
  const before = rig.files();
  const set = (path: readonly (string | number)[], value: unknown) => ({ ...edit, changes: [{ path, value }] });
  const cases: readonly (readonly [object, number, string, ('read' | 'none')?])[] = [
    [edit, 403, 'ROLE_INSUFFICIENT', 'read'],
    [edit, 401, 'ADMIN_REFUSED', 'none'],
    [{ ...edit, version: 'another' }, 409, 'SETTINGS_CHANGED'],
    [{ ...edit, workspace: 'unknown' }, 404, 'WORKSPACE_UNKNOWN'],
    [set(['identifierMapping'], []), 400, 'SETTINGS_EDIT_FAULTY'],
    [set(['identifierMappings', 0, 'from'], '$.anonymousId'), 400, 'SETTINGS_EDIT_FAULTY'],
    [set(['id'], 'blog'), 400, 'SETTINGS_EDIT_FAULTY'],
    [set(['secretKey'], 'env:NOT_SET_ANYWHERE'), 400, 'SETTINGS_EDIT_FAULTY'],
    [{ ...edit, changes: undefined, text: 'id: shop\n\tx: 1\n' }, 400, 'SETTINGS_EDIT_FAULTY'],
    [
      { ...edit, changes: undefined, text: 'id: shop\nsecretKey: kept:99\nmode: webhooks\n' },
      400,
      'SETTINGS_EDIT_FAULTY',
    ],
    [{ ...edit, changes: [{ path: [], value: {} }] }, 400, 'REQUEST_INVALID'],
    [{ ...edit, text: 'id: shop' }, 400, 'SETTINGS_EDIT_INVALID'],
    [{}, 400, 'REQUEST_INVALID'],
  ];
  for (const [body, status, code, role] of cases) {
    const answer = await rig.save(body, role ?? 'write');
    assert.deepEqual([answer.status, answer.body.error], [status, code], answer.text);
    assert.doesNotMatch(answer.text, /literal-|shop-write-key/);
    assert.deepEqual(rig.files(), before);
  }
  const faulty = await rig.save(set(['id'], 'blog'));
  assert.match(JSON.stringify(faulty.body.faults), /workspace id blog already belongs to/);
  assert.equal((await rig.undo({ id: 'none', version })).body.error, 'SETTINGS_VERSION_UNKNOWN');
  assert.equal((await rig.undo({ id: 'none', version }, 'read')).status, 403);
  assert.deepEqual((await rig.history()).body.versions, [], 'nothing of it is in the history');
});

test('a file that was changed meanwhile is not written over: both versions are shown', async (context) => {
  const rig = await startSettings(context, { 'shop.yaml': SHOP }, PORTS);
  const { version } = await rig.document();
  const other = SHOP.replace('# The shop.', '# The shop of others.\ndefaultEnvironment: staging');
  writeFileSync(join(rig.settings, 'shop.yaml'), other);
  const refused = await rig.save({ workspace: 'shop', version, changes: [ROW] });
  assert.equal(refused.status, 409, refused.text);
  assert.match(refused.body.current?.text ?? '', /of others/);
  assert.match(refused.body.yours ?? '', /of others[\s\S]*segmentAnonymousId/, 'the change is shown on top of it');
  assert.match(refused.body.diff ?? '', /^\+ .*segmentAnonymousId/m);
  assert.doesNotMatch(refused.text, /literal-key/);
  assert.equal(rig.files()['shop.yaml'], other);
  await until(async () => (await rig.history()).body.versions.length > 0, 'the edit by hand is in the history');
  const [{ by } = {}] = (await rig.history()).body.versions;
  assert.equal(by, 'outside');
  // Of two edits of one version one is written.
  const now = await rig.document();
  const both = await Promise.all(
    ['a', 'b'].map((value) =>
      rig.save({ workspace: 'shop', version: now.version, changes: [{ path: ['eventNamePrefix'], value }] }),
    ),
  );
  assert.deepEqual(both.map(({ status }) => status).sort(), [200, 409]);
});

test('the form and the mode stay, links are followed, and nothing else in the directory is touched', async (context) => {
  const rig = await startSettings(
    context,
    { 'README.md': 'ours', '.hidden.yaml': 'id: hidden', 'blog.json': '{\n  "id": "blog"\n}\n' },
    PORTS,
  );
  const real = join(rig.directory, 'real.yaml');
  const text = '\uFEFFid: shop\r\n# note\r\nexcludeEvents: &names\r\n- "A\\u00e9" # é\r\n';
  writeFileSync(real, text);
  chmodSync(real, 0o640);
  symlinkSync(real, join(rig.settings, 'shop.yaml'));
  await until(async () => (await rig.read()).body.state.workspaces.length === 2, 'both are in force');
  const { version } = await rig.document('shop');
  const changes = [{ path: ['excludeEvents', 1], value: 'Ünï ☃: "x"' }];
  const saved = await rig.save({ workspace: 'shop', version, changes });
  assert.equal(saved.status, 200, saved.text);
  assert.equal(
    readFileSync(real, 'utf8'),
    `${text}- 'Ünï ☃: "x"'\r\n`.replace(`'Ünï ☃: "x"'`, JSON.stringify('Ünï ☃: "x"')),
  );
  assert.equal(statSync(real).mode & 0o777, 0o640);
  assert.ok(lstatSync(join(rig.settings, 'shop.yaml')).isSymbolicLink());
  const { '.hidden.yaml': hidden, 'README.md': readme, 'blog.json': blog } = rig.files();
  assert.deepEqual([hidden, readme, blog], ['id: hidden', 'ours', '{\n  "id": "blog"\n}\n']);
  assert.deepEqual(readdirSync(rig.settings).sort(), ['.hidden.yaml', 'README.md', 'blog.json', 'shop.yaml']);
});

test('what is not writable says so before and at the save, with the edit to make', async (context) => {
  const rig = await startSettings(context, { 'shop.yaml': SHOP }, PORTS);
  chmodSync(join(rig.settings, 'shop.yaml'), 0o444);
  const document = await rig.document();
  assert.equal(document.writeProblem, 'is read-only');
  const edit = { workspace: 'shop', version: document.version, changes: [ROW] };
  assert.equal((await rig.preview(edit)).body.writeProblem, 'is read-only');
  const refused = await rig.save(edit);
  assert.deepEqual([refused.status, refused.body.error], [409, 'SETTINGS_NOT_WRITABLE'], refused.text);
  assert.match(refused.body.diff ?? '', /^\+ .*segmentAnonymousId/m);
  assert.doesNotMatch(refused.text, /literal-key/);
  assert.deepEqual(rig.files(), { 'shop.yaml': SHOP });
  assert.deepEqual((await rig.history()).body.versions, []);

  // As Kubernetes mounts a ConfigMap.
  const data = join(rig.settings, '..2026_11_30');
  mkdirSync(data);
  writeFileSync(join(data, 'cluster.yaml'), 'id: cluster\n');
  symlinkSync('..2026_11_30', join(rig.settings, '..data'));
  symlinkSync('..data/cluster.yaml', join(rig.settings, 'cluster.yaml'));
  await until(async () => (await rig.read()).body.state.workspaces.length === 2, 'it is in force');
  assert.match((await rig.document('cluster')).writeProblem ?? '', /ConfigMap/);
});

test('a full disk leaves the file and the directory as they were', async (context) => {
  const disk = mountSmallDisk(context, 64 * 1024);
  if (disk === undefined) return;
  const rig = await startSettings(context, {}, { ...PORTS, STATSIG_CDP_SETTINGS: disk });
  const file = join(disk, 'shop.yaml');
  writeFileSync(file, SHOP);
  await until(async () => (await rig.read()).body.document?.workspace === 'shop', 'it is in force');
  writeFileSync(join(disk, 'filler'), Buffer.alloc(52 * 1024));
  const { version } = await rig.document('shop');
  const refused = await rig.save({
    workspace: 'shop',
    version,
    changes: [{ path: ['excludeEvents'], value: Array.from({ length: 2000 }, (_, index) => `Event ${index}`) }],
  });
  assert.deepEqual([refused.status, refused.body.error], [503, 'SETTINGS_NOT_SAVED'], refused.text);
  assert.match(refused.body.message ?? '', /ENOSPC/);
  assert.equal(readFileSync(file, 'utf8'), SHOP);
  assert.deepEqual(readdirSync(disk).sort(), ['filler', 'shop.yaml']);
  assert.deepEqual((await rig.history()).body.versions, []);
});

test('where there are no settings yet, the first document is made', async (context) => {
  const rig = await startSettings(context, {}, { STATSIG_CDP_SETTINGS: '' });
  const previous = process.cwd();
  context.after(() => process.chdir(previous));
  process.chdir(rig.directory);
  const { document, state } = (await rig.read()).body;
  assert.equal(state.kind, 'none');
  assert.equal(document?.version, 'none');
  assert.equal(document?.file, 'settings/default.yaml');
  const saved = await rig.save({
    workspace: 'default',
    version: 'none',
    changes: [ROW].map(({ value }) => ({ path: ['identifierMappings'], value: [value] })),
  });
  assert.equal(saved.status, 200, saved.text);
  assert.equal(saved.body.inForce, true, saved.text);
  assert.match(
    rig.files()['default.yaml'] ?? '',
    /^# Settings of one workspace[\s\S]*id: default[\s\S]*from: anonymousId/,
  );
  const again = await rig.save({ workspace: 'default', version: 'none', changes: [] });
  assert.equal(again.body.error, 'SETTINGS_CHANGED');
  assert.equal((await rig.history()).body.versions[0]?.canUndo, false);
  assert.ok(!existsSync(join(rig.directory, 'settings', 'x')));
});

test('a loss is in force after a moment, and the save says so', async (context) => {
  const rig = await startSettings(context, { 'shop.yaml': SHOP }, PORTS);
  const { version } = await rig.document();
  const saved = await rig.save({ workspace: 'shop', version, changes: [{ path: ['trackingApi'] }] });
  assert.equal(saved.status, 200, saved.text);
  assert.equal(saved.body.inForce, false);
  assert.match(saved.body.note ?? '', /shop: trackingApi\.writeKeys/);
});

test('the last events and a pasted one show what an edit changes, each as it will be sent', async (context) => {
  const rig = await startSettings(
    context,
    {
      'shop.yaml':
        'id: shop\ntrackingApi: { writeKeys: [shop-write-key] }\noutbound:\n  signingSecrets: [signing-secret-1]\n  targets:\n    - { name: a, writeKey: key-of-a }\nsegment: { headerSecrets: [header-secret-1] }\n',
    },
    PORTS,
  );
  const batch = (['Order Completed', 'Heartbeat', 'Heartbeat'] as const).map((event, index) => ({
    type: 'track',
    event,
    userId: `user-${index}`,
    anonymousId: 'anonymous-1',
    messageId: `message-${index}`,
    timestamp: '2026-11-30T12:00:00.000Z',
    properties: { plan: 'gold' },
  }));
  for (const event of [...batch, { ...batch[0], type: 'page', name: 'Home', messageId: 'message-3' }]) {
    const { status } = await fetch(`${rig.server.publicUrl}/v1/batch`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ writeKey: 'shop-write-key', batch: [event] }),
    });
    assert.equal(status, 200);
  }
  const { version } = await rig.document();
  const edit = { workspace: 'shop', version };
  const none = (await rig.preview({ ...edit, changes: [] })).body;
  assert.deepEqual(none.effect?.counts, {
    unchanged: 4,
    changed: 0,
    newly_sent: 0,
    newly_filtered: 0,
    newly_invalid: 0,
  });
  assert.equal(none.isChange, false);

  const sample = {
    source: 'statsig',
    body: [
      { eventName: 'Checkout', user: { userID: 'u' }, time: 1_764_500_000_000, value: '', metadata: {}, timeUUID: 'x' },
    ],
  };
  const changes = [
    { path: ['excludeEvents'], value: ['Heart*', 'page:*'] },
    { path: ['identifierMappings'], value: [{ from: 'anonymousId', to: 'segmentAnonymousId' }] },
    { path: ['outbound', 'targets', 0, 'host'], value: 'https://events.eu1.segmentapis.com' },
  ];
  const { body: preview, text } = await rig.preview({ ...edit, changes, sample });
  assert.deepEqual(
    preview.effect?.counts,
    { unchanged: 0, changed: 1, newly_sent: 0, newly_filtered: 3, newly_invalid: 0 },
    text,
  );
  const changed = preview.effect?.events.find(({ verdict }) => verdict === 'changed');
  assert.deepEqual(
    changed?.fields.map(({ path, after }) => [path, after]),
    [['events[0].user.customIDs.segmentAnonymousId', '"anonymous-1"']],
  );
  assert.deepEqual(
    preview.effect?.names.map(({ name, tried, sentBefore, sentAfter }) => [name, tried, sentBefore, sentAfter]).sort(),
    [
      ['Heartbeat', 2, 2, 0],
      ['Order Completed', 1, 1, 1],
      ['page:Home', 1, 1, 0],
    ],
  );
  assert.deepEqual(preview.effect?.patterns, [
    { list: 'excludeEvents', pattern: 'Heart*', names: ['Heartbeat'] },
    { list: 'excludeEvents', pattern: 'page:*', names: ['page:Home'] },
  ]);
  assert.ok(preview.effect?.fields.includes('properties.plan'));
  const [tried] = preview.effect?.sample ?? [];
  assert.deepEqual(
    [tried?.name, tried?.verdict, tried?.fields.map(({ path }) => path)],
    ['Checkout', 'changed', ['url']],
    text,
  );
  assert.doesNotMatch(text, /key-of-a|shop-write-key|signing-secret|header-secret/);
});

test('whatever valid edit is saved, what is loaded is what was previewed', async (context) => {
  const start = '# head\nid: shop # the shop\noutbound: { paused: false } # out\n# foot\n';
  const rig = await startSettings(context, { 'shop.yaml': start, 'blog.json': '{"id":"blog"}' }, PORTS);
  const text = fc.string({ unit: anyCharacter, minLength: 1, maxLength: 8 });
  const names = fc.uniqueArray(
    fc.oneof(text, fc.constantFrom('Order *', 'page:Home', '# x', 'a: b', '*', "it's", '- x', 'null')),
    { maxLength: 4 },
  );
  const row = fc.record({
    from: fc.constantFrom('anonymousId', 'properties.companyId', 'context.device.id'),
    to: fc.constantFrom('stableID', 'companyID', 'x'),
  });
  const change = fc.oneof(
    fc.record({
      path: fc.constantFrom(['excludeEvents'], ['includeEvents'], ['outbound', 'excludeEvents']),
      value: names,
    }),
    fc.record({
      path: fc.constant(['identifierMappings']),
      value: fc.uniqueArray(row, { maxLength: 4, selector: ({ from }) => from }),
    }),
    fc.record({
      path: fc.constantFrom(['defaultEnvironment'], ['eventNamePrefix']),
      value: fc.string({ unit: anyCharacter, maxLength: 6 }),
    }),
    fc.record({ path: fc.constantFrom(['outbound', 'paused'], ['paused']), value: fc.boolean() }),
    fc.record({ path: fc.constantFrom(['excludeEvents'], ['identifierMappings'], ['outbound']) }),
  );
  let saves = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('shop', 'blog'),
      fc.array(change, { minLength: 1, maxLength: 3 }),
      async (workspace, changes) => {
        const { version } = await rig.document(workspace);
        const edit = { workspace, version, changes };
        const { body: preview, text: said } = await rig.preview({ ...edit, events: 0 });
        const before = rig.files();
        const saved = await rig.save(edit);
        if (preview.faults.length > 0) {
          assert.equal(saved.body.error, 'SETTINGS_EDIT_FAULTY', said);
          assert.deepEqual(rig.files(), before);
          return;
        }
        assert.equal(saved.status, 200, saved.text);
        saves += 1;
        assert.deepEqual((await rig.document(workspace)).value, preview.value);
        const { documents, faults } = parseDocuments(
          rig.files()[workspace === 'shop' ? 'shop.yaml' : 'blog.json'] ?? '',
          `${workspace}.yaml`,
        );
        assert.deepEqual([faults, documents.length], [[], 1]);
        for (const line of ['# head', 'id: shop # the shop', '# foot'])
          assert.ok(rig.files()['shop.yaml']?.includes(line), line);
      },
    ),
    { numRuns: propertyRuns(25) },
  );
  assert.ok(saves > 0);
});

test('a process that is killed before the file is replaced leaves the old one, and its draft goes with a later save', async (context) => {
  const rig = await startSettings(context, { 'shop.yaml': SHOP }, PORTS);
  const file = join(rig.settings, 'shop.yaml');
  const module = new URL('../../src/settings/write/replace-settings-file.js', import.meta.url).href;
  const script = `
    import promises from 'node:fs/promises';
    import { syncBuiltinESMExports } from 'node:module';
    promises.rename = () => process.kill(process.pid, 'SIGKILL');
    syncBuiltinESMExports();
    const { replaceSettingsFile } = await import(${JSON.stringify(module)});
    await replaceSettingsFile(${JSON.stringify(file)}, 'id: other', ${JSON.stringify(versionOf(SHOP))});
  `;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'ignore' });
  const [, signal] = await once(child, 'exit');
  assert.equal(signal, 'SIGKILL');
  const [draft = '', ...others] = readdirSync(rig.settings);
  assert.deepEqual(others, ['shop.yaml']);
  assert.match(draft, /^\.shop\.yaml\.statsig-cdp-.*\.tmp$/);
  assert.equal(statSync(join(rig.settings, draft)).mode & 0o777, statSync(file).mode & 0o777);
  assert.equal(readFileSync(file, 'utf8'), SHOP);
  assert.equal((await rig.read()).body.state.workspaces.length, 1, 'a draft is no settings file');
  utimesSync(join(rig.settings, draft), 0, 0);
  const { version } = await rig.document();
  assert.equal((await rig.save({ workspace: 'shop', version, changes: [ROW] })).status, 200);
  assert.deepEqual(rig.files(), { 'shop.yaml': SAVED });
});

test('an edit by hand is in the history, also one that was made while the process was away', async (context) => {
  const rig = await startSettings(context, { 'shop.yaml': SHOP }, PORTS);
  const file = join(rig.settings, 'shop.yaml');
  const { version } = await rig.document();
  assert.equal((await rig.save({ workspace: 'shop', version, changes: [ROW] })).status, 200);
  writeFileSync(file, SAVED.replace('Heartbeat', 'Heartbeats'));
  await until(async () => (await rig.history()).body.versions.length === 2, 'the edit by hand');
  await rig.server.stop();
  writeFileSync(file, SAVED.replace('Heartbeat', 'Pulse'));
  const again = await rig.again();
  await again.document();
  await until(async () => (await again.history()).body.versions.length === 3, 'the edit of the time between');
  const { versions } = (await again.history()).body;
  assert.deepEqual(
    versions.map(({ by }) => by),
    ['outside', 'outside', 'console'],
  );
  const oldest = versions.at(-1)?.id;
  const details = (await again.history(`?id=${oldest}`)).body.details;
  assert.match(details?.undo ?? '', /^-.*Pulse/m, 'an undo of an old change shows what else it takes back');
  assert.equal((await again.undo({ id: oldest, version: details?.version })).status, 200);
  assert.equal(readFileSync(file, 'utf8'), SHOP);
});

test('a file that is no YAML any more is not shown, and the last version that was can be put back', async (context) => {
  const rig = await startSettings(context, { 'shop.yaml': SHOP }, PORTS);
  const { version } = await rig.document();
  assert.equal((await rig.save({ workspace: 'shop', version, changes: [ROW] })).status, 200);
  writeFileSync(join(rig.settings, 'shop.yaml'), 'id: shop\n\tsecretKey: "literal-key-of-the-shop"\n');
  await until(async () => (await rig.read()).body.state.lastError !== undefined, 'the fault is told');
  const { body, text } = await rig.read();
  assert.equal(body.document, undefined);
  assert.match(body.problem ?? '', /line 2/);
  assert.doesNotMatch(text, /literal-key/);
  await until(async () => (await rig.history()).body.versions.length === 2, 'the edit by hand');
  const [{ id, by } = {}] = (await rig.history()).body.versions;
  assert.equal(by, 'outside');
  const { body: history, text: shown } = await rig.history(`?id=${id}`);
  assert.doesNotMatch(shown, /literal-key/);
  const undone = await rig.undo({ id, version: history.details?.version });
  assert.deepEqual([undone.status, undone.body.inForce], [200, true], undone.text);
  assert.deepEqual(rig.files(), { 'shop.yaml': SAVED });
});

test('a key that is changed is in no answer, neither the old one nor the new one', async (context) => {
  const rig = await startSettings(context, { 'shop.yaml': SHOP }, PORTS);
  const { version, text } = await rig.document();
  const edited = text.replace('"kept:1"', '"literal-key-that-is-new"');
  const answer = await rig.save({ workspace: 'shop', version, text: edited });
  assert.equal(answer.status, 200, answer.text);
  assert.equal(rig.files()['shop.yaml'], SHOP.replace('literal-key-of-the-shop', 'literal-key-that-is-new'));
  const id = answer.body.change ?? '';
  const { text: history, body } = await rig.history(`?id=${id}`);
  assert.match(
    body.details?.diff ?? '',
    /^-secretKey: "kept:\d+" # do not tell\n\+secretKey: "kept:\d+" # do not tell$/m,
  );
  for (const shown of [answer.text, history, (await rig.read()).text, ...rig.server.lines])
    assert.doesNotMatch(shown, /literal-key|shop-write-key/);
});

test('a file that is changed between the check and the end is left as it is', async (context) => {
  const directory = temporaryDirectory(context);
  const file = join(directory, 'shop.yaml');
  writeFileSync(file, SHOP);
  assert.deepEqual(await replaceSettingsFile(file, SAVED, versionOf(`${SHOP}#`)), { kind: 'changed' });
  assert.deepEqual(await replaceSettingsFile(file, SAVED, versionOf(undefined)), { kind: 'changed' });
  assert.deepEqual(await replaceSettingsFile(join(directory, 'new.yaml'), SAVED, versionOf(SHOP)), { kind: 'changed' });
  assert.deepEqual(readdirSync(directory), ['shop.yaml']);
  assert.equal(readFileSync(file, 'utf8'), SHOP);
});

test('the edit of settings of a config service is checked and shown, and is to be made there', async (context) => {
  const workspaces = [{ id: 'shop', secretKey: 'literal-key-of-the-shop' }];
  const { url: service, close } = await serve((_request, response) => response.end(JSON.stringify({ workspaces })));
  context.after(close);
  const rig = await startSettings(context, {}, { ...PORTS, STATSIG_CDP_SETTINGS: `${service}/all?key=in-the-query` });
  const { document, state } = (await rig.read()).body;
  assert.equal(state.kind, 'service');
  assert.equal(document?.file, `${service}/all`);
  assert.match(document?.writeProblem ?? '', /config service/);
  const edit = {
    workspace: 'shop',
    version: document?.version,
    changes: [{ path: ['eventNamePrefix'], value: 'shop_' }],
  };
  const preview = await rig.preview(edit);
  assert.deepEqual(preview.body.faults, [], preview.text);
  assert.match(preview.body.diff, /^\+.*"eventNamePrefix":"shop_"/m);
  const faulty = { ...edit, changes: [{ path: ['secretKey'], value: 'file:/etc/passwd' }] };
  assert.match(JSON.stringify((await rig.preview(faulty, 'write')).body.faults), /cannot name files/);
  const refused = await rig.save(edit);
  assert.deepEqual([refused.status, refused.body.error], [409, 'SETTINGS_NOT_WRITABLE'], refused.text);
  assert.match(refused.body.diff ?? '', /eventNamePrefix/);
  for (const { text } of [preview, refused, await rig.read()]) assert.doesNotMatch(text, /literal-key|in-the-query/);
  assert.deepEqual((await rig.history()).body.versions, []);
});

test('no preview shows a key, wherever an edit puts it, and who may only read learns of no variable and no file', async (context) => {
  const text = `# once literal-key-of-the-shop\n${SHOP}redact: [a] # secret-abcdefgh12345678\n`;
  const rig = await startSettings(context, { 'shop.yaml': text }, PORTS);
  const { version, text: shown } = await rig.document();
  const sample = { source: 'segment', body: { type: 'track', event: 'A', userId: 'u', messageId: 'm' } };
  const words = [...new Set(shown.match(/kept:\d+/g))];
  assert.ok(words.length >= 3, shown);
  for (const word of words) {
    const places: readonly object[] = [
      { changes: [{ path: ['eventNamePrefix'], value: word }] },
      { changes: [{ path: ['eventNameTemplates', 'track'], value: `{prefix}${word}{event}` }] },
      { text: shown.replace('excludeEvents:', `eventNamePrefix: |\n  # once ${word}\nexcludeEvents:`) },
      { text: `${shown}# ${word}\n`, isComment: true },
    ];
    for (const { isComment, ...place } of places as readonly { isComment?: boolean }[]) {
      const { body, text: said } = await rig.preview({ workspace: 'shop', version, ...place, sample }, 'write');
      if (isComment !== true) assert.match(body.faults[0]?.message ?? '', /may stand only where keys stand/, said);
      assert.doesNotMatch(said, /literal-key|abcdefgh12345678|shop-write-key/);
    }
  }
  const unknown = { changes: [{ path: ['consoleKey'], value: 'kept:99' }] };
  assert.match((await rig.preview({ workspace: 'shop', version, ...unknown })).text, /kept:99 stands for no key/);
  for (const value of ['env:HOME', 'env:NOT_SET_ANYWHERE', 'file:/etc/hostname', 'file:/not/there']) {
    const edit = { workspace: 'shop', version, changes: [{ path: ['consoleKey'], value }] };
    const { body } = await rig.preview(edit, 'read');
    assert.deepEqual(
      body.faults.map(({ message }) => message),
      ['names a variable or file that is looked up only for who may save'],
    );
  }
  assert.match(
    (
      await rig.preview(
        { workspace: 'shop', version, changes: [{ path: ['consoleKey'], value: 'env:NOT_SET_ANYWHERE' }] },
        'write',
      )
    ).text,
    /is not set/,
  );
  assert.equal((await rig.preview({ workspace: 'shop', version, changes: [ROW] }, 'read')).body.faults.length, 0);
});

test('a file that is mounted by itself is not replaced', async (context) => {
  const rig = await startSettings(context, { 'shop.yaml': SHOP }, PORTS);
  const file = join(rig.settings, 'shop.yaml');
  try {
    execFileSync('mount', ['--bind', file, file], { stdio: 'ignore' });
  } catch {
    context.skip('mounting is not permitted here');
    return;
  }
  try {
    const { version, writeProblem } = await rig.document();
    assert.match(writeProblem ?? '', /mounted by itself/);
    const refused = await rig.save({ workspace: 'shop', version, changes: [ROW] });
    assert.deepEqual([refused.status, refused.body.error], [409, 'SETTINGS_NOT_WRITABLE'], refused.text);
    // Whatever was seen of it before: the system refuses, too.
    assert.deepEqual(await replaceSettingsFile(file, SAVED, versionOf(SHOP)), { kind: 'failed', code: 'EBUSY' });
    assert.deepEqual(rig.files(), { 'shop.yaml': SHOP });
  } finally {
    execFileSync('umount', ['-l', file]);
  }
});
