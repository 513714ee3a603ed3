// statsig-cdp connect statsig: what it waits for at a running process, what it says of what comes instead, and what it prints.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { watchWebhook } from '../../src/cli/connect/webhook-watch.js';
import { CommandError } from '../../src/cli/running-process.js';
import { runCli, says } from '../../testkit/command-line.js';
import { CONSOLE_KEY, startConsole } from '../../testkit/console-stand-in.js';
import { startLive } from '../../testkit/live.js';
import { CLI } from '../../testkit/programs.js';
import { startHere } from '../../testkit/server.js';
import { temporaryDirectory } from '../../testkit/settings.js';
import { gateExposure, signWebhook } from '../../testkit/statsig-webhook.js';
import { until } from '../../testkit/until.js';

const SECRET = 'webhook-of-the-shop';
const SHOP = { id: 'shop', outbound: { signingSecrets: [SECRET] } };
const OTHER = { id: 'other', outbound: { targets: [{ name: 'segment', writeKey: 'write-key-example' }] } };
const QUESTION = { data: { event: 'url_verification', verification_code: 'code-1' } };
const LONG_MS = 600_000;

async function startWatch(context: TestContext, waitMs = LONG_MS, environment: Readonly<Record<string, string>> = {}) {
  const live = await startLive(context, { documents: [SHOP, OTHER], environment });
  const notices: string[] = [];
  const stop = new AbortController();
  /** Ends waiting as the time does. */
  let late = new AbortController();
  context.after(() => stop.abort());
  const token = live.authorization.Authorization.replace('Bearer ', '');
  const watch = watchWebhook({
    find: () => ({ url: live.url, token }),
    waitMs,
    after: () => late.signal,
    signal: stop.signal,
    notice: (text) => void notices.push(text),
  });
  let events = 0;
  const post = (headers: Readonly<Record<string, string>>, body: string, workspace = 'shop') =>
    live.post(`/statsig/${workspace}`, body, headers);
  const exposure = () => {
    events += 1;
    return JSON.stringify([gateExposure(`0000000${events}-e788-11f0-8000-000000000000`)]);
  };
  const timeIsUp = () => {
    late.abort();
    late = new AbortController();
  };
  return {
    ...live,
    post,
    exposure,
    watch,
    stop,
    timeIsUp,
    notices,
    ask: (workspace: string, headers = {}) => live.post(`/statsig/${workspace}`, QUESTION, headers),
  };
}

