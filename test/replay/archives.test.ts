// What a replay reads: every form in which archives hold events, and what is wrong with one keeps no other from being replayed.

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';

import { type ReplaySummary, replayForSummary, runReplay, toLines, trackEvent } from '../../testkit/replay-command.js';
import { temporaryDirectory } from '../../testkit/settings.js';

/** A file below the directory, with its folders. */
function write(directory: string, path: string, content: string | Buffer): string {
  const file = join(directory, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
  return file;
}

interface Letter {
  readonly file: string;
  readonly line: number;
  readonly code: string;
  readonly message: string;
  readonly event?: Readonly<Record<string, unknown>>;
}

/** A dry run, and its dead letters. */
async function dryRun(
  directory: string,
  ...args: readonly string[]
): Promise<{ summary: ReplaySummary; letters: readonly Letter[]; stderr: string; status: number | undefined }> {
  const file = join(directory, 'letters.ndjson');
  const { summary, stderr, status } = await replayForSummary([...args, '--dry-run', '--dead-letters', file]);
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  return { summary, letters: lines.map((line) => JSON.parse(line)), stderr, status };
}

const A = trackEvent('A');
const B = trackEvent('B');
const C = trackEvent('C');

const DUMP = { userId: 'user-1', createdAt: '2026-01-02T03:04:05Z', messageId: 'm-A' };

const FORMS: readonly (readonly [what: string, content: string | Buffer, events: number])[] = [
  ['one event on each line', toLines(A, B, C), 3],
  ['lines that end as in Windows, behind a byte order mark', `\ufeff${toLines(A, B).replaceAll('\n', '\r\n')}`, 2],
  ['a list', JSON.stringify([A, B, C]), 3],
  ['a list over many lines, behind a byte order mark', `\ufeff${JSON.stringify([A, B, C], null, 2)}`, 3],
  ['one event over many lines', JSON.stringify(A, null, 2), 1],
  ['a call of an SDK', JSON.stringify({ batch: [A, B], context: { ip: '203.0.113.7' }, sentAt: 'now' }), 2],
  ['calls on each line, and lists', toLines({ batch: [A] }, [B, C]), 3],
  ['gzip', gzipSync(toLines(A, B)), 2],
  ['two pieces of gzip behind each other', Buffer.concat([gzipSync(toLines(A)), gzipSync(toLines(B))]), 2],
  [
    "what rudder-server's archiver writes",
    toLines({ ...DUMP, payload: A }, { ...DUMP, payload: { batch: [B, C] } }),
    3,
  ],
  ["what rudder-server's tables were dumped as", toLines({ JobID: 1, EventPayload: { batch: [A] } }), 1],
  ["what Segment's Extensible Webhook wraps", toLines({ json: A }), 1],
  ["rudder-server's elements", JSON.stringify([{ message: A, metadata: {}, destination: {} }]), 1],
  ['dead letters of a replay', toLines({ file: 'a', line: 1, code: 'X', message: 'x', event: A }), 1],
  ['nothing', '', 0],
  ['blank lines', '\n\n \n', 0],
];

describe('a replay reads', { concurrency: true }, () => {
  for (const [what, content, events] of FORMS)
    test(what, async (context) => {
      const directory = temporaryDirectory(context);
      // No name says what a file is.
      const file = write(directory, 'archive.txt', content);
      const { summary, letters, status } = await dryRun(directory, file, '--as', 'segment');
      assert.deepEqual(letters, []);
      assert.deepEqual([summary.events, summary.accepted, status], [events, events, 0]);
    });

  test("Statsig's webhooks, in their lists and in `data`", async (context) => {
    const directory = temporaryDirectory(context);
    const event = { eventName: 'purchase', user: { userID: 'user-1' }, timestamp: Date.now(), metadata: {} };
    const file = write(directory, 'archive', toLines([event], { data: [{ ...event, value: 2 }] }));
    const { summary, stderr } = await dryRun(directory, file);
    assert.match(stderr, /Taken as statsig's, because its first event has an `eventName`/);
    assert.deepEqual([summary.events, summary.accepted], [2, 2]);
  });
});

describe('what is wrong with a file', { concurrency: true }, () => {
  async function tryFile(context: TestContext, content: string | Buffer, name = 'archive') {
    const directory = temporaryDirectory(context);
    const file = write(directory, name, content);
    const tried = await dryRun(directory, file, '--as', 'segment');
    return { ...tried, told: tried.letters.map(({ line, code }) => `${line} ${code}`) };
  }

  test('a bad line is told with its place, and the others are replayed', async (context) => {
    const { summary, told, status } = await tryFile(context, `{"a": tru\n${toLines(A)}7\n${toLines(B)}nothing\n`);
    assert.deepEqual(told, ['1 NOT_JSON', '3 NOT_AN_EVENT', '5 NOT_JSON']);
    assert.deepEqual([summary.events, summary.accepted, status], [5, 2, 1]);
  });

  test('an event that cannot be converted is told with the code of the line, and is kept', async (context) => {
    const { letters, status } = await tryFile(context, toLines(A, { ...B, event: '' }));
    assert.deepEqual(
      letters.map(({ line, code, event }) => [line, code, event?.messageId]),
      [[2, 'EVENT_NAME_MISSING', 'm-B']],
    );
    assert.equal(status, 1);
  });

  test('what is nested too deep to be written is refused, whether it is wrapped or not', async (context) => {
    const deep = `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`;
    const event = JSON.stringify({ ...B, properties: 0 }).replace('"properties":0', `"properties":${deep}`);
    const { summary, letters } = await tryFile(context, `${event}\n{"batch":[${event}]}\n${toLines(A)}`);
    // From Node 26 on, JSON writes it.
    assert.ok([1, 3].includes(summary.accepted), `${summary.accepted}`);
    assert.deepEqual(
      letters.map(({ code }) => code),
      letters.map(() => 'NESTED_TOO_DEEP'),
    );
  });

  test('gzip that is cut off is read as far as it goes', async (context) => {
    const many = toLines(...Array.from({ length: 3000 }, (_, index) => trackEvent(`${index} ${Math.sin(index)}`)));
    const { summary, letters, status } = await tryFile(context, gzipSync(many).subarray(0, -3000));
    assert.equal(letters.length, 1);
    assert.equal(letters[0]?.code, 'FILE_BROKEN_OFF');
    assert.equal(letters[0]?.line, summary.accepted + 1);
    assert.ok(summary.accepted > 1000, `${summary.accepted}`);
    assert.deepEqual([summary.files.broken, status], [1, 1]);
  });

  test('gzip that is damaged is read up to there, and a piece before it whole', async (context) => {
    const damaged = Buffer.from(gzipSync(toLines(B)));
    damaged[0] = 0x1e;
    const { summary, told } = await tryFile(context, Buffer.concat([gzipSync(toLines(A)), damaged]));
    assert.deepEqual([summary.accepted, told], [1, ['2 FILE_BROKEN_OFF']]);

    const many = toLines(...Array.from({ length: 3000 }, (_, index) => trackEvent(`${index}`)));
    const wrongSum = Buffer.from(gzipSync(many));
    wrongSum.writeUInt32LE(7, wrongSum.length - 8);
    const { summary: all, told: end } = await tryFile(context, wrongSum);
    assert.deepEqual([all.accepted, end], [3000, ['3001 FILE_BROKEN_OFF']]);
  });

  test('a list on one line within gzip that is cut off', async (context) => {
    const whole = gzipSync(
      JSON.stringify([A, B, trackEvent(`${Array.from({ length: 50 }, (_, index) => Math.sin(index))}`)]),
    );
    const { summary, told } = await tryFile(context, whole.subarray(0, -60));
    assert.equal(summary.accepted, 2);
    assert.match(told.join(), /FILE_BROKEN_OFF$/);
  });

  test('a list that is cut off', async (context) => {
    const { summary, told } = await tryFile(context, JSON.stringify([A, B, C], null, 1).slice(0, -30));
    assert.equal(summary.accepted, 2);
    assert.equal(told.length, 1);
    assert.match(told[0] ?? '', /^\d+ VALUE_BROKEN_OFF$/);
  });

  test('a line of 100 MB', async (context) => {
    const long = Buffer.alloc(100_000_000, 'x');
    const { summary, told } = await tryFile(
      context,
      Buffer.concat([Buffer.from(toLines(A)), long, Buffer.from('\n'), Buffer.from(toLines(B))]),
    );
    assert.deepEqual(told, ['2 VALUE_TOO_LARGE']);
    assert.equal(summary.accepted, 2);
  });

  test('a picture, and a file of words', async (context) => {
    assert.deepEqual((await tryFile(context, Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 0, 0]))).told, [
      '1 FILE_NOT_TEXT',
    ]);
    const { told } = await tryFile(context, 'word,word\n'.repeat(1000));
    assert.equal(told.at(-1), '1000 FILE_NOT_JSON');
  });
});

