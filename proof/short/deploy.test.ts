// What is under deploy/ is taken by the programs that it is for. One that is not installed here is named, and not asked.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { temporaryDirectory } from '../../testkit/settings.js';

const DEPLOY = new URL('../../../deploy/', import.meta.url).pathname;

/** Runs a program to its end. @returns what it says, or `undefined` where it is not installed */
function ask(context: TestContext, program: string, ...args: readonly string[]): string | undefined {
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8' });
  if (error !== undefined && 'code' in error && error.code === 'ENOENT') {
    console.error(`NOT CHECKED: "${context.name}", because ${program} is not installed here. .ci/run installs it.`);
    context.skip(`${program} is not installed`);
    return undefined;
  }
  assert.ifError(error);
  assert.equal(status, 0, `${program} ${args.join(' ')}:\n${stdout}${stderr}`);
  return stdout + stderr;
}

/** A copy of a file of deploy/ in which some things are replaced by what is there on this machine. */
function adapt(context: TestContext, file: string, replaced: readonly (readonly [RegExp, string])[]): string {
  const copy = join(temporaryDirectory(context), file.replace(/.*\//, ''));
  const text = replaced.reduce(
    (before, [from, to]) => {
      assert.match(before, from, file);
      return before.replace(from, to);
    },
    readFileSync(join(DEPLOY, file), 'utf8'),
  );
  writeFileSync(copy, text);
  return copy;
}

test('Prometheus takes the alert rules', (context) => {
  ask(context, 'promtool', 'check', 'rules', '--lint=all', '--lint-fatal', join(DEPLOY, 'prometheus/alerts.yaml'));
});

test('the alerts fire when they should', (context) => {
  ask(context, 'promtool', 'test', 'rules', join(DEPLOY, 'prometheus/alerts.test.yaml'));
});

test('a test of the alerts would notice a threshold that is wrong', (context) => {
  const folder = temporaryDirectory(context);
  cpSync(join(DEPLOY, 'prometheus'), folder, { recursive: true });
  const rules = join(folder, 'alerts.yaml');
  writeFileSync(rules, readFileSync(rules, 'utf8').replace('oldest_seconds > 900', 'oldest_seconds > 9000'));
  const { status, error } = spawnSync('promtool', ['test', 'rules', join(folder, 'alerts.test.yaml')]);
  if (error !== undefined) context.skip('promtool is not installed');
  else assert.notEqual(status, 0);
});

test('systemd takes the unit, and counts it among the safe ones', (context) => {
  const unit = adapt(context, 'systemd/statsig-cdp.service', [
    [/^(ExecStart=)\/usr\/bin\/node/m, `$1${process.execPath}`],
  ]);
  const said = ask(context, 'systemd-analyze', 'verify', unit);
  // It says what it does not know and goes on.
  if (said !== undefined)
    assert.equal(
      said
        .split('\n')
        .filter((line) => line.includes(unit))
        .join('\n'),
      '',
    );
  // Exits with 1 above 2.0 of 10.
  ask(context, 'systemd-analyze', 'security', '--offline=true', '--threshold=20', '--no-pager', unit);
});

test('nginx takes the snippet', (context) => {
  const folder = temporaryDirectory(context);
  const [key, certificate] = [join(folder, 'key'), join(folder, 'certificate')];
  const names = ['-subj', '/CN=events.example.com', '-keyout', key, '-out', certificate];
  if (ask(context, 'openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', ...names) === undefined)
    return;
  const snippet = adapt(context, 'nginx/statsig-cdp.conf', [
    [/\/etc\/ssl\/events\.example\.com\.pem/, certificate],
    [/\/etc\/ssl\/events\.example\.com\.key/, key],
  ]);
  const whole = join(folder, 'nginx.conf');
  writeFileSync(
    whole,
    `pid ${folder}/pid;\nerror_log stderr;\nevents {}\nhttp { access_log off; include ${snippet}; }\n`,
  );
  ask(context, 'nginx', '-t', '-c', whole);
});

test('Caddy takes the snippet', (context) => {
  ask(context, 'caddy', 'validate', '--adapter', 'caddyfile', '--config', join(DEPLOY, 'caddy/Caddyfile'));
});
