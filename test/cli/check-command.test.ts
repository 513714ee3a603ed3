// `statsig-cdp check`, run as people run it.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { CLI } from '../../testkit/programs.js';
import { temporaryDirectory } from '../../testkit/settings.js';

/** Runs it within the directory, so that sources are named as they stand here. */
function check(cwd: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const { stdout, stderr, status } = spawnSync(process.execPath, [CLI, 'check', ...args], {
    cwd,
    env: { PATH: process.env.PATH, ...env },
    encoding: 'utf8',
  });
  return { lines: stdout.split('\n').filter((line) => line !== ''), stdout, stderr, status };
}

function settings(context: TestContext, files: Readonly<Record<string, string>>): string {
  const directory = temporaryDirectory(context);
  mkdirSync(join(directory, 'settings'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, 'settings', name), text);
  return directory;
}

/** Each mistake with its place in the settings and a part of what is said of it. */
const FILES: Readonly<Record<string, readonly (readonly [line: string, said?: RegExp])[]>> = {
  'keys.yaml': [
    ['secretKey: \u0024{STATSIG_KEY}', /^fault: \S+ secretKey: .*write env:NAME$/],
    ['consoleKey: $CONSOLE_KEY', /^fault: \S+ consoleKey: .*write env:NAME$/],
    ['segment:'],
    [
      `  apiKeys: [ENV:API_KEY, '"quoted"']`,
      /^fault: \S+ segment\.apiKeys\[0\]: looks like a reference: write env:NAME/,
    ],
    ['  sharedSecrets:'],
    [`    - "'quoted'"`, /^fault: \S+ segment\.sharedSecrets\[0\]: stands in quotes, .*: remove them$/],
    ['trackingApi: { writeKeys: [env:QUOTED] }', /^fault: \S+ \S+\[0\]: env:QUOTED stands in quotes, .*: remove them$/],
  ],
  'kinds.yaml': [
    ['secretKey: console-example', /^fault: \S+ secretKey: .* belongs under consoleKey/],
    ['consoleKey: secret-example', /^fault: \S+ consoleKey: .* belongs under secretKey/],
    ['eventsUrl: https://events.statsigapi.net/v1/log_event', /^fault: \S+ eventsUrl: must end before \/v1\/log_event/],
  ],
  'targets.yaml': [
    ['outbound:'],
    ['  targets:'],
    ['    - name: rudderstack'],
    ['      writeKey: key-example'],
    ['      host: http://acme.dataplane.rudderstack.com', /^warning: \S+ \S+\.host: .*write https:\/\/$/],
  ],
  'names.yaml': [
    ['includeEvents: ["rudderstack::Order*"]', /^warning: \S+ includeEvents\[0\]: is written with the prefix/],
    ['excludeEvents: [page]', /^warning: \S+ excludeEvents\[0\]: .* write page:\*/],
    ['identifierMappings:'],
    ['  - { from: $.anonymousId, to: stableID }', /^fault: \S+ \S+\[0\]\.from: .*context\.device\.id$/],
    ['  - { from: message.anonymousId, to: stableID }', /^fault: \S+ \S+\[1\]\.from: .*without "message\."$/],
    ['  - { from: anonymousId, to: "weird id!" }', /^warning: \S+ \S+\[2\]\.to: .*letters, digits, _ and -/],
  ],
  'star.yaml': [['id: star'], ['includeEvents: [*]', /^fault: \S+ this begins with \*, .* in quotes/]],
  'order.yaml': [['includeEvents:'], ['  - *Order', /^fault: \S+ this begins with \*, .* in quotes/]],
  'blank.yaml': [['id: blank'], ['secretKey: env: NAME', /^fault: \S+ this holds a second colon .*write env:NAME/]],
  'note.yaml': [
    ['A note about settings.', /^fault: \S+ is no YAML/],
    ...Array.from({ length: 120 }, (_, at) => [`And: line ${at}: of it`] as const),
    ['- of 120'],
  ],
};

