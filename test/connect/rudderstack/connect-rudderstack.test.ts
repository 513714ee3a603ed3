// Connecting a rudder-server: what it writes, that it is the same however often it is run or broken off, and that undo leaves what was there.

import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Secret } from '../../../src/base/secret.js';
import { ConnectError } from '../../../src/connect/connection.js';
import { connectRudderStack } from '../../../src/connect/rudderstack/connect-rudderstack.js';
import type { ConnectRudderStackOptions } from '../../../src/connect/rudderstack/options.js';
import type { StepReport } from '../../../src/connect/step.js';
import { parseDocuments } from '../../../src/settings/document.js';
import {
  exportedDestination as destination,
  type ExportedDestination,
  exportedSource as source,
  webhookDefinition,
  exportedWorkspace as workspace,
} from '../../../testkit/rudderstack-export.js';

/** Nothing listens there. */
const NOWHERE = 'http://127.0.0.1:9';

/** Everything below a directory, by path. */
function contentsOf(directory: string): Readonly<Record<string, string>> {
  const names = readdirSync(directory, { recursive: true, encoding: 'utf8' });
  const files = names.filter((name) => statSync(join(directory, name)).isFile());
  return Object.fromEntries(files.sort().map((name) => [name, readFileSync(join(directory, name), 'utf8')]));
}

function setUp(context: TestContext, documents: Readonly<Record<string, string>> = {}) {
  const settings = mkdtempSync(join(tmpdir(), 'connect-'));
  context.after(() => rmSync(settings, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(documents)) writeFileSync(join(settings, name), text);
  const connect = (exported: object, options: Partial<ConnectRudderStackOptions> = {}) =>
    connectRudderStack({
      from: { kind: 'text', text: new Secret(JSON.stringify(exported)) },
      settingsLocation: settings,
      pluginUrl: NOWHERE,
      ...options,
    });
  const apply = async (exported: object, options: Partial<ConnectRudderStackOptions> = {}) => {
    const reports: StepReport[] = [];
    await connect(exported, options).apply((report) => reports.push(report));
    return reports;
  };
  const undo = () => connect({}).undo(() => {});
  const contents = () => contentsOf(settings);
  /** The documents as a load reads them. */
  const loaded = () => {
    const { documents: read, faults } = parseDocuments(
      Object.entries(contents())
        .flatMap(([name, text]) => (/^[^./]+\.yaml$/.test(name) ? [text] : []))
        .join('\n---\n'),
      join(settings, 'all.yaml'),
    );
    assert.deepEqual(faults, []);
    return Object.fromEntries(
      read.map(({ id, settings: { rudderstack }, rudderstackSources: { ids } }) => [
        id,
        [rudderstack?.destinationIds ?? [], rudderstack?.workspaceIds ?? [], ids],
      ]),
    );
  };
  return { settings, connect, apply, undo, contents, loaded };
}

const states = (steps: readonly { id: string; state: string }[]) => steps.map(({ id, state }) => `${id}: ${state}`);

const fails = (code: ConnectError['code'], message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof ConnectError, String(error));
  assert.equal(error.code, code);
  assert.match(error.message, message);
  assert.doesNotMatch(error.message, /secret-of/);
  return true;
};

const SHOP = workspace([
  source('web', [destination({ id: 'd-1', key: 'secret-of-shop' }), destination({ id: 'other', type: 'WEBHOOK' })]),
  source('app', [destination({ id: 'd-1', key: 'secret-of-shop' }), destination({ id: 'd-2', key: 'secret-of-shop' })]),
  source('from-statsig', [], webhookDefinition('Statsig')),
  source('hook', [], webhookDefinition('webhook')),
]);