describe('the files of an archive', { concurrency: true }, () => {
  test('directories, patterns and files, each file once, and hidden ones not', async (context) => {
    const directory = temporaryDirectory(context);
    write(directory, 'archive/one/a.gz', gzipSync(toLines(A)));
    write(directory, 'archive/two/b.ndjson', toLines(B));
    write(directory, 'archive/two/.DS_Store', 'Bud1');
    const all = await dryRun(directory, `${directory}/archive`, `${directory}/archive/one/a.gz`, '--as', 'segment');
    assert.deepEqual([all.summary.accepted, all.summary.files.read], [2, 2]);
    for (const pattern of ['archive/*/*.gz', 'archive/**/?.gz', 'archive/one/*'])
      assert.equal((await dryRun(directory, `${directory}/${pattern}`)).summary.accepted, 1, pattern);
  });

  test('a link that leads back is told of, and a file that is not there', async (context) => {
    const directory = temporaryDirectory(context);
    write(directory, 'archive/a', toLines(A));
    symlinkSync('..', `${directory}/archive/loop`);
    symlinkSync('nowhere', `${directory}/archive/dangling`);
    const { summary, stderr } = await dryRun(directory, `${directory}/archive`);
    assert.equal(summary.accepted, 1);
    assert.match(stderr, /loop\/archive leads back to .*archive, in which it lies/);
    assert.match(stderr, /dangling cannot be read \(ENOENT\)/);
    const none = await runReplay([`${directory}/other`, '--dry-run']);
    assert.equal(none.status, 2);
    assert.match(none.stderr, /There is no file to replay\. .*other cannot be read \(ENOENT\)/);
  });

  test("Segment's and RudderStack's layouts tell source and day without the file being read", async (context) => {
    const directory = temporaryDirectory(context);
    const day = Math.floor(Date.now() / 86_400_000) * 86_400;
    write(directory, `segment-logs/web/${day}/1.gz`, gzipSync(toLines(A)));
    write(directory, `segment-logs/server/${day}000/1.gz`, gzipSync(toLines(B)));
    write(directory, `segment-logs/web/${day - 20 * 86_400}/1.gz`, 'not gzip, and not read');
    const web = await dryRun(directory, `${directory}/segment-logs`, '--source', 'web');
    assert.match(web.stderr, /Taken as segment's, because it lies as that archive does/);
    assert.deepEqual(web.summary.files, { read: 1, skipped: 2, broken: 0 });
    assert.equal(web.summary.accepted, 1);

    const today = new Date().toISOString().slice(0, 10);
    write(directory, `rudder-logs/src/${today}/1.json.gz`, gzipSync(toLines(A)));
    write(directory, 'rudder-logs/src/01-31-2020/1.json.gz', 'not gzip, and not read');
    write(
      directory,
      `prefix/other/gw/${today}/7/instance/1_2_ws_id.json.gz`,
      gzipSync(toLines({ ...DUMP, payload: B })),
    );
    const rudder = await dryRun(directory, `${directory}/rudder-logs`, `${directory}/prefix`);
    assert.match(rudder.stderr, /Taken as rudderstack's, because it lies as that archive does/);
    assert.deepEqual(rudder.summary.files, { read: 2, skipped: 1, broken: 0 });
    assert.deepEqual(
      rudder.summary.sample?.map(({ body }) => JSON.stringify(body).match(/rudderstack::\w/)?.[0]),
      ['rudderstack::A', 'rudderstack::B'],
    );
    const other = await dryRun(directory, `${directory}/rudder-logs`, `${directory}/prefix`, '--source', 'other');
    assert.equal(other.summary.accepted, 1);
  });
});

describe('filters', { concurrency: true }, () => {
  const DAY_MS = 86_400_000;
  const daysAgo = (days: number) => new Date(Date.now() - days * DAY_MS).toISOString();
  const EVENTS = [
    trackEvent('Order Completed', { timestamp: daysAgo(1), anonymousId: 'anon-1', projectId: 'web' }),
    trackEvent('Order Refunded', { timestamp: daysAgo(3), context: { sourceId: 'server' } }),
    { ...trackEvent('old', { timestamp: daysAgo(8) }) },
    { type: 'Page', name: 'Home', userId: 'user-2', messageId: 'm-page', timestamp: daysAgo(2) },
    { type: 'delete', userId: 'user-9', messageId: 'm-delete', timestamp: daysAgo(1) },
    {
      type: 'identify',
      userId: 'user-3',
      messageId: 'm-audience',
      timestamp: daysAgo(1),
      traits: { vip: true },
      context: { personas: { computation_class: 'audience', computation_key: 'vip' } },
    },
  ];
  const USUAL = { audiences_off: 1, deletions_off: 1 };

  const CASES: readonly (readonly [args: readonly string[], accepted: number, filtered: Record<string, number>])[] = [
    [[], 3, { ...USUAL, older_than_7_days: 1 }],
    [['--allow-older'], 4, USUAL],
    [['--since', daysAgo(2.5)], 2, { ...USUAL, before_since: 2 }],
    [['--until', daysAgo(2.5), '--allow-older'], 2, { after_until: 4 }],
    [['--type', 'page,screen'], 1, { other_type: 5 }],
    [['--event', 'Order *', '--event', 'Home'], 3, { other_event: 3 }],
    [['--user', 'user-2', '--user', 'anon-1'], 2, { other_user: 4 }],
    [['--source', 'web', '--source', 'server'], 2, { other_source: 4 }],
  ];
  for (const [args, accepted, filtered] of CASES)
    test(args.join(' ').replaceAll(/\d{4}-\S+/g, 'TIME') || 'without any', async (context) => {
      const directory = temporaryDirectory(context);
      const file = write(directory, 'archive', toLines(...EVENTS));
      const { summary } = await dryRun(directory, file, ...args);
      assert.deepEqual([summary.accepted, summary.filtered], [accepted, filtered]);
    });

  test('an event that is twice in an archive is replayed once, and first and last are said', async (context) => {
    const directory = temporaryDirectory(context);
    const timestamps = [daysAgo(2), daysAgo(1)];
    const [first, last] = timestamps.map((timestamp, index) => trackEvent(`${index}`, { timestamp }));
    const file = write(
      directory,
      'archive',
      toLines(last, first, last, { ...A, messageId: '' }, { ...B, messageId: '' }),
    );
    const { summary } = await dryRun(directory, file);
    assert.deepEqual([summary.accepted, summary.filtered], [4, { repeated_in_archive: 1 }]);
    assert.equal(summary.first, timestamps[0]);
  });
});
