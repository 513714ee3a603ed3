// What came with an event commands no terminal: not in the commands' output, not in the log, not in what curl shows.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { toPrintable, toPrintableCell } from '../../src/base/printable.js';
import { anyCharacter } from '../../testkit/any-character.js';
import { serveLogEvent } from '../../testkit/log-event-stand-in.js';
import { CLI } from '../../testkit/programs.js';
import { failToStart, startProcess, type TestProcess } from '../../testkit/server.js';
import { temporaryDirectory } from '../../testkit/settings.js';
import { until } from '../../testkit/until.js';

const ADMIN_TOKEN = 'open-sesame';

/** Of each kind: ESC, BEL, CR, DEL, C1 CSI and OSC, line and paragraph separator, bidirectional overrides and isolates, zero-width, a tag. */
const COMMANDS =
  '\u001b[2J\u001b]0;x\u0007\r\u007f\u009b31m\u009d\u2028\u2029\u202e\u2066\u200f\u061c\u200b\ufeff\u{e0041}';

/** A line and a cell that look like another letter's. */
const FORGED = `Order${COMMANDS}\n0000000001\t2026-01-01T00:00:00.000Z\tshop\tstatsig\trejected\t1 attempts\tInnocent`;

/** Everything but line breaks and tabs that a terminal might obey. */
const OBEYED = /(?![\n\t])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

function assertHarmless(text: string, place: string): void {
  const [found] = OBEYED.exec(text) ?? [];
  assert.equal(found?.codePointAt(0)?.toString(16), undefined, `${place}: ${JSON.stringify(text.slice(0, 300))}`);
}

test('no text commands a terminal once it is printable, and JSON keeps its value', () => {
  fc.assert(
    fc.property(fc.string({ unit: anyCharacter }), (text) => {
      assertHarmless(toPrintable(text), 'text');
      assert.doesNotMatch(toPrintableCell(text), /[\n\t]/);
    }),
  );
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: anyCharacter }), (value) => {
      const plain = JSON.stringify(value);
      assert.equal(JSON.stringify(JSON.parse(toPrintable(plain))), plain);
      assert.equal(JSON.stringify(JSON.parse(toPrintableCell(plain))), plain);
    }),
  );
  assert.equal(toPrintable('Größe 尺寸 🛒\t\n'), 'Größe 尺寸 🛒\t\n', 'what people write stays');
});

interface Ran {
  readonly stdout: string;
  readonly stderr: string;
}

async function startRig(context: TestContext) {
  const directory = temporaryDirectory(context);
  const statsig = await serveLogEvent(context, () => ({ status: 400, body: `{"error":"bad ${COMMANDS}"}` }));
  const settings = join(directory, 'shop.json');
  const document = { secretKey: 'secret-example', eventsUrl: statsig.url, trackingApi: { writeKeys: ['shop-key'] } };
  writeFileSync(settings, JSON.stringify(document));
  const paths = { STATSIG_CDP_SETTINGS: settings, OUTBOX_DIRECTORY: join(directory, 'outbox'), ADMIN_TOKEN };
  const plugin = await startProcess({ LOG_LEVEL: 'trace', ...paths });
  context.after(() => plugin.stop());
  const env = { PATH: process.env.PATH, PORT: new URL(plugin.url).port, ...paths };
  const cli = (...args: string[]) =>
    new Promise<Ran>((resolve) =>
      execFile(process.execPath, [CLI, ...args], { env }, (_, stdout, stderr) => resolve({ stdout, stderr })),
    );
  return { directory, plugin, cli };
}

async function track({ url }: TestProcess, body: object): Promise<void> {
  const answer = await fetch(`${url}/v1/track`, { method: 'POST', body: JSON.stringify(body) });
  assert.equal(answer.status, 200);
}