test('the plan tells every change and makes none; run twice nothing changes; undo leaves nothing', async (context) => {
  const { connect, apply, undo, contents, loaded } = setUp(context);
  const steps = await connect(SHOP).plan();
  assert.deepEqual(states(steps), ['record: to-do', 'settings: to-do', 'environment: to-do', 'chain: to-do']);
  assert.deepEqual(contents(), {});
  assert.match(steps[1]?.note ?? '', /"Name of hook" \(hook\).*--webhook-source/s);
  assert.match(steps[2]?.note ?? '', /WEBHOOK \(1\).*--transformer-url/);

  const options = { webhookSources: ['Name of hook'], transformerUrl: 'http://rudder-transformer:9090' };
  const reports = await apply(SHOP, options);
  assert.deepEqual(loaded(), { default: [['d-1', 'd-2'], [], ['from-statsig', 'hook']] });
  const first = contents();
  assert.deepEqual(states(await connect(SHOP, options).plan()).slice(0, 2), ['record: there', 'settings: there']);
  await apply(SHOP, options);
  assert.deepEqual(contents(), first);
  const said = JSON.stringify([steps, reports, first]);
  for (const secret of ['secret-of-shop', 'write-key-of']) assert.ok(!said.includes(secret), secret);
  const pasted = reports.flatMap(({ step: { byHand = [] } }) => byHand.map(({ paste }) => paste));
  assert.deepEqual(pasted, [
    'PORT=9\nUPSTREAM_TRANSFORMER_URL=http://rudder-transformer:9090',
    `DEST_TRANSFORM_URL=${NOWHERE}\nUSER_TRANSFORM_URL=http://rudder-transformer:9090\nRSERVER_PROCESSOR_MAX_RETRY=3000`,
  ]);
  await undo();
  assert.deepEqual(contents(), {});
  assert.deepEqual(await connect({}).planUndo(), []);
});

const OWN = `# The shop, by hand.
id: shop
secretKey: env:SHOP_STATSIG_KEY   # from the vault
rudderstack:
  destinationIds: [d-0]  # an old one
---
id: other
`;

test('broken off after each step and run again it ends as in one go, and undo leaves the files of before', async (context) => {
  const exported = workspace([
    source('web', [
      destination({ id: 'd-0', key: 'secret-of-shop' }),
      destination({ id: 'd-1', key: 'secret-of-shop' }),
      destination({ id: 'd-2', key: 'secret-of-blog' }),
    ]),
  ]);
  const whole = setUp(context, { 'shop.yaml': OWN });
  await whole.apply(exported, { keepKeys: true });
  const shared = (contents: Readonly<Record<string, string>>, directory: string) =>
    JSON.parse(JSON.stringify(contents).replaceAll(directory, 'HERE'));
  const wanted = shared(whole.contents(), whole.settings);
  assert.deepEqual(Object.keys(wanted).sort(), [
    '.connect-rudderstack.json',
    'rudderstack.yaml',
    'secrets/name-of-d-2-statsig-server-secret',
    'shop.yaml',
  ]);
  assert.equal(wanted['secrets/name-of-d-2-statsig-server-secret'], 'secret-of-blog\n');
  assert.equal(wanted['shop.yaml'], OWN.replace('[d-0]', '[d-0, d-1]'));
  const { mode } = statSync(join(whole.settings, 'secrets/name-of-d-2-statsig-server-secret'));
  assert.equal(mode & 0o777, 0o600);

  for (let steps = 1; steps <= 4; steps += 1) {
    const broken = setUp(context, { 'shop.yaml': OWN });
    let left = steps;
    const end = () => {
      left -= 1;
      if (left === 0) throw new Error('the machine stops');
    };
    const isOver = await broken
      .connect(exported, { keepKeys: true })
      .apply(end)
      .then(
        () => false,
        () => true,
      );
    assert.ok(isOver);
    if (steps % 2 === 0) await broken.apply(exported, { keepKeys: true });
    if (steps % 2 === 0) assert.deepEqual(shared(broken.contents(), broken.settings), wanted, `after ${steps}`);
    await broken.undo();
    assert.deepEqual(broken.contents(), { 'shop.yaml': OWN }, `undone after ${steps}`);
  }
});

