// What is under deploy/ is taken by the programs that it is for. One that is not installed here is named, and not asked.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { askProgram } from '../../testkit/ask-program.js';
import { freePort } from '../../testkit/free-port.js';
import { startHere } from '../../testkit/server.js';
import { temporaryDirectory } from '../../testkit/settings.js';
import { until } from '../../testkit/until.js';

const DEPLOY = new URL('../../../deploy/', import.meta.url).pathname;

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
  askProgram(
    context,
    'promtool',
    'check',
    'rules',
    '--lint=all',
    '--lint-fatal',
    join(DEPLOY, 'prometheus/alerts.yaml'),
  );
});

test('the alerts fire when they should', (context) => {
  askProgram(context, 'promtool', 'test', 'rules', join(DEPLOY, 'prometheus/alerts.test.yaml'));
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

test('every query of the dashboard is one', (context) => {
  const { panels } = JSON.parse(readFileSync(join(DEPLOY, 'grafana/dashboard.json'), 'utf8')) as {
    panels: { targets?: { expr: string }[] }[];
  };
  const queries = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
  assert.ok(queries.length > 20);
  const rules = queries.map((query, index) => ({
    record: `dashboard:query_${index}`,
    expr: query.replaceAll('$__rate_interval', '5m'),
  }));
  const file = join(temporaryDirectory(context), 'dashboard.yaml');
  writeFileSync(file, JSON.stringify({ groups: [{ name: 'dashboard', rules }] }));
  askProgram(context, 'promtool', 'check', 'rules', file);
});

test('systemd takes the unit, and counts it among the safe ones', (context) => {
  const unit = adapt(context, 'systemd/statsig-cdp.service', [
    [/^(ExecStart=)\/usr\/bin\/node/m, `$1${process.execPath}`],
  ]);
  const said = askProgram(context, 'systemd-analyze', 'verify', unit);
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
  askProgram(context, 'systemd-analyze', 'security', '--offline=true', '--threshold=20', '--no-pager', unit);
});

test('nginx takes the snippet', (context) => {
  const folder = temporaryDirectory(context);
  const [key, certificate] = [join(folder, 'key'), join(folder, 'certificate')];
  const names = ['-subj', '/CN=events.example.com', '-keyout', key, '-out', certificate];
  if (
    askProgram(context, 'openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', ...names) ===
    undefined
  )
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
  askProgram(context, 'nginx', '-t', '-c', whole);
});

test('Caddy takes the snippet', (context) => {
  askProgram(context, 'caddy', 'validate', '--adapter', 'caddyfile', '--config', join(DEPLOY, 'caddy/Caddyfile'));
});

const SETTINGS = { id: 'shop', secretKey: 'secret-shop', paused: true, trackingApi: { writeKeys: ['shop-web'] } };

/** What a stranger gets through the proxy: the routes for senders, with the proxy's address, and nothing of the private port. */
async function lookThrough(proxy: string): Promise<void> {
  const get = async (path: string, headers = {}) => {
    const response = await fetch(`${proxy}${path}`, { headers });
    return { status: response.status, text: await response.text() };
  };
  await until(
    () =>
      get('/healthz').then(
        ({ status }) => status === 200,
        () => false,
      ),
    'the proxy and the plugin answer',
  );
  for (const path of ['/metrics', '/readyz', '/features', '/v0/destinations/statsig', '/api/dead-letters'])
    assert.equal((await get(path)).status, 404, path);
  const forged = { 'x-forwarded-host': 'evil.example', 'x-forwarded-prefix': '/evil', 'x-forwarded-proto': 'https' };
  const settings = await get('/v1/projects/shop-web/settings', forged);
  assert.equal(settings.status, 200);
  assert.doesNotMatch(settings.text, /evil/);
  assert.match(settings.text, new RegExp(`"${proxy.replace('http://', '')}`));
}

/** A plugin with two ports, and a proxy before the public one, which `run` starts on a port. */
async function behindProxy(context: TestContext, run: (to: string, port: number) => readonly string[]): Promise<void> {
  const folder = temporaryDirectory(context);
  const file = join(folder, 'settings.json');
  writeFileSync(file, JSON.stringify(SETTINGS));
  const environment = { PUBLIC_PORT: '0', TRUST_PROXY: '1', OUTBOX_DIRECTORY: join(folder, 'outbox') };
  const plugin = await startHere({ STATSIG_CDP_SETTINGS: file, ...environment });
  context.after(() => plugin.stop());
  const port = await freePort();
  const [program = '', ...args] = run(plugin.publicUrl.replace('http://', ''), port);
  const proxy = spawn(program, args, { stdio: 'ignore', env: { PATH: process.env.PATH, HOME: folder } });
  context.after(() => {
    proxy.kill('SIGTERM');
  });
  await lookThrough(`http://127.0.0.1:${port}`);
}

test('through nginx strangers reach the public port alone', async (context) => {
  if (askProgram(context, 'nginx', '-v') === undefined) return;
  await behindProxy(context, (to, port) => {
    const snippet = adapt(context, 'nginx/statsig-cdp.conf', [
      [/server 127\.0\.0\.1:8080/, `server ${to}`],
      [/listen 443 ssl;/, `listen 127.0.0.1:${port};`],
      [/ssl_certificate .*\n.*\n/, ''],
    ]);
    const folder = temporaryDirectory(context);
    const places = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
      (name) => `${name}_temp_path ${folder}/${name};`,
    );
    const whole = join(folder, 'nginx.conf');
    writeFileSync(
      whole,
      `daemon off; pid ${folder}/pid; error_log stderr; events {} http { access_log off; ${places.join(' ')} include ${snippet}; }`,
    );
    return ['nginx', '-c', whole];
  });
});

test('through Caddy strangers reach the public port alone', async (context) => {
  if (askProgram(context, 'caddy', 'version') === undefined) return;
  await behindProxy(context, (to, port) => {
    const file = adapt(context, 'caddy/Caddyfile', [
      [/events\.example\.com \{/, `{\n\tadmin off\n}\n\nhttp://127.0.0.1:${port} {`],
      [/reverse_proxy statsig-cdp:8080/, `reverse_proxy ${to}`],
    ]);
    return ['caddy', 'run', '--adapter', 'caddyfile', '--config', file];
  });
});

test('HAProxy takes the file', (context) => {
  askProgram(context, 'haproxy', '-c', '-f', join(DEPLOY, 'haproxy/haproxy.cfg'));
});

test('through HAProxy strangers reach the public port alone, and what one replica does not take another does', async (context) => {
  if (askProgram(context, 'haproxy', '-v') === undefined) return;
  const [closed, privatePort] = [await freePort(), await freePort()];
  await behindProxy(context, (to, port) => {
    const file = adapt(context, 'haproxy/haproxy.cfg', [
      [/resolvers names\n(?: {2}.*\n)+/, ''],
      [/bind :8080/, `bind 127.0.0.1:${port}`],
      [/bind :9090/, `bind 127.0.0.1:${privatePort}`],
      // Neither is checked, as in the first second after one has gone.
      [
        /default-server check inter 1s fall 2 rise 1\n {2}server-template.*:8080.*/,
        `server gone 127.0.0.1:${closed}\n  server there ${to}`,
      ],
      [/server-template.*:9090.*/, `server gone 127.0.0.1:${closed}`],
    ]);
    return ['haproxy', '-f', file];
  });
});