test('it waits for the question and for the first event that is signed, and says what comes instead', {
  timeout: 60_000,
}, async (context) => {
  const { watch, post, exposure, ask, notices } = await startWatch(context);
  assert.deepEqual(await watch.seen('shop'), {});
  // Our own question is none of Statsig's.
  await ask('shop', { 'user-agent': 'statsig-cdp/0.1.0' });
  await ask('shpo');
  await ask('shop');
  assert.equal(await watch.waitFor('handshake', 'shop'), undefined);
  assert.deepEqual(notices.splice(0), [
    'Statsig asked for another URL: no workspace is called shpo. Enter the one that ends with /statsig/shop.',
  ]);
  assert.deepEqual(Object.keys(await watch.seen('shop')), ['handshake']);

  // What came before says nothing of the secret that is there now.
  const early = exposure();
  assert.equal((await post(signWebhook(early, SECRET), early)).status, 200);
  const waiting = watch.waitFor('event', 'shop');
  let isOver = false;
  void waiting.then(() => {
    isOver = true;
  });
  const tellsSoMany = (count: number) =>
    until(() => notices.length === count, `${count} are told: ${notices.join(' ')}`);
  // The stream begins when it likes: what is posted before is not told.
  await until(async () => {
    await post({}, exposure());
    return notices.length > 0 || isOver;
  }, 'one without a signature is told');
  assert.equal(isOver, false);
  const body = exposure();
  await post(signWebhook(body, 'webhook-of-somebody'), body);
  await tellsSoMany(2);
  await post(signWebhook(body, SECRET, Date.now() - 3_600_000), body);
  await tellsSoMany(3);
  await post(signWebhook(body, SECRET), body);
  assert.equal(await waiting, undefined);
  assert.match(notices[0] ?? '', /without a signature \(401\).*Generic Webhook/);
  assert.match(notices[1] ?? '', /signed with another secret \(401\)/);
  assert.match(notices[2] ?? '', /its time is not \(.*3600\d{3} ms.*set the clock/);
  assert.equal(notices.length, 3, 'each once');
  assert.deepEqual(Object.keys(await watch.seen('shop')).sort(), ['event', 'handshake']);
});

test('a process without the secret is told as such', { timeout: 60_000 }, async (context) => {
  const { watch, post, exposure, notices, stop } = await startWatch(context);
  await watch.seen('other');
  const waiting = watch.waitFor('handshake', 'other');
  const body = exposure();
  await post(signWebhook(body, SECRET), body, 'other');
  await until(() => notices.length === 1, 'it is told');
  assert.match(notices[0] ?? '', /the process has no signing secret of other \(401\)/);
  stop.abort();
  await assert.rejects(waiting, { code: 'stopped' });
});

test('what does not come in time says what to look at; the last trouble goes before', {
  timeout: 60_000,
}, async (context) => {
  const { watch, post, exposure, timeIsUp, notices } = await startWatch(context);
  await watch.seen('shop');
  const asked = watch.waitFor('handshake', 'shop');
  timeIsUp();
  await assert.rejects(asked, {
    code: 'unavailable',
    message: /^Waited 600 s\. Statsig has not asked.*HTTPS.*PUBLIC_PORT/,
  });
  await post({}, exposure());
  const troubled = watch.waitFor('handshake', 'shop');
  await until(() => notices.length === 1, 'it is told');
  timeIsUp();
  await assert.rejects(troubled, {
    code: 'unavailable',
    message: /^Waited 600 s\. A webhook came without a signature/,
  });
});

test('without a process, a live log or the wish to wait it is left to a person', async (context) => {
  const off = await startWatch(context, LONG_MS, { LIVE_LOG: 'off' });
  assert.deepEqual(await off.watch.seen('shop'), {});
  assert.match((await off.watch.waitFor('handshake', 'shop'))?.problem ?? '', /keeps no live log/);
  const never = await startWatch(context, 0);
  assert.match((await never.watch.waitFor('handshake', 'shop'))?.problem ?? '', /--wait SECONDS/);
  const find = () => {
    throw new CommandError('No token.');
  };
  const none = watchWebhook({ find, waitMs: LONG_MS, signal: new AbortController().signal, notice: () => {} });
  assert.deepEqual(await none.seen('shop'), {});
  assert.deepEqual(await none.waitFor('event', 'shop'), { result: 'by-hand', problem: 'No one waits. No token.' });
});

test('the command: a plan, ID types that are made once, and no key in what it prints or leaves behind', {
  timeout: 60_000,
}, async (context) => {
  const directory = temporaryDirectory(context);
  const statsig = await startConsole(context, { now: Date.now, idTypes: ['companyID'] });
  const settings = join(directory, 'settings');
  mkdirSync(settings);
  const document = {
    id: 'shop',
    consoleUrl: statsig.url,
    identifierMappings: [
      { from: 'groupId', to: 'companyId' },
      { from: 'anonymousId', to: 'segmentAnonymousId' },
    ],
  };
  writeFileSync(join(settings, 'shop.json'), JSON.stringify(document));
  const env = { PATH: process.env.PATH, STATSIG_CDP_SETTINGS: settings, STATSIG_CONSOLE_KEY: CONSOLE_KEY };
  const run = (...args: readonly string[]) => runCli(['connect', 'statsig', ...args], { env, cwd: directory });

  const planned = await run('--plan');
  assert.match(
    planned.stdout,
    /^there: Statsig takes the key\. The project has the ID types userID, stableID, companyID$/m,
  );
  assert.match(planned.stdout, /^by hand: The project has no ID type companyId: is companyID meant\?$/m);
  assert.match(planned.stderr, /2 of 3 steps are to do\. Nothing was done\./);
  assert.deepEqual([...statsig.idTypes.keys()], ['companyID']);

  const made = await run('--create', '--json');
  const { steps } = JSON.parse(made.stdout);
  assert.deepEqual(
    steps.map(({ id, result }: { id: string; result: string }) => [id, result]),
    [
      ['id-types', 'there'],
      ['id-type:companyId', 'by-hand'],
      ['id-type:segmentAnonymousId', 'done'],
    ],
  );
  assert.deepEqual([...statsig.idTypes.keys()], ['companyID', 'segmentAnonymousId']);

  const keyFile = join(directory, 'key');
  writeFileSync(keyFile, 'secret-of-the-shop-example\n');
  const wrong = run('--token-file', keyFile);
  await assert.rejects(wrong, says(/^This is a server secret key of Statsig, not a Console key\./));
  assert.doesNotMatch([planned, made].map(({ stdout, stderr }) => stdout + stderr).join(''), new RegExp(CONSOLE_KEY));
  assert.deepEqual(
    [readdirSync(settings), readFileSync(join(settings, 'shop.json'), 'utf8')],
    [['shop.json'], JSON.stringify(document)],
  );
});

const PAGE = readFileSync(new URL('../../../docs/connect-statsig.md', import.meta.url), 'utf8');

test('the commands of the page run, and its plan is what is printed', { timeout: 60_000 }, async (context) => {
  const directory = temporaryDirectory(context);
  const statsig = await startConsole(context, { now: Date.now, idTypes: ['companyID'] });
  const live = await startLive(context, { documents: [{ id: 'shop' }] });
  const file = join(directory, 'settings.json');
  const document = {
    id: 'shop',
    secretKey: 'secret-example',
    consoleUrl: statsig.url,
    identifierMappings: [
      { from: 'groupId', to: 'companyId' },
      { from: 'anonymousId', to: 'segmentAnonymousId' },
    ],
  };
  writeFileSync(file, JSON.stringify(document));
  const env = { PATH: process.env.PATH, STATSIG_CDP_SETTINGS: file, STATSIG_CONSOLE_KEY: CONSOLE_KEY };
  const commands = [...PAGE.matchAll(/^npx statsig-cdp (connect statsig.*)$/gm)].map(([, words = '']) => words);
  assert.equal(commands.length, 5);
  const outputs = await Promise.all(
    commands.map(async (words) => {
      const args = words.replace('https://YOUR-HOST', live.url).split(' ');
      const isPlan = args.includes('--plan');
      return [words, (await runCli([...args, ...(isPlan ? [] : ['--plan'])], { env, cwd: directory })).stdout] as const;
    }),
  );
  const [, shown] = /^```text\n(.*?)^```$/ms.exec(PAGE) ?? [];
  assert.equal(outputs.find(([words]) => words.endsWith('--plan'))?.[1], shown);
  assert.match(
    outputs.find(([words]) => words.includes('--public-url'))?.[1] ?? '',
    /^to do: Wait for the first signed event$/m,
  );
});

test('a person types key and secret unseen, makes an ID type, and sees the question and the first signed event come; Ctrl+C ends waiting well', {
  skip: process.platform !== 'linux',
  timeout: 120_000,
}, async (context) => {
  const directory = temporaryDirectory(context);
  const statsig = await startConsole(context, { now: Date.now });
  const settings = join(directory, 'settings');
  mkdirSync(settings);
  const file = join(settings, 'shop.yaml');
  writeFileSync(file, `id: shop\nconsoleUrl: ${statsig.url}\nidentifierMappings: [{ from: groupId, to: companyID }]\n`);
  const env = {
    PATH: process.env.PATH,
    TERM: 'xterm',
    STATSIG_CDP_SETTINGS: settings,
    OUTBOX_DIRECTORY: join(directory, 'data', 'outbox'),
  };
  const plugin = await startHere({ STATSIG_CDP_SETTINGS: settings, OUTBOX_DIRECTORY: env.OUTBOX_DIRECTORY });
  context.after(() => plugin.stop());

  /** @param onShown told what is shown so far; each answer is given once its question is there */
  async function atTerminal(answers: readonly (readonly [string, string])[], onShown: (shown: string) => void) {
    const words = [process.execPath, CLI, 'connect', 'statsig', '--public-url', plugin.publicUrl, '--url', plugin.url];
    // In the place of the shell, which would end with a code of its own for Ctrl+C.
    const line = `exec ${words.map((word) => `'${word}'`).join(' ')}`;
    const child = spawn('script', ['-qec', line, '/dev/null'], { env });
    let shown = '';
    let asked = 0;
    child.stdout.on('data', (chunk: Buffer) => {
      shown += chunk.toString();
      const [question, answer] = answers[asked] ?? [];
      if (question !== undefined && answer !== undefined && shown.includes(question)) {
        asked += 1;
        child.stdin.write(answer);
      }
      onShown(shown);
    });
    const [code] = await once(child, 'close');
    return { code, shown };
  }

  const post = (body: string, headers: Readonly<Record<string, string>>) =>
    fetch(`${plugin.publicUrl}/statsig/shop`, { method: 'POST', body, headers });
  const key = [
    ['(it is not shown): ', `${CONSOLE_KEY}\r`],
    ['Make it?', 'y\r'],
  ] as const;
  const stopped = await atTerminal([...key, ['Click Enable', '\u0003']], () => {});
  assert.equal(stopped.code, 1, stopped.shown);
  assert.match(
    stopped.shown,
    /failed: Wait until Statsig asks.*It was ended before it came\. Run it again: it goes on where it was\.\r\n$/s,
  );
  assert.doesNotMatch(stopped.shown, / at .*\.js/, 'no stack');
  assert.deepEqual([...statsig.idTypes.keys()], ['companyID']);

  let stage = 0;
  let posting: NodeJS.Timeout | undefined;
  context.after(() => clearInterval(posting));
  const connected = await atTerminal([...key.slice(0, 1), ['Enter: later): ', `${SECRET}\r`]], (shown) => {
    if (stage === 0 && shown.includes('Click Enable')) {
      stage = 1;
      void post(JSON.stringify(QUESTION), {});
    }
    if (stage === 1 && shown.includes('done: Take webhooks that are signed with it')) {
      stage = 2;
      let events = 0;
      posting = setInterval(() => {
        events += 1;
        const body = JSON.stringify([gateExposure(`${10_000_000 + events}-e788-11f0-8000-000000000000`)]);
        void post(body, signWebhook(body, SECRET));
      }, 100);
    }
  });
  clearInterval(posting);
  assert.equal(connected.code, 0, connected.shown);
  assert.match(
    connected.shown,
    /done: Wait until Statsig asks.*done: Keep the signing secret.*done: Wait for the first signed event/s,
  );
  assert.match(readFileSync(file, 'utf8'), /file:secrets\/shop-statsig-signing/);
  for (const secret of [CONSOLE_KEY, SECRET]) assert.ok(!(stopped.shown + connected.shown).includes(secret));
  assert.equal(statsig.calls.filter(({ method }) => method === 'POST').length, 1, 'the ID type is made once');

  const again = await atTerminal(key.slice(0, 1), () => {});
  assert.equal(again.code, 0);
  assert.doesNotMatch(again.shown, /done|by hand|failed/);
});