test('every mistake of a directory and of the environment is found in one run, each with its line', (context) => {
  const texts = Object.entries(FILES).map(([name, lines]) => [name, lines.map(([line]) => line).join('\n')] as const);
  const directory = settings(context, { ...Object.fromEntries(texts), 'shop.yaml.txt': 'id: shop' });
  const { lines, stderr, status } = check(directory, ['settings'], { STATSIG_CDP_SETTING: 'x', QUOTED: '"key"' });

  const expected = Object.entries(FILES).flatMap(([name, rows]) =>
    rows.flatMap(([, said], at) => (said === undefined ? [] : [{ place: `settings/${name}:${at + 1}:`, said }])),
  );
  for (const { place, said } of expected)
    assert.ok(
      lines.some((line) => line.includes(` ${place}`) && said.test(line)),
      `${place} ${said}\n${lines.join('\n')}`,
    );
  const [variable] = lines;
  assert.equal(
    variable,
    'fault: environment: STATSIG_CDP_SETTING is no variable of this process. Did you mean STATSIG_CDP_SETTINGS?',
  );
  assert.ok(
    lines.includes(
      'warning: settings/shop.yaml.txt: is not read: the name of a settings file ends with .yaml, .yml or .json',
    ),
  );
  // `apiKeys` has a second one, in the same line.
  assert.equal(lines.length, expected.length + 3);
  assert.match(stderr, /^\d+ faults, 5 warnings, 0 workspaces\.\n$/);
  assert.equal(status, 1);
});

test('settings without a fault exit with 0, warnings count with --strict alone, and --json tells all', (context) => {
  const shop = 'secretKey: env:KEY\nidentifierMappings: [{ from: anonymousId, to: segmentAnonymousId }]\n';
  const directory = settings(context, { 'shop.yaml': shop });
  assert.deepEqual(check(directory, ['--strict'], { KEY: 'secret-example' }), {
    lines: [],
    stdout: '',
    stderr: '0 faults, 0 warnings, 1 workspace.\n',
    status: 0,
  });
  assert.match(check(directory, ['settings/shop.yaml']).stdout, /^fault: \S+:1:12 secretKey: env:KEY is not set\n$/);

  writeFileSync(join(directory, 'settings/shop.yaml'), `${shop}excludeEvents: [page]\n`);
  const [warned, strict] = [['--no-secrets'], ['--no-secrets', '--strict']].map((args) => check(directory, args));
  assert.deepEqual([warned?.status, strict?.status], [0, 1]);
  const { workspaces, faults, warnings } = JSON.parse(check(directory, ['--no-secrets', '--json']).stdout);
  assert.deepEqual([workspaces, faults], [['shop'], []]);
  const { message, ...place } = warnings[0];
  assert.deepEqual(place, { source: 'settings/shop.yaml', line: 3, column: 17, path: 'excludeEvents[0]' });
  assert.match(message, /write page:\*/);
});

test('what would stop the start beside the documents is a fault, too', (context) => {
  const directory = settings(context, { 'shop.yaml': 'secretKey: secret-example\ntrackingApi: { writeKeys: [shop] }' });
  const ports = check(directory, []);
  assert.match(ports.stdout, /^fault: environment: Anyone who reaches PORT can read the secrets/m);
  assert.equal(ports.status, 1);
  const advised = check(directory, ['--strict'], { PUBLIC_PORT: '8080' });
  assert.equal(advised.status, 0);
  const [line, ...more] = advised.lines;
  assert.match(
    line ?? '',
    /^advice: \S+shop\.yaml identifierMappings: .*`identifierMappings: \[\{ from: anonymousId, to: segmentAnonymousId \}\]`/,
  );
  assert.deepEqual(more, []);
  const wrong = { LOG_LEVEL: 'loud', MAX_BODY_BYTES: 'x', TRUST_PROXY: 'some', SINGLE_PORT: 'true' };
  const upstream = check(directory, [], {
    ...wrong,
    PUBLIC_PORT: '8080',
    UPSTREAM_TRANSFORMER_URL: 'rudder-transformer:9090',
    STATSIG_CDP_SETTING: 'x',
  });
  assert.deepEqual(
    upstream.lines.filter((line) => line.startsWith('fault: environment: ')).map((line) => line.split(' ')[2]),
    ['MAX_BODY_BYTES', 'LOG_LEVEL', 'PUBLIC_PORT', 'TRUST_PROXY', 'STATSIG_CDP_SETTING', 'UPSTREAM_TRANSFORMER_URL'],
    upstream.stdout,
  );
  assert.equal(upstream.status, 1);
  assert.equal(check(directory, ['missing']).stdout, 'fault: missing: there is no such file or directory\n');
});
