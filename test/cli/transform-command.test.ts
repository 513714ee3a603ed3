// `statsig-cdp transform`: what it prints, and once of each exit code as people run it.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { after, before, test } from 'node:test';
import { CLI } from '../../testkit/programs.js';
import { propertyRuns } from '../../testkit/property-runs.js';
import { runTransform as transform } from '../../testkit/transform-command.js';

let dir: string;
before(() => {
  dir = mkdtempSync(`${tmpdir()}/transform-`);
});
after(() => rmSync(dir, { recursive: true }));

function write(name: string, content: string): string {
  writeFileSync(`${dir}/${name}`, content);
  return `${dir}/${name}`;
}

/** In a process of its own. */
function spawnTransform(...args: string[]) {
  return spawnSync(process.execPath, [CLI, 'transform', ...args], { encoding: 'utf8' });
}

const ORDER = {
  type: 'track',
  event: 'Order Completed',
  userId: 'user-42',
  anonymousId: 'anon-7',
  timestamp: '2026-01-02T03:04:05.000Z',
};

/** The lines of standard output. */
function linesOf(stdout: string) {
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}

const ORDER_AT_STATSIG = {
  eventName: 'segment::Order Completed',
  user: { userID: 'user-42' },
  time: 1767323045000,
};

const LONG_ID = '{"type":"track","event":"Order Completed","userId":157963456373623803}';

test('each event of an NDJSON file has a line, and the end says how many became what', async () => {
  const file = write(
    'events.ndjson',
    `${JSON.stringify(ORDER)}\n\n${JSON.stringify({ type: 'identify', userId: 'user-42' })}\n${LONG_ID}\n`,
  );
  const { stdout, stderr, status } = spawnTransform(file);
  assert.equal(status, 0);
  const [order, identify, long, ...others] = linesOf(stdout);
  assert.deepEqual(others, []);
  const [request] = order.requests;
  assert.equal(request.url, 'https://events.statsigapi.net/v1/log_event');
  assert.equal(request.headers['statsig-api-key'], undefined, 'a dry run has no key');
  assert.deepEqual(request.body.events, [ORDER_AT_STATSIG]);
  assert.deepEqual(identify, {
    event: 2,
    workspace: 'default',
    result: 'filtered',
    reason: 'identify_without_audience',
    detail: 'type identify',
  });
  assert.equal(long.requests[0].body.events[0].user.userID, '157963456373623803', 'a number that no double holds');
  assert.deepEqual(stderr.split('\n'), [
    'Tried as segment, because it is an event of the Segment Spec, alone or in a list. --as tells otherwise.',
    'event 2: filtered (identify_without_audience): type identify',
    '3 events: 2 converted, 1 filtered (identify_without_audience 1), 0 invalid',
    '',
  ]);
});

test('--json tells of each event what the tester tells', async () => {
  const { stdout, status } = await transform(
    write('json.ndjson', JSON.stringify({ ...ORDER, properties: { a: 1 } })),
    '--json',
  );
  assert.equal(status, 0);
  const [order] = linesOf(stdout);
  assert.deepEqual([order.event, order.result, order.workspace, order.notes], [1, 'converted', 'default', []]);
  assert.equal(order.input.userId, 'user-42');
  assert.deepEqual(order.outputs[0].origins['/metadata/a'], { from: ['/properties/a'], why: 'properties.a' });
  assert.equal(order.requests.length, 1);
  assert.ok(order.decisions.some(({ stage }: { stage: string }) => stage === 'event-name'));
});

test('an event that is nested too deep to be shown is told as the process takes it, and so are the others', async () => {
  // Within what JavaScript writes, where nothing else takes of the stack; and beyond it.
  const [within, beyond] = [3_000, 100_000].map(
    (levels) => `${'['.repeat(levels)}12345678901234567890${']'.repeat(levels)}`,
  );
  const lines = [within, beyond, '1'].map(
    (deep) => `{"type":"track","event":"Order Completed","userId":"user-42","properties":{"deep":${deep}}}`,
  );
  const file = write('deep.ndjson', lines.join('\n'));
  for (const as of ['segment', 'rudderstack']) {
    const { stdout, stderr, status } = await transform(file, '--json', '--as', as);
    const told = linesOf(stdout);
    assert.deepEqual(
      told.map(({ event, result, requests }) => [event, result, requests.length]),
      [1, 2, 3].map((event) => [event, 'converted', 1]),
    );
    assert.deepEqual(
      told.map((line) => Object.hasOwn(line, 'input')),
      [true, false, true],
    );
    assert.match(stderr, /^event 2: Nested too deep to be shown, and left out: input\.$/m);
    assert.match(stdout.split('\n')[0] ?? '', /\[\[12345678901234567890\]\]/, 'the number as it was written');
    assert.equal(status, 0);
  }
});

