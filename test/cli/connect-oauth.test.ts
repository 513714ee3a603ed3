// `statsig-cdp connect segment --oauth` as a process: what a person and a program see, and that no code, token, secret or state is left anywhere.

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { OAUTH_CLIENT, OAUTH_SOURCE, type OAuthStandIn, startOAuth } from '../../testkit/oauth-stand-in.js';
import { CLI } from '../../testkit/programs.js';

interface Run {
  readonly child: ChildProcess;
  /** The page that the person is sent to. */
  readonly consentUrl: Promise<string>;
  /** @returns exit code, and both outputs */
  end(): Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }>;
}

async function setUp(context: TestContext) {
  const standIn = await startOAuth(context);
  const directory = mkdtempSync(join(tmpdir(), 'connect-oauth-'));
  context.after(() => rmSync(directory, { recursive: true, force: true }));
  const secretFile = join(directory, 'client-secret');
  writeFileSync(secretFile, `${OAUTH_CLIENT.secret}\n`, { mode: 0o600 });
  const settings = join(directory, 'settings');
  const args = [
    ...['connect', 'segment', '--oauth', '--no-test', '--public-url', 'https://cdp.example', '--workspace', 'shop'],
    ...['--client-id', OAUTH_CLIENT.id, '--client-secret-file', secretFile, '--scope', 'destination/webhooks'],
    ...['--redirect-uri', 'http://127.0.0.1:0/callback', '--settings', settings],
    ...['--authorize-url', standIn.addresses.authorizeUrl, '--token-url', standIn.addresses.tokenUrl],
    ...['--config-url', standIn.addresses.configUrl],
  ];
  function run(...more: readonly string[]): Run {
    const child = spawn(process.execPath, [CLI, ...args, ...more], {
      env: { PATH: process.env.PATH, TMPDIR: directory },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    context.after(() => child.kill('SIGKILL'));
    const said = { stdout: '', stderr: '' };
    const closed = once(child, 'close');
    const consentUrl = new Promise<string>((resolve) => {
      for (const name of ['stdout', 'stderr'] as const)
        child[name]?.setEncoding('utf8').on('data', (text: string) => {
          said[name] += text;
          const [url] = /^http\S+\/oauth2\/auth\?\S+(?=\n)/m.exec(said.stderr) ?? [];
          if (url !== undefined) resolve(url);
        });
    });
    return {
      child,
      consentUrl,
      async end() {
        const [code] = await closed;
        return { code, ...said };
      },
    };
  }
  return { standIn, directory, settings, run };
}

/** Says yes or no, and follows the browser's way back. */
async function answer(standIn: OAuthStandIn, consentUrl: string, how: 'allow' | 'deny' = 'allow') {
  standIn.redirectUris.add(new URL(consentUrl).searchParams.get('redirect_uri') ?? '');
  const back = await standIn.answerConsent(consentUrl, how);
  return { back, page: await (await fetch(back)).text() };
}

function assertNothingLeft({ given }: OAuthStandIn, directory: string, ...texts: readonly string[]): void {
  const names = readdirSync(directory, { recursive: true, encoding: 'utf8' });
  const files = names.map((name) => join(directory, name)).filter((file) => statSync(file).isFile());
  const kept = files.filter((file) => !file.endsWith('client-secret')).map((file) => readFileSync(file, 'utf8'));
  for (const secret of [...given, OAUTH_CLIENT.secret])
    for (const text of [...texts, ...kept]) assert.ok(!text.includes(secret), `“${text}” holds ${secret}`);
}

test('it asks for consent, connects, and asks for none the next time; --undo takes it back', async (context) => {
  const { standIn, directory, settings, run } = await setUp(context);
  const first = run('--json');
  const url = await first.consentUrl;
  const commandLine = readFileSync(`/proc/${first.child.pid}/cmdline`, 'utf8');
  const { page } = await answer(standIn, url);
  assert.match(page, /allowed.*close this window/);
  const { code, stdout, stderr } = await first.end();
  assert.equal(code, 0, stderr);
  const { steps } = JSON.parse(stdout) as {
    readonly steps: readonly { readonly id: string; readonly result: string }[];
  };
  assert.deepEqual(
    steps.map(({ id, result }) => `${result} ${id}`),
    [
      ...['there allow', 'done make-header', 'done make-signature', 'done write-settings'],
      ...['done create-destination', 'by-hand send-test'],
    ],
  );
  assert.ok(standIn.destinations.get(`${OAUTH_SOURCE}/destinations/webhooks`)?.enabled);
  // The address that the person is sent to holds the state, and is told to them alone.
  assertNothingLeft(standIn, directory, stdout, stderr.replace(url, ''), commandLine, page);

  const again = await run().end();
  assert.deepEqual([again.code, again.stdout.match(/^done/m)], [0, null], again.stderr);
  const undone = await run('--undo', '--yes').end();
  assert.match(undone.stdout, /stays installed in Segment, as installs\/7/);
  assert.deepEqual([undone.code, standIn.destinations.size, readdirSync(settings)], [0, 0, []]);
  assertNothingLeft(standIn, directory, again.stdout, again.stderr, undone.stdout, undone.stderr);
});

test('--plan asks no one; consent that is denied exits with 1, in one sentence, and the browser says the same', async (context) => {
  const { standIn, directory, settings, run } = await setUp(context);
  const planned = await run('--plan').end();
  assert.equal(planned.code, 0);
  assert.match(
    planned.stdout,
    /to do: Ask in a browser.*\n[\s\S]*POST http\S+\/v1beta\/workspaces\/\(chosen in Segment\)/,
  );
  assert.deepEqual(standIn.calls, []);
  const denied = run();
  const url = await denied.consentUrl;
  const { page } = await answer(standIn, url, 'deny');
  const { code, stderr } = await denied.end();
  assert.equal(code, 1);
  const [said = ''] = stderr.trim().split('\n').slice(-1);
  assert.match(said, /^It was not allowed: nothing is connected/);
  assert.equal(page.trim(), said);
  assert.throws(() => readdirSync(settings), /ENOENT/);
  assertNothingLeft(standIn, directory, stderr.replace(url, ''), page);
});

test('answers of others do not end it, and two commands at once do not take each other’s', async (context) => {
  const { standIn, run } = await setUp(context);
  const [one, two] = [run('--json'), run('--json')];
  const [first, second] = await Promise.all([one.consentUrl, two.consentUrl]);
  const strange = new URL(new URL(first).searchParams.get('redirect_uri') ?? '');
  strange.search = String(
    new URLSearchParams({ code: 'code-of-another', state: new URL(second).searchParams.get('state') ?? '' }),
  );
  assert.equal((await fetch(strange)).status, 400);
  two.child.kill('SIGTERM');
  const stopped = await two.end();
  assert.equal(stopped.code, 1);
  assert.match(stopped.stderr, /ended before somebody allowed it/);
  await answer(standIn, first);
  assert.equal((await one.end()).code, 0);
});

test('without what the owner of an app knows it says so, and that it works for nobody else', async (context) => {
  const { run } = await setUp(context);
  const { code, stderr } = await run('--client-id', '').end();
  assert.equal(code, 1);
  assert.match(stderr, /needs --client-id.*before Segment closed registration/);
  const other = await run('--redirect-uri', 'https://plugin.example/callback').end();
  assert.match(other.stderr, /of this machine/);
  assert.match((await run('--region', 'eu').end()).stderr, /US region/);
});
