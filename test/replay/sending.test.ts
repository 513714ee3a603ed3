// Where replayed events go: into a running plugin, or straight to Statsig and CDPs. Each is there once, however often the replay is begun anew.

import assert from 'node:assert/strict';
import { appendFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { createSegmentStandIn } from '../../src/contract/stand-ins/segment-stand-in.js';
import { createStatsigStandIn, type StatsigStandIn } from '../../src/contract/stand-ins/statsig-stand-in.js';
import { serve } from '../../testkit/loopback.js';
import { replayForSummary, runReplay, toLines, trackEvent } from '../../testkit/replay-command.js';
import { startHere } from '../../testkit/server.js';
import { temporaryDirectory } from '../../testkit/settings.js';
import { until } from '../../testkit/until.js';

const HEADER_SECRET = 'header-example';
const SIGNING_SECRET = 'signing-example';

interface Rig {
  readonly directory: string;
  readonly statsig: StatsigStandIn;
  /** The settings of the workspace `shop`. */
  readonly settings: string;
  /** Writes an archive. */
  write(...events: readonly unknown[]): string;
  secret(text: string): string;
}

async function startRig(context: TestContext, parts: object = {}): Promise<Rig> {
  const directory = temporaryDirectory(context);
  const statsig = await createStatsigStandIn();
  context.after(() => statsig.close());
  const settings = join(directory, 'settings.json');
  const shop = {
    id: 'shop',
    secretKey: 'secret-example',
    eventsUrl: statsig.url,
    apiUrl: statsig.url,
    trackingApi: { writeKeys: ['write-key'] },
    segment: { headerSecrets: [HEADER_SECRET] },
    consoleKey: 'console-example',
    consoleUrl: statsig.url,
    audiences: { windowMs: 100 },
    ...parts,
  };
  writeFileSync(settings, JSON.stringify([shop]));
  const file = (name: string, text: string) => {
    writeFileSync(join(directory, name), text);
    return join(directory, name);
  };
  return {
    directory,
    statsig,
    settings,
    write: (...events) => file('archive.ndjson', toLines(...events)),
    secret: (text) => `file:${file('secret', text)}`,
  };
}

async function startPlugin(context: TestContext, { directory, settings }: Rig): Promise<string> {
  const plugin = await startHere({
    STATSIG_CDP_SETTINGS: settings,
    OUTBOX_DIRECTORY: join(directory, 'outbox'),
    LOG_LEVEL: 'error',
  });
  context.after(() => plugin.stop());
  return plugin.url;
}

const namesAt = ({ events }: StatsigStandIn) => events.map(({ eventName }) => eventName).sort();

const AUDIENCE = {
  type: 'identify',
  userId: 'user-3',
  messageId: 'm-audience',
  timestamp: new Date(Date.now() - 1000).toISOString(),
  traits: { vip: true },
  context: { personas: { computation_class: 'audience', computation_key: 'vip' } },
};
const DELETION = { type: 'delete', userId: 'user-9', messageId: 'm-delete', timestamp: new Date().toISOString() };

/** Both ways of sending, with what they need beside the archive. */
const WAYS = {
  'into a plugin': async (context: TestContext, rig: Rig) => [
    '--to',
    await startPlugin(context, rig),
    '--write-key',
    'write-key',
  ],
  straight: async (_context: TestContext, { settings }: Rig) => ['--settings', settings],
} as const;

for (const [way, argsFor] of Object.entries(WAYS))
  describe(`events ${way}`, { concurrency: true }, () => {
    test('come to Statsig with their own time, also those that were sent long after they happened', async (context) => {
      const rig = await startRig(context);
      const timestamp = new Date(Date.now() - 86_400_000).toISOString();
      const sentAt = new Date(Date.now() - 80_000_000).toISOString();
      const archive = rig.write(
        trackEvent('A', { timestamp, sentAt, writeKey: 'another key' }),
        { ...trackEvent('B', { timestamp }), messageId: null },
        { ...trackEvent('B', { timestamp }), messageId: null },
        trackEvent('C', { timestamp, integrations: { Statsig: false } }),
        AUDIENCE,
        DELETION,
      );
      const { summary, status } = await replayForSummary([archive, ...(await argsFor(context, rig))]);
      const { accepted, duplicates, filtered, refused } = summary;
      assert.deepEqual([accepted, duplicates, refused, status], [3, 0, {}, 0]);
      assert.deepEqual([filtered.audiences_off, filtered.deletions_off], [1, 1]);
      await until(() => rig.statsig.events.length === 3, 'all is where it goes');
      assert.deepEqual(namesAt(rig.statsig), ['segment::A', 'segment::B', 'segment::B']);
      assert.deepEqual(new Set(rig.statsig.events.map(({ time }) => time)), new Set([Date.parse(timestamp)]));
      assert.deepEqual([rig.statsig.lists.size, rig.statsig.deletions.size], [0, 0]);
    });

    test('that were replayed once are replayed no second time, with their checkpoint or without', async (context) => {
      const rig = await startRig(context);
      const archive = rig.write(
        trackEvent('A'),
        { ...trackEvent('B'), messageId: undefined },
        { ...trackEvent('C'), event: '' },
      );
      const letters = join(rig.directory, 'letters');
      const checkpoint = join(rig.directory, 'checkpoint');
      const args = [archive, ...(await argsFor(context, rig)), '--checkpoint', checkpoint, '--dead-letters', letters];
      const first = await replayForSummary(args);
      // As a kill leaves it that comes between a dead letter and the checkpoint after it.
      appendFileSync(letters, '{"file":"archive","code":"half');
      const second = await replayForSummary(args);
      assert.match(second.stderr, /Goes on at .*archive\.ndjson:4, after 3 events/);
      for (const { summary, status } of [first, second]) {
        assert.deepEqual([summary.events, summary.accepted, status], [3, 2, 1]);
        assert.match(readFileSync(letters, 'utf8'), /^\{.*"code":"EVENT_NAME_MISSING".*\}\n$/);
      }
      rmSync(checkpoint);
      const { summary } = await replayForSummary(args);
      assert.deepEqual([summary.accepted, summary.duplicates], [0, 2]);
      await until(() => rig.statsig.events.length >= 2, 'all is where it goes');
      assert.deepEqual(namesAt(rig.statsig), ['segment::A', 'segment::B']);
    });

    test('of a checkpoint that is of another replay, or of files that changed, are not sent', async (context) => {
      const rig = await startRig(context);
      const first = trackEvent('A');
      const archive = rig.write(first);
      const checkpoint = join(rig.directory, 'checkpoint');
      const args = [...(await argsFor(context, rig)), '--checkpoint', checkpoint];
      await replayForSummary([archive, ...args]);
      const other = await runReplay([archive, ...args, '--type', 'page']);
      assert.deepEqual([other.status, other.stdout], [2, '']);
      assert.match(other.stderr, /is of another replay: types differ/);
      writeFileSync(archive, toLines(first, trackEvent('B')));
      const grown = await replayForSummary([archive, ...args]);
      assert.deepEqual([grown.summary.events, grown.summary.accepted], [2, 2], 'what has grown is gone on with');
      writeFileSync(archive, toLines(trackEvent('C'), trackEvent('D'), trackEvent('E')));
      const replaced = await runReplay([archive, ...args]);
      assert.match(replaced.stderr, /begins otherwise than when the checkpoint .* was written: it is another file/);
      assert.equal(replaced.status, 2);
      writeFileSync(archive, '{}');
      assert.match((await runReplay([archive, ...args])).stderr, /is shorter than when the checkpoint/);
      writeFileSync(`${archive}.0`, '{}');
      const renamed = await runReplay([`${archive}.0`, ...args]);
      assert.equal(renamed.status, 2);
      writeFileSync(checkpoint, '{}');
      assert.match((await runReplay([archive, ...args])).stderr, /checkpoint is no checkpoint of a replay/);
    });
  });

describe('into a plugin', { concurrency: true }, () => {
  test('audiences and deletions, where they are asked for and proven', async (context) => {
    const rig = await startRig(context);
    rig.statsig.makeList('vip');
    const archive = rig.write(trackEvent('A'), AUDIENCE, DELETION);
    const args = [
      archive,
      '--to',
      await startPlugin(context, rig),
      '--write-key',
      'write-key',
      '--audiences',
      '--deletions',
    ];
    const unproven = await runReplay(args);
    assert.equal(unproven.status, 2);
    assert.match(unproven.stderr, /--audiences and --deletions need --workspace and --secret/);
    const { summary } = await replayForSummary([...args, '--workspace', 'shop', '--secret', rig.secret(HEADER_SECRET)]);
    assert.deepEqual([summary.accepted, summary.refused], [3, {}]);
    await until(
      () => rig.statsig.lists.get('vip')?.ids.has('user-3') === true && rig.statsig.deletions.size === 1,
      'all is where it goes',
    );
    const wrong = await runReplay([...args, '--workspace', 'shop', '--secret', rig.secret('wrong')]);
    assert.equal(wrong.status, 2);
    assert.match(wrong.stderr, /refuses all: .*SENDER_UNKNOWN|refuses all/);
  });

  test("Statsig's events go to the targets, signed", async (context) => {
    const segment = await createSegmentStandIn();
    context.after(() => segment.close());
    const targets = [{ name: 'segment', writeKey: 'target-key', host: segment.url }];
    const rig = await startRig(context, { outbound: { signingSecrets: [SIGNING_SECRET], targets } });
    const timestamp = Date.now() - 30 * 86_400_000;
    const event = {
      eventName: 'purchase',
      user: { userID: 'user-1' },
      timestamp,
      value: 1,
      metadata: {},
      timeUUID: 'uuid-1',
    };
    const archive = rig.write(event, event, { data: [{ ...event, timeUUID: 'uuid-2' }] });
    const args = [archive, '--to', await startPlugin(context, rig), '--workspace', 'shop'];
    const { summary } = await replayForSummary([...args, '--secret', rig.secret(SIGNING_SECRET)]);
    assert.deepEqual([summary.accepted, summary.filtered], [2, { repeated_in_archive: 1 }]);
    await until(() => segment.events.length === 2, 'all is where it goes');
    assert.equal(segment.events[0]?.event.timestamp, new Date(timestamp).toISOString());
  });

  test('what cannot be done is told, and ends with 2', async (context) => {
    const rig = await startRig(context);
    const archive = rig.write(trackEvent('A'));
    const to = ['--to', await startPlugin(context, rig)];
    const CASES: readonly (readonly [args: readonly string[], told: RegExp])[] = [
      [[], /Say where the events go: --to URL, --settings PATH, or --dry-run/],
      [to, /--to needs --write-key/],
      [[...to, '--write-key', 'wrong'], /refuses all: .*write key/],
      [[...to, '--settings', rig.settings], /say one of them/],
      [['--to', 'ftp://here', '--write-key', 'x'], /--to is the address of a plugin/],
      [['--dry-run', '--since', '2026-01-02', '--until', '2026-01-02'], /--since is not before --until/],
      [['--to', rig.statsig.url, '--write-key', 'x'], /refuses all|is no statsig-cdp/],
      [['--to', 'http://127.0.0.1', '--write-key', 'x', '--secret', 'plain'], /--secret is env:NAME or file:PATH/],
      [['--settings', `${rig.directory}/none`], /cannot be read/],
    ];
    for (const [args, told] of CASES) {
      const { status, stderr } = await runReplay([archive, ...args]);
      assert.match(stderr, told);
      assert.equal(status, 2, stderr);
    }
  });
});

describe('what a plugin answers', { concurrency: true }, () => {
  interface Sent {
    readonly path: string | undefined;
    readonly ids: readonly string[];
  }

  /** A plugin that answers what the test says to the n-th call; a call that it takes is remembered. */
  async function startPluginStandIn(
    context: TestContext,
    answer: (call: number, ids: readonly string[], request: IncomingMessage) => number | 'reset' | 'cut',
  ) {
    const taken: Sent[] = [];
    let calls = 0;
    const { url, close } = await serve((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk) => chunks.push(chunk));
      request.once('end', () => {
        const { batch } = JSON.parse(Buffer.concat(chunks).toString());
        const ids: string[] = batch.map(({ messageId }: { messageId: string }) => messageId);
        calls += 1;
        const status = answer(calls, ids, request);
        if (status === 'reset') request.socket.destroy();
        else if (status === 200 || status === 'cut') {
          taken.push({ path: request.url, ids });
          const body = JSON.stringify({
            success: true,
            accepted: ids.length,
            duplicates: 0,
            filtered: 0,
            rejected: [],
          });
          if (status === 200) response.end(body);
          else {
            response.writeHead(200, { 'content-length': body.length });
            response.write(body.slice(0, 20), () => request.socket.destroy());
          }
        } else response.writeHead(status).end(JSON.stringify({ code: `CODE_${status}`, message: `said ${status}` }));
      });
    });
    context.after(close);
    return { url, taken, idsTaken: () => taken.flatMap(({ ids }) => ids) };
  }

  function writeMany(context: TestContext, count: number): string {
    const file = join(temporaryDirectory(context), 'archive');
    writeFileSync(file, toLines(...Array.from({ length: count }, (_, index) => trackEvent(`${index}`))));
    return file;
  }

  for (const fault of ['reset', 503, 429, 'cut'] as const)
    test(`${fault}: it is sent again`, async (context) => {
      const { url, idsTaken, taken } = await startPluginStandIn(context, (call) => (call === 1 ? fault : 200));
      const { summary, status } = await replayForSummary([writeMany(context, 3), '--to', url, '--write-key', 'x']);
      assert.deepEqual([summary.accepted, status], [3, 0]);
      const ids = ['m-0', 'm-1', 'm-2'];
      // What was taken before half an answer comes with the same ids: that is what the plugin knows it by.
      assert.deepEqual(idsTaken(), fault === 'cut' ? [...ids, ...ids] : ids);
      assert.equal(taken[0]?.path, '/v1/import');
    });

  test('400 and 413: it is halved until the event to blame is alone', async (context) => {
    const { url, idsTaken } = await startPluginStandIn(context, (call, ids) =>
      ids.includes('m-7') ? (call % 2 === 0 ? 413 : 400) : 200,
    );
    const archive = writeMany(context, 20);
    const letters = join(temporaryDirectory(context), 'letters');
    const args = [archive, '--to', url, '--write-key', 'x', '--dead-letters', letters];
    const { summary, status } = await replayForSummary(args);
    assert.deepEqual([summary.accepted, status], [19, 1]);
    assert.equal(new Set(idsTaken()).size, 19);
    const [letter] = readFileSync(letters, 'utf8').split('\n');
    const { line, code, event } = JSON.parse(letter ?? '');
    assert.deepEqual([line, event.messageId], [8, 'm-7']);
    assert.match(code, /^CODE_4(?:00|13)$/);
  });

  test('a replay that is stopped goes on where it was: nothing is lost, and nothing that was acknowledged is sent again', async (context) => {
    const stop = new AbortController();
    const { url, idsTaken } = await startPluginStandIn(context, (call) => {
      if (call === 3) stop.abort();
      return 200;
    });
    const archive = writeMany(context, 5_000);
    const checkpoint = join(temporaryDirectory(context), 'checkpoint');
    const args = [archive, '--to', url, '--write-key', 'x', '--checkpoint', checkpoint];
    const stopped = await replayForSummary(args, stop.signal);
    assert.equal(stopped.status, 3);
    assert.match(stopped.stderr, /Stopped\. Run the same command to go on\./);
    assert.equal(stopped.summary.accepted, idsTaken().length);
    assert.ok(idsTaken().length < 5_000);
    const { summary, status } = await replayForSummary(args);
    assert.deepEqual([summary.events, summary.accepted, status], [5_000, 5_000, 0]);
    assert.deepEqual([idsTaken().length, new Set(idsTaken()).size], [5_000, 5_000]);
  });

  test('--rate keeps to it', async (context) => {
    const { url, taken } = await startPluginStandIn(context, () => 200);
    const start = performance.now();
    await replayForSummary([writeMany(context, 40), '--to', url, '--write-key', 'x', '--rate', '80']);
    // Ten at a time, and the first at once: so it cannot be quicker, and on a busy machine it is slower.
    assert.ok(performance.now() - start > 100);
    assert.deepEqual(
      taken.map(({ ids }) => ids.length),
      [20, 20],
    );
  });
});