test('a byte order mark before a file is skipped, as before the body of a request', async () => {
  const lines = `${JSON.stringify(ORDER)}\n${LONG_ID}\n`;
  const { stdout, status } = await transform(write('marked.ndjson', `\ufeff${lines}`));
  assert.equal(status, 0);
  assert.equal(linesOf(stdout).length, 2);
});

test('what is odd about events is said once, with the line that helps', async () => {
  const anonymous = { ...ORDER, userId: undefined };
  const events = [anonymous, anonymous, { ...ORDER, userId: 'undefined' }];
  const file = write('odd.ndjson', events.map((event) => JSON.stringify(event)).join('\n'));
  const { stdout, stderr, status } = await transform(file, '--as', 'rudderstack');
  assert.equal(status, 0);
  assert.deepEqual(
    linesOf(stdout).map(({ notes }) => notes),
    [['anonymous_not_mapped'], ['anonymous_not_mapped'], ['doubtful_id']],
  );
  assert.equal(stderr.match(/^anonymous_not_mapped: .*`identifierMappings: \[.*\]`/gm)?.length, 1, stderr);
  assert.equal(stderr.match(/^doubtful_id: /gm)?.length, 1);
});

test('settings apply, and no key is printed', async () => {
  const settings = write(
    'settings.yaml',
    'secretKey: secret-example\nidentifierMappings:\n  - { from: anonymousId, to: segmentAnonymousId }\n',
  );
  for (const as of ['segment', 'tracking-api', 'rudderstack']) {
    const { stdout, stderr } = await transform(
      write('event.json', JSON.stringify(ORDER)),
      '--settings',
      settings,
      '--as',
      as,
    );
    const [{ requests }] = linesOf(stdout);
    assert.deepEqual(requests[0].body.events[0].user.customIDs, { segmentAnonymousId: 'anon-7' }, as);
    assert.equal(requests[0].headers['statsig-api-key'], '[redacted]');
    assert.ok(!(stdout + stderr).includes('secret-example'));
  }
});

test('what settings may not mean is said before the events', async () => {
  const { stdout, stderr, status } = await transform(
    write('order.json', JSON.stringify(ORDER)),
    '--settings',
    write('odd.yaml', 'id: odd\nincludeEvents: ["segment::Order Completed"]\nidentifierMappings: []\n'),
  );
  assert.match(stderr, /^warning: \S+odd\.yaml:2:17 includeEvents\[0\]: is written with the prefix/m);
  assert.equal(linesOf(stdout)[0].reason, 'event_not_included');
  assert.equal(status, 0);
});

test('no key is printed on the way out either, and secrets that are elsewhere are not needed', async () => {
  const settings = write(
    'out.yaml',
    'outbound:\n  signingSecrets: [env:NOWHERE]\n  targets: [{ name: cdp, writeKey: key-of-cdp, host: "https://cdp.example" }]\n',
  );
  const body = JSON.stringify([{ eventName: 'Signed Up', userID: 'user-42', timestamp: 1767323045000 }]);
  const { stdout, stderr, status } = await transform(write('out.json', body), '--settings', settings);
  assert.equal(status, 0, stderr);
  const [{ requests }] = linesOf(stdout);
  assert.equal(requests[0].url, 'https://cdp.example/v1/batch');
  assert.equal(requests[0].body.writeKey, '[redacted]');
  const masked = Buffer.from('key-of-cdp:').toString('base64');
  assert.ok(![masked, 'key-of-cdp'].some((text) => (stdout + stderr).includes(text)));
});

test('--explain says for each field which rule made it', async () => {
  const { stderr } = await transform(
    write('event.json', JSON.stringify({ ...ORDER, properties: { revenue: 5, 'a.b': 1 } })),
    '--explain',
  );
  assert.match(stderr, /^event 1: converted$/m);
  assert.match(stderr, /eventName = segment::Order Completed {2}<- template \{prefix\}\{event\}/);
  assert.match(stderr, /userID = user-42 {2}<- userId/);
  assert.match(stderr, /time = 1767323045000 {2}<- timestamp/);
  assert.match(stderr, /value = 5 {2}<- properties\.revenue/);
  assert.match(stderr, /metadata\.a_b = 1 {2}<- properties\.a\.b/);
});

test('the pattern that kept an event out is named without --explain', async () => {
  const settings = write('filters.yaml', 'excludeEvents: ["Order *"]\n');
  const { stderr } = await transform(write('event.json', JSON.stringify(ORDER)), '--settings', settings);
  assert.match(stderr, /^event 1: filtered \(event_excluded\): Order Completed {2}<- excludeEvents Order \*$/m);
});