test('dead letters with hostile names are one line each, and no output commands the terminal', async (context) => {
  const { directory, plugin, cli } = await startRig(context);
  await track(plugin, { writeKey: 'shop-key', userId: `user${COMMANDS}`, event: FORGED, messageId: `m${COMMANDS}` });
  const headers = { authorization: `Bearer ${ADMIN_TOKEN}` };
  const letters = async () => (await fetch(`${plugin.url}/api/dead-letters`, { headers })).text();
  await until(async () => (await letters()) !== '', 'the event becomes a dead letter');

  const list = await cli('dead-letters', 'list');
  assert.equal(list.stderr, '');
  assert.equal(list.stdout.trimEnd().split('\n').length, 1, list.stdout);
  assert.equal(list.stdout.trimEnd().split('\t').length, 8);
  assertHarmless(list.stdout, 'list');
  const [key = ''] = list.stdout.split('\t');

  const shown = await cli('dead-letters', 'show', key);
  assertHarmless(shown.stdout, 'show');
  assert.equal(JSON.parse(shown.stdout).payload.eventName, JSON.parse(await letters()).payload.eventName);
  assert.ok(JSON.parse(shown.stdout).payload.eventName.includes('\u009b'), 'the value is kept');

  assertHarmless(await letters(), '/api/dead-letters');
  assertHarmless(await (await fetch(`${plugin.url}/readyz`)).text(), '/readyz');
  const missing = await cli('dead-letters', 'show', `\u009b31m${COMMANDS}`);
  assert.match(missing.stderr, /There is no dead letter/);
  assertHarmless(missing.stderr, 'stderr');
  assertHarmless((await cli(`un\u009bknown${COMMANDS}`)).stderr, 'an unknown command');

  const file = join(directory, 'events.json');
  const event = { type: `track${COMMANDS}`, event: FORGED, userId: 'u', properties: { [`p${COMMANDS}`]: COMMANDS } };
  writeFileSync(
    file,
    JSON.stringify([event, { ...event, type: 'track' }, { ...event, type: 'merge\nevent 9: converted' }]),
  );
  const converted = await cli('transform', file, '--explain');
  assertHarmless(converted.stdout + converted.stderr, 'transform');
  assert.doesNotMatch(converted.stderr, /^event 9/m, 'no note is forged');
});

test('the log commands no terminal', async (context) => {
  const directory = temporaryDirectory(context);
  // A dry run logs what would have been sent.
  const plugin = await startProcess({ LOG_LEVEL: 'trace', OUTBOX_DIRECTORY: join(directory, 'outbox') });
  context.after(() => plugin.stop());
  await track(plugin, { writeKey: 'default', userId: `user${COMMANDS}`, event: FORGED });
  const logged = () => plugin.lines.filter((line) => line.includes('dry run: this request'));
  await until(() => logged().length > 0, 'the dry run is logged');
  for (const line of plugin.lines) {
    assertHarmless(line, 'log');
    assert.ok(JSON.parse(line));
  }
  assert.ok(JSON.parse(logged()[0] ?? '').body.events[0].eventName.includes('\u009b'), 'the value is kept');
});

test('the last words of a process that fails command no terminal', async (context) => {
  const directory = temporaryDirectory(context);
  const bug = join(directory, 'bug.mjs');
  const failure = `Object.assign(new Error(${JSON.stringify(COMMANDS)}), { cause: ${JSON.stringify(COMMANDS)} })`;
  for (const code of [`throw ${failure}`, `Promise.reject(${failure})`]) {
    writeFileSync(bug, `setInterval(() => { if (process.listenerCount("uncaughtException") > 0) ${code}; }, 50);`);
    const { code: exitCode, errors } = await failToStart({
      NODE_OPTIONS: `--import=${bug}`,
      OUTBOX_DIRECTORY: join(directory, 'outbox'),
    });
    assert.equal(exitCode, 1);
    assert.match(errors, /\\u009b31m/);
    assertHarmless(errors, 'stderr');
  }
});