test('what people wrote and changed stays when it is undone', async (context) => {
  const { settings, apply, undo, contents } = setUp(context, { 'shop.yaml': OWN });
  await apply(workspace([source('web', [destination({ id: 'd-0' }), destination({ id: 'd-1' })])]), {
    workspace: 'shop',
  });
  await apply(workspace([source('web', [destination({ id: 'd-9', key: 'secret-of-blog' })])]));
  const made = join(settings, 'rudderstack.yaml');
  writeFileSync(made, `${readFileSync(made, 'utf8')}paused: true\n`);
  await undo();
  assert.equal(contents()['shop.yaml'], OWN);
  assert.match(contents()['rudderstack.yaml'] ?? '', /^# .*\nid: name-of-d-9\npaused: true\n$/);
});

test('what several runs have claimed is undone together; a key that people have put in its place stays', async (context) => {
  const { settings, apply, undo, contents } = setUp(context);
  const of = (...ids: readonly string[]) =>
    workspace([
      source(
        'web',
        ids.map((id) => destination({ id, key: 'secret-of-shop' })),
      ),
    ]);
  await apply(of('d-1'), { keepKeys: true });
  await apply(of('d-1', 'd-2'), { keepKeys: true });
  const made = join(settings, 'rudderstack.yaml');
  assert.match(contents()['rudderstack.yaml'] ?? '', /- d-1\n {4}- d-2\n$/);
  writeFileSync(made, readFileSync(made, 'utf8').replace(/secretKey: .*/, 'secretKey: env:NEW_KEY'));
  await undo();
  assert.match(contents()['rudderstack.yaml'] ?? '', /^# .*\nid: default\nsecretKey: env:NEW_KEY\n$/);
});

test('a document claims destinations of one Statsig project', async (context) => {
  const two = workspace([
    source('web', [
      destination({ id: 'd-1', key: 'secret-of-shop' }),
      destination({ id: 'd-2', key: 'secret-of-blog' }),
    ]),
    source('from-statsig', [], webhookDefinition('Statsig')),
  ]);
  const { connect, apply, loaded } = setUp(context);
  await assert.rejects(connect(two, { workspace: 'shop' }).plan(), fails('ambiguous', /2 Statsig projects.*d-1.*d-2/));
  await assert.rejects(
    connect(two, { byWorkspace: true }).plan(),
    fails('ambiguous', /ws-1.*several Statsig projects/),
  );
  await assert.rejects(connect(two, { destinations: ['d-7'] }).plan(), fails('not-found', /d-7.*Name of d-1 \(d-1\)/));
  const [, settingsStep] = await connect(two).plan();
  assert.match(settingsStep?.note ?? '', /"Name of from-statsig".*--workspace/);
  await apply(two, { workspace: 'shop', destinations: ['d-1'] });
  await apply(two);
  assert.deepEqual(loaded(), {
    shop: [['d-1'], [], ['from-statsig']],
    'name-of-d-2': [['d-2'], [], []],
  });
});

test('the document of the same project is found by its key, and one of another project is left alone', async (context) => {
  const key = `${context.name.length}`.padStart(20, 'k');
  const { settings, apply, loaded } = setUp(context, {
    'a.yaml': 'id: blog\nsecretKey: file:blog-key\n',
    'b.yaml': 'id: shop\nsecretKey: file:shop-key\n',
  });
  writeFileSync(join(settings, 'blog-key'), 'secret-of-blog');
  writeFileSync(join(settings, 'shop-key'), `secret-${key}`);
  await apply(workspace([source('web', [destination({ id: 'd-1', key: `secret-${key}` })])]));
  assert.deepEqual(loaded(), { blog: [[], [], []], shop: [['d-1'], [], []] });

  const alone = setUp(context, { 'blog.yaml': 'id: blog\nsecretKey: file:blog-key\n' });
  writeFileSync(join(alone.settings, 'blog-key'), 'secret-of-blog');
  await alone.apply(workspace([source('web', [destination({ id: 'd-1', key: `secret-${key}` })])]));
  assert.deepEqual(alone.loaded(), { blog: [[], [], []], 'name-of-d-1': [['d-1'], [], []] });
});

test('whole workspaces of RudderStack are claimed by their ids, also of a namespace of many', async (context) => {
  const { connect, apply, loaded } = setUp(context);
  const many = {
    'ws-1': workspace([source('web', [destination({ id: 'd-1', key: 'secret-of-shop' })])]),
    'ws-2': workspace(
      [
        source('app', [destination({ id: 'd-2', key: 'secret-of-shop' })]),
        source('from-statsig', [], webhookDefinition('Statsig')),
      ],
      'ws-2',
    ),
    'ws-3': null,
  };
  await apply(many, { byWorkspace: true });
  assert.deepEqual(loaded(), { default: [[], ['ws-1', 'ws-2'], []] });
  assert.deepEqual(states(await connect(many).plan()).slice(0, 2), ['record: there', 'settings: there']);
});

test('only what rudder-server sends to is claimed, copies of a replay among it; names are read in either case', async (context) => {
  const { settings, connect, apply, loaded } = setUp(context);
  const idle: readonly ExportedDestination[] = [
    { id: 'off', more: { enabled: false } },
    { id: 'gone', more: { deleted: true } },
    { id: 'device', more: { isProcessorEnabled: false } },
  ];
  const exported = {
    WorkspaceID: 'ws-1',
    Sources: [
      {
        ID: 'web',
        Enabled: true,
        Destinations: [
          { ID: 'd-1', Enabled: true, IsProcessorEnabled: true, DestinationDefinition: { Name: 'STATSIG' } },
          ...idle.map(destination),
        ],
      },
      source('empty', [], { destinations: null }),
    ],
    eventReplays: { r: { destinations: { 'd-1-copy': { originalId: 'd-1' }, 'x-copy': { originalId: 'x' } } } },
  };
  const [, step] = await connect(exported).plan();
  assert.match(step?.note ?? '', /off, disabled.*gone, deleted.*device, device mode/);
  assert.match(step?.note ?? '', /Without a Statsig key.*--secret-key/);
  writeFileSync(join(settings, 'key'), 'secret-of-shop');
  await apply(exported, { secretKey: `file:${join(settings, 'key')}` });
  assert.deepEqual(loaded(), { default: [['d-1', 'd-1-copy'], [], []] });
});

test('a malformed export is told by its place, without what stands in it', async (context) => {
  const { settings, connect } = setUp(context);
  const of = (text: string) => connect({}, { from: { kind: 'text', text: new Secret(text) } }).plan();
  const good = destination({ id: 'd-1', key: 'secret-of-shop' });
  const rows: readonly (readonly [string, RegExp])[] = [
    ['', /it is no JSON: it is empty\.$/],
    ['{"sources": [{"secretKey": "secret-of-shop" "x"', /it is no JSON, at position \d+/],
    ['[]', /it is not an object/],
    ['{}', /it is empty: it has no `sources`/],
    ['{"error": "secret-of-shop"}', /has no `sources`/],
    ['{"sources": {}}', /sources is not a list/],
    ['{"sources": [7]}', /sources\[0\] is not an object/],
    [JSON.stringify(workspace([{ ...source('web', []), id: 7 }])), /sources\[0\]\.id is missing, or no string/],
    [
      JSON.stringify(workspace([source('web', [good, 'x' as unknown as object])])),
      /destinations\[1\] is not an object/,
    ],
    [
      JSON.stringify({ 'ws-1': workspace([source('web', [{ ...good, id: '' }])]) }),
      /\["ws-1"\]\.sources\[0\]\.destinations\[0\]\.id is missing/,
    ],
  ];
  for (const [text, message] of rows) await assert.rejects(of(text), fails('answer-unclear', message), text);
  const missing = { kind: 'file', file: join(settings, 'none.json') } as const;
  await assert.rejects(
    connect({}, { from: missing }).plan(),
    fails('settings', /none\.json cannot be read \(ENOENT\)/),
  );
});

test('a document that is longer than a form would edit is written, found and undone', async (context) => {
  const { connect, apply, undo, contents, loaded } = setUp(context);
  const all = Array.from({ length: 500 }, (_, index) =>
    destination({ id: `${index}`.padStart(300, 'd'), key: 'secret-of-shop' }),
  );
  const exported = workspace([source('web', all)]);
  await apply(exported);
  assert.equal(loaded().default?.[0]?.length, 500);
  assert.deepEqual(states(await connect(exported).plan()).slice(0, 2), ['record: there', 'settings: there']);
  await undo();
  assert.deepEqual(contents(), {});
});

test('many projects are documents of one file', async (context) => {
  const { connect, apply, undo, contents, loaded } = setUp(context);
  const all = Array.from({ length: 60 }, (_, index) =>
    destination({ id: `d-${index}`, key: `secret-of-${index}`, more: { name: 'Statsig' } }),
  );
  const exported = workspace([source('web', all)]);
  await apply(exported);
  assert.deepEqual(Object.keys(contents()), ['.connect-rudderstack.json', 'rudderstack.yaml']);
  assert.deepEqual(loaded()['statsig-60'], [['d-59'], [], []]);
  assert.deepEqual(states(await connect(exported).plan()).slice(0, 2), ['record: there', 'settings: there']);
  await undo();
  assert.deepEqual(contents(), {});
});

test('settings that cannot be written here are changed by hand, and nothing is noted or kept', async (context) => {
  const { settings, connect } = setUp(context, { 'shop.yaml': 'id: shop\n' });
  chmodSync(join(settings, 'shop.yaml'), 0o444);
  const exported = workspace([source('web', [destination({ id: 'd-1', key: 'secret-of-shop' })])]);
  const [step, ...others] = await connect(exported, { keepKeys: true }).plan();
  assert.deepEqual([step?.id, step?.kind, others.length], ['settings', 'by-hand', 2]);
  assert.match(step?.byHand?.[0]?.paste ?? '', /\+ {4}- d-1/);

  mkdirSync(join(settings, 'json'));
  writeFileSync(join(settings, 'json', 's.json'), '{"workspaces": [{"id": "a"}, {"id": "b"}]}');
  await assert.rejects(
    connect(exported, { settingsLocation: join(settings, 'json', 's.json') }).plan(),
    fails('settings', /s\.json is JSON/),
  );
});