test('an event that is an error is named, the others are converted, and the exit code is 1', async () => {
  const { stdout, stderr, status } = spawnTransform(write('mixed.json', JSON.stringify([ORDER, { type: 'track' }, 7])));
  assert.equal(status, 1);
  assert.match(stderr, /event 2: error EVENT_NAME_MISSING: /);
  assert.match(stderr, /event 3: error BODY_NOT_SEGMENT_EVENTS: /);
  assert.match(
    stderr,
    /^3 events: 1 converted, 0 filtered, 2 invalid \(EVENT_NAME_MISSING 1, BODY_NOT_SEGMENT_EVENTS 1\)$/m,
  );
  assert.deepEqual(
    linesOf(stdout).map(({ result, code }) => code ?? result),
    ['converted', 'EVENT_NAME_MISSING', 'BODY_NOT_SEGMENT_EVENTS'],
  );
});

test('a file that cannot be read says where', async () => {
  const broken = spawnTransform(write('broken.ndjson', `${JSON.stringify(ORDER)}\n{"type": \n`));
  assert.equal(broken.status, 2);
  assert.match(broken.stderr, /broken\.ndjson:2: /);
  assert.match((await transform(write('broken.json', '[\n{"type": 1}\n'))).stderr, /broken\.json:1: /);
  assert.equal((await transform(`${dir}/nothing.json`)).status, 2);
  assert.equal((await transform(dir)).status, 2);
  const settings = await transform(write('event.json', '{}'), '--settings', write('bad.yaml', 'mode: sometimes\n'));
  assert.equal(settings.status, 2);
  assert.match(settings.stderr, /bad\.yaml:1:7 /);
  assert.equal((await transform(write('event.json', '{}'), '--settings', `${dir}/nowhere`)).status, 2);
});

const SHAPES: readonly (readonly [string, unknown, string])[] = [
  ['an event', ORDER, 'segment'],
  ['wrapped events', [{ json: ORDER }], 'segment'],
  ['an element', { message: ORDER, metadata: { jobId: 1 }, destination: { ID: 'd', Config: {} } }, 'rudderstack'],
  ['a compacted body', { input: [{ message: ORDER, metadata: { jobId: 1 } }], destinations: {} }, 'rudderstack'],
  ['a call with a list', { batch: [ORDER], writeKey: 'default' }, 'tracking-api'],
  ['a call with a write key', { ...ORDER, writeKey: 'default' }, 'tracking-api'],
  ['an event of Statsig', { eventName: 'Signed Up', userID: 'user-42' }, 'statsig'],
  ['a webhook of Statsig', { data: [{ eventName: 'Signed Up', userID: 'user-42' }] }, 'statsig'],
];

for (const [shape, body, source] of SHAPES)
  test(`${shape} is taken for ${source}, and it says so`, async () => {
    assert.match(
      (await transform(write('shape.json', JSON.stringify(body)))).stderr,
      new RegExp(`^Tried as ${source}, because `),
    );
  });

test('of several documents, in a directory or in files, the one that an event names is used', async () => {
  const settings = `${dir}/settings`;
  mkdirSync(settings, { recursive: true });
  const document = (id: string) =>
    `id: ${id}\neventNamePrefix: "${id}:"\ntrackingApi: { writeKeys: [key-of-${id}] }\nrudderstack: { destinationIds: [dst-${id}] }\n`;
  writeFileSync(`${settings}/a.yaml`, document('one'));
  writeFileSync(`${settings}/b.yaml`, document('two'));
  const names = async (...args: string[]) => {
    const { stdout, stderr, status } = await transform(...args);
    assert.equal(status, 0, stderr);
    return linesOf(stdout).map(({ requests }) => requests[0].body.events[0].eventName);
  };
  const call = { batch: [ORDER, { ...ORDER, writeKey: 'key-of-two' }], writeKey: 'key-of-one' };
  const calls = write('calls.json', JSON.stringify(call));
  assert.deepEqual(await names(calls, '--settings', settings), ['one:Order Completed', 'two:Order Completed']);
  const separately = ['--settings', `${settings}/b.yaml`, '--settings', `${settings}/a.yaml`];
  assert.deepEqual(await names(calls, ...separately), ['one:Order Completed', 'two:Order Completed']);

  const destination = (ID: string) => ({ ID, Config: { secretKey: 'secret-example' }, hasDynamicConfig: false });
  const elements = ['dst-two', 'dst-one'].map((ID, jobId) => ({
    message: ORDER,
    metadata: { jobId },
    destination: destination(ID),
  }));
  const body = write('elements.json', JSON.stringify(elements));
  assert.deepEqual(await names(body, '--settings', settings), ['two:Order Completed', 'one:Order Completed']);

  const event = write('event.json', JSON.stringify(ORDER));
  assert.deepEqual(await names(event, '--settings', settings, '--workspace', 'two'), ['two:Order Completed']);
  for (const [args, said] of [
    [[], /The settings have 2 workspaces: name one with --workspace \(one, two\)\./],
    [['--workspace', 'three'], /The settings have no workspace three, but one, two\./],
  ] as const) {
    const { stderr, status } = await transform(event, '--settings', settings, ...args);
    assert.equal(status, 2);
    assert.match(stderr, said);
  }
});