describe('straight', { concurrency: true }, () => {
  test('what Statsig refuses is among the dead letters, and the outbox of a replay without a checkpoint is gone', async (context) => {
    const rig = await startRig(context);
    rig.statsig.answerBy(({ text }) =>
      text.includes('segment::bad') ? { status: 400, body: { error: 'no' } } : undefined,
    );
    const archive = rig.write(trackEvent('A'), trackEvent('bad'), trackEvent('B'));
    const letters = join(rig.directory, 'letters');
    const { summary, status } = await replayForSummary([
      archive,
      '--settings',
      rig.settings,
      '--dead-letters',
      letters,
    ]);
    assert.deepEqual([summary.accepted, summary.refused, status], [3, { rejected: 1 }, 1]);
    assert.deepEqual(namesAt(rig.statsig), ['segment::A', 'segment::B']);
    const letter = JSON.parse(readFileSync(letters, 'utf8'));
    assert.deepEqual(
      [letter.workspace, letter.target, letter.code, letter.messageId],
      ['shop', 'statsig', 'rejected', 'm-bad'],
    );
  });

  test("RudderStack's events have RudderStack's names; lists and deletions need no further proof", async (context) => {
    const rig = await startRig(context);
    rig.statsig.makeList('vip');
    const archive = rig.write(trackEvent('A', { rudderId: 'r' }), AUDIENCE, DELETION);
    const { summary } = await replayForSummary([archive, '--settings', rig.settings, '--audiences', '--deletions']);
    assert.equal(summary.accepted, 3);
    assert.deepEqual(namesAt(rig.statsig), ['rudderstack::A']);
    assert.ok(rig.statsig.lists.get('vip')?.ids.has('user-3'));
    assert.equal(rig.statsig.deletions.size, 1);
  });

  test("Statsig's events go to each target once, whatever is in the archive twice", async (context) => {
    const segment = await createSegmentStandIn();
    context.after(() => segment.close());
    const targets = ['a', 'b'].map((name) => ({ name, writeKey: `key-${name}`, host: segment.url }));
    const rig = await startRig(context, { outbound: { targets } });
    const event = { eventName: 'purchase', user: { userID: 'user-1' }, timestamp: Date.now(), metadata: {} };
    const archive = rig.write([event, { ...event, value: 1 }], event);
    const checkpoint = join(rig.directory, 'checkpoint');
    const args = [archive, '--settings', rig.settings, '--checkpoint', checkpoint];
    const { summary, status } = await replayForSummary(args);
    assert.deepEqual([summary.accepted, summary.duplicates, status], [2, 1, 0]);
    assert.deepEqual(segment.events.map(({ writeKey }) => writeKey).sort(), ['key-a', 'key-a', 'key-b', 'key-b']);
  });

  test('what would only be shown, or whose outbox is gone, is not begun', async (context) => {
    const rig = await startRig(context);
    const archive = rig.write(trackEvent('A'));
    const checkpoint = join(rig.directory, 'checkpoint');
    await replayForSummary([archive, '--settings', rig.settings, '--checkpoint', checkpoint]);
    assert.ok(existsSync(`${checkpoint}.outbox`));
    rmSync(`${checkpoint}.outbox`, { recursive: true });
    const gone = await runReplay([archive, '--settings', rig.settings, '--checkpoint', checkpoint]);
    assert.equal(gone.status, 2);
    assert.match(gone.stderr, /checkpoint\.outbox, the outbox of the checkpoint .* is gone/);
    writeFileSync(rig.settings, JSON.stringify({ id: 'dry' }));
    const dry = await runReplay([archive, '--settings', rig.settings]);
    assert.equal(dry.status, 2);
    assert.match(dry.stderr, /The workspace dry has no secretKey\. --dry-run shows what would be sent/);
  });
});