test('an event of the Tracking API without a type has that of its route, which --type names', async () => {
  const { type, ...bare } = ORDER;
  assert.equal(type, 'track');
  const events = [bare, { ...bare, type: 'page', name: 'Start' }, { batch: [bare], context: {} }];
  const file = write('bare.ndjson', events.map((event) => JSON.stringify(event)).join('\n'));
  const named = await transform(file, '--type', 'track');
  assert.equal(named.status, 0, named.stderr);
  assert.deepEqual(
    linesOf(named.stdout).map(({ requests }) => requests[0].body.events[0].eventName),
    ['segment::Order Completed', 'segment::page:Start', 'segment::Order Completed'],
  );
  const unnamed = await transform(file, '--as', 'tracking-api');
  assert.deepEqual(
    linesOf(unnamed.stdout).map(({ result, code }) => code ?? result),
    ['EVENT_TYPE_MISSING', 'converted', 'EVENT_TYPE_MISSING'],
  );
  assert.match(unnamed.stderr, /has that of its route \(\/v1\/track, .*`--type` .* \(track, .*alias\)\.$/m);
  const other = await transform(file, '--as', 'segment', '--type', 'track');
  assert.deepEqual([other.status, other.stdout], [2, '']);
  assert.match(other.stderr, /^--type is about the routes of --as tracking-api/);
});

test('a write key that no document has is SENDER_UNKNOWN, whatever workspace is named, and the other calls go on', async () => {
  const settings = write('keys.yaml', 'id: w1\ntrackingApi: { writeKeys: [key-of-w1] }\n');
  const unknown = { ...ORDER, writeKey: 'key-of-w2' };
  const known = { ...ORDER, writeKey: 'key-of-w1' };
  const list = write('list.json', JSON.stringify([unknown, known, ORDER, { batch: [known, unknown] }]));
  for (const named of [[], ['--workspace', 'w1']]) {
    const { stdout, status } = await transform(list, '--as', 'tracking-api', '--settings', settings, ...named);
    assert.deepEqual(
      linesOf(stdout).map(({ result, code }) => code ?? result),
      ['SENDER_UNKNOWN', 'converted', 'converted', 'converted', 'SENDER_UNKNOWN'],
    );
    assert.equal(status, 1);
  }
});

test('a body that its source refuses as a whole is one error', async () => {
  const { stdout, stderr, status } = await transform(
    write('many.json', JSON.stringify(Array.from({ length: 4001 }, () => ORDER))),
  );
  assert.equal(status, 1);
  assert.deepEqual(
    linesOf(stdout).map(({ code }) => code),
    ['BATCH_TOO_LONG'],
  );
  assert.match(stderr, /^1 event: 0 converted, 0 filtered, 1 invalid \(BATCH_TOO_LONG 1\)$/m);
});

test('of a long file one line at a time is in memory', async () => {
  const many = propertyRuns(4_000);
  const line = `${JSON.stringify({ ...ORDER, properties: { note: 'as long as many of them are' } })}\n`;
  const { stderr, status } = spawnSync(
    process.execPath,
    ['--max-old-space-size=32', CLI, 'transform', write('long.ndjson', line.repeat(many))],
    { encoding: 'utf8', stdio: ['ignore', 'ignore', 'pipe'] },
  );
  assert.equal(status, 0, stderr.slice(-500));
  assert.match(stderr, new RegExp(`^${many} events: ${many} converted, 0 filtered, 0 invalid$`, 'm'));
});

test('the lines of many events keep their order, however long their requests take to make', async () => {
  const bodies = Array.from({ length: 120 }, (_, index) =>
    JSON.stringify(
      index % 3 === 0
        ? { eventName: 'statsig::unknown' }
        : { eventName: `Event ${index + 1}`, userID: 'user-42', timestamp: 1767323045000 },
    ),
  );
  const { stdout } = await transform(write('ordered.ndjson', bodies.join('\n')), '--as', 'statsig');
  const lines = linesOf(stdout);
  assert.deepEqual(
    lines.map(({ event }) => event),
    bodies.map((_, index) => index + 1),
  );
  for (const { event, requests } of lines)
    if (requests !== undefined) assert.equal(requests[0].body.batch[0].event, `Event ${event}`);
});
