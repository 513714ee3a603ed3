// What valid settings cannot mean is a fault or a warning, with its line and with what to write.

import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseDocuments } from '../../src/settings/document.js';
import { mergeDocuments } from '../../src/settings/document-set.js';
import { environmentWarnings, ProcessSettingsError, readProcessSettings } from '../../src/settings/process.js';
import { describeFault } from '../../src/settings/settings-error.js';
import { openStore, rememberingLog, temporaryDirectory } from '../../testkit/settings.js';
import { until } from '../../testkit/until.js';

/** What is said of one document, from its line on; a warning begins with `warning`. */
async function saidOf(text: string): Promise<readonly string[]> {
  const readSecret = ({ name }: { readonly name: string }) => ({ value: name });
  const { faults, warnings } = await mergeDocuments([parseDocuments(text, 's.yaml', { readSecret })]);
  return [
    ...faults.map((fault) => describeFault(fault).slice('s.yaml:'.length)),
    ...warnings.map((warning) => `warning ${describeFault(warning).slice('s.yaml:'.length)}`),
  ];
}

const VARIABLE_NAME =
  'looks like the name of a variable, and is taken for the key itself: write env:NAME where a variable holds it';
const VARIABLE = 'names a variable in a form that is not replaced here: write env:NAME';
const PLACEHOLDER = 'is a placeholder: write the key, or env:NAME';
const QUOTED = 'stands in quotes, which are taken for a part of the key: remove them';
const REFERENCE = 'looks like a reference: write env:NAME or file:PATH, in small letters and without blanks';
const PATH = 'is no field path: write the names of the fields with dots between them, as in context.device.id';
const OUTSIDE = (root: string) => `begins outside of the event: write it without "${root}."`;
const NOWHERE = 'leads nowhere in an event of the Segment Spec';
const PREFIX = 'is written with the prefix: names are listed as the sender writes them, as in Order *, page:Home';
const OPEN = 'sends the key unencrypted over the internet: write https://';
const KIND =
  'is a kind of events, and no name: list them as gate:NAME or gate:*, or leave the kind out of eventCategories';
const ID =
  "holds other characters than letters, digits, _ and -: an id is called as in Statsig's console, as in companyID";

const MISTAKES: Readonly<Record<string, readonly [text: string, ...said: string[]]>> = {
  'a shell variable': ['secretKey: \u0024{STATSIG_KEY}', `1:12 secretKey: ${VARIABLE}`],
  'a shell variable without braces': ['consoleKey: $STATSIG_KEY', `1:13 consoleKey: ${VARIABLE}`],
  'a variable of Windows': ['segment: { apiKeys: ["%KEY%"] }', `1:22 segment.apiKeys[0]: ${VARIABLE}`],
  'a variable of JavaScript': ['secretKey: process.env.KEY', `1:12 secretKey: ${VARIABLE}`],
  'a reference in capitals': ['trackingApi:\n  writeKeys: [ENV:KEY]', `2:15 trackingApi.writeKeys[0]: ${REFERENCE}`],
  'a reference with a blank': ['secretKey: "env : KEY"', `1:12 secretKey: ${REFERENCE}`],
  'quotes that were kept': [`secretKey: "'secret-example'"`, `1:12 secretKey: ${QUOTED}`],
  'a template': [
    'rudderstack: { sourceWriteKeys: ["{{ KEY }}"] }',
    '1:34 rudderstack.sourceWriteKeys[0]: is a template that was not filled in: write the key, or env:NAME',
  ],
  'a placeholder': ['outbound: { signingSecrets: [<secret>] }', `1:30 outbound.signingSecrets[0]: ${PLACEHOLDER}`],
  'the name of a variable alone': ['secretKey: STATSIG_SERVER_SECRET', `warning 1:12 secretKey: ${VARIABLE_NAME}`],
  'the name of a variable as a write key': [
    'outbound: { targets: [{ name: cdp, writeKey: SEGMENT_WRITE_KEY }] }',
    `warning 1:46 outbound.targets[0].writeKey: ${VARIABLE_NAME}`,
  ],
  'the placeholder of a form': ['secretKey: secret-...', `1:12 secretKey: ${PLACEHOLDER}`],
  'a console key as server key': [
    'secretKey: console-abc',
    '1:12 secretKey: is a Console API key of Statsig: it belongs under consoleKey, and a server secret key (secret-…) here',
  ],
  'a server key as console key': [
    'consoleKey: secret-abc',
    '1:13 consoleKey: is a server secret key of Statsig: it belongs under secretKey, and a Console API key (console-…) here',
  ],
  'a client key as console key': [
    'consoleKey: client-abc',
    '1:13 consoleKey: is a client key of Statsig: a Console API key (console-…) belongs here',
  ],
  'a client key as server key': [
    'secretKey: client-abc',
    'warning 1:12 secretKey: is a client key of Statsig: it sends events, but deletions need a server secret key (secret-…)',
  ],
  'a server key for a CDP': [
    'outbound: { targets: [{ name: a, writeKey: secret-abc }] }',
    'warning 1:44 outbound.targets[0].writeKey: is a server secret key of Statsig: no one but Statsig may get it. Here belongs the write key of a source of Segment or RudderStack',
  ],
  'a server key in pages': [
    'trackingApi: { writeKeys: [secret-abc] }',
    'warning 1:28 trackingApi.writeKeys[0]: is a server secret key of Statsig: write keys stand in web pages. Make up another one',
  ],
  'the whole address of log_event': [
    'eventsUrl: https://events.statsigapi.net/v1/log_event/',
    '1:12 eventsUrl: must end before /v1/log_event: /v1/log_event is appended to it',
  ],
  'half of it': [
    'eventsUrl: https://proxy.example/statsig/v1',
    'warning 1:12 eventsUrl: must end before /v1: /v1/log_event is appended to it',
  ],
  'the whole address of the webhook': [
    'apiUrl: https://api.statsig.com/v1/webhooks/rudderstack',
    '1:9 apiUrl: must end before /v1/webhooks/rudderstack: /v1/webhooks/rudderstack is appended to it',
  ],
  'the address of the Console API': [
    'consoleUrl: https://statsigapi.net/console/v1',
    '1:13 consoleUrl: must end before /console/v1: /console/v1 is appended to it',
  ],
  'the web console': [
    'consoleUrl: https://console.statsig.com',
    "1:13 consoleUrl: is Statsig's web console, which answers no program: leave this setting out",
  ],
  'a target without TLS': [
    'outbound:\n  targets:\n    - { name: a, writeKey: k, host: "http://acme.dataplane.rudderstack.com" }',
    `warning 3:37 outbound.targets[0].host: ${OPEN}`,
  ],
  'Statsig without TLS': ['eventsUrl: http://events.statsigapi.net', `warning 1:12 eventsUrl: ${OPEN}`],
  'a public address without TLS': ['apiUrl: http://8.8.8.8:9000', `warning 1:9 apiUrl: ${OPEN}`],
  'own networks without TLS': [
    [
      'eventsUrl: http://proxy:9000',
      'apiUrl: http://10.1.2.3',
      'consoleUrl: http://statsig.svc.cluster.local',
      'outbound:',
      '  targets:',
      ...['http://localhost:1', 'http://[fd00::1]', 'http://192.168.1.2', 'http://a.default.svc'].map(
        (host, at) => `    - { name: t${at}, writeKey: k, host: "${host}" }`,
      ),
    ].join('\n'),
  ],
  'names with the prefix of RudderStack': [
    'includeEvents: ["rudderstack::Order*"]',
    `warning 1:17 includeEvents[0]: ${PREFIX}`,
  ],
  'names with any prefix': [
    'eventNamePrefix: shop_\nexcludeEvents: ["Order", "segment::A", "segment_page:B", shop_Order]',
    `warning 2:26 excludeEvents[1]: ${PREFIX} (and 2 more of this list)`,
  ],
  'pages by their type': [
    'excludeEvents: [page]',
    'warning 1:17 excludeEvents[0]: matches only events without a name: to mean all of them write page:* or screen:*, or set eventTypes',
  ],
  'pages in the plural': [
    'excludeEvents: ["Pages:*"]',
    'warning 1:17 excludeEvents[0]: is no name of an event: names of pages and screens begin with page: and screen:, in small letters, and group events are called group',
  ],
  'track events with their type': [
    'includeEvents: ["track:Order"]',
    'warning 1:17 includeEvents[0]: is a type of events: track events are listed by their name alone, and identify events are no events in Statsig',
  ],
  'a reference as JavaScript writes it': ['secretKey: env.STATSIG_KEY', `1:12 secretKey: ${REFERENCE}`],
  'the placeholder of an example': ['secretKey: changeme', `1:12 secretKey: ${PLACEHOLDER}`],
  'a variable where none is replaced': [
    'defaultEnvironment: env:TIER\neventNamePrefix: "\u0024{STAGE}_"\nrudderstack: { destinationIds: ["{{ ID }}"] }',
    ...['3:33 rudderstack.destinationIds[0]', '2:18 eventNamePrefix', '1:21 defaultEnvironment'].map(
      (at) => `warning ${at}: is taken as it stands: only keys and secrets can name a variable`,
    ),
  ],
  'no types of events': [
    'eventTypes: []\noutbound: { eventCategories: [] }',
    ...['1:13 eventTypes', '2:30 outbound.eventCategories'].map(
      (at) => `warning ${at}: is empty, so that nothing is sent: leave it out to send all`,
    ),
  ],
  'all names excluded': [
    'excludeEvents: ["*"]',
    'warning 1:17 excludeEvents[0]: matches every name, so that none is sent',
  ],
  'groups by a name': [
    'excludeEvents: ["group:*"]',
    'warning 1:17 excludeEvents[0]: is no name of an event: names of pages and screens begin with page: and screen:, in small letters, and group events are called group',
  ],
  'a regular expression': [
    'includeEvents: ["^Order"]\noutbound: { includeEvents: ["/Order/"] }',
    ...['1:17 includeEvents[0]', '2:29 outbound.includeEvents[0]'].map(
      (at) => `warning ${at}: looks like a regular expression: here * alone stands for any characters`,
    ),
  ],
  'a blank beside a name': [
    'includeEvents: ["Order "]',
    'warning 1:17 includeEvents[0]: begins or ends with a blank, and so matches only names that do: remove it',
  ],
  "an exposure with Statsig's prefix": [
    'outbound: { excludeEvents: ["statsig::gate:a"] }',
    "warning 1:29 outbound.excludeEvents[0]: is written with Statsig's prefix: names are listed without it, as in gate:my_gate",
  ],
  'the path of a list': ['idListField: $.userId', `1:14 idListField: ${PATH}`],
  'names as they are meant': ['includeEvents: [Order *, "page:Home", "screen:*", group, "Page viewed", trackpad]'],
  'a category of outbound events as a name': [
    'outbound: { excludeEvents: [gate_exposure] }',
    `warning 1:29 outbound.excludeEvents[0]: ${KIND}`,
  ],
  'an exposure by its event name': [
    'outbound: { excludeEvents: ["statsig::config_exposure", gate] }',
    `warning 1:29 outbound.excludeEvents[0]: ${KIND} (and 1 more of this list)`,
  ],
  'an exposure in the list of custom events': [
    'outbound: { includeEvents: ["gate:new"], excludeEvents: ["gate:old", "experiment:*"] }',
    'warning 1:29 outbound.includeEvents[0]: does nothing: this list is for custom and internal events, and eventCategories chooses exposures and config changes',
  ],
  'an outbound name with the prefix of a CDP': [
    'outbound: { excludeEvents: ["segment::Order"] }',
    'warning 1:29 outbound.excludeEvents[0]: need not be listed: events with the prefix of a CDP came from there, and never go back',
  ],
  'a JSON path': [
    'identifierMappings: [{ from: $.anonymousId, to: stableID }]',
    `1:30 identifierMappings[0].from: ${PATH}`,
  ],
  'a path into a message': [
    'identifierMappings:\n  - { from: message.anonymousId, to: stableID }',
    `2:13 identifierMappings[0].from: ${OUTSIDE('message')}`,
  ],
  'a path into an event': ['valueFrom: [event.properties.total]', `1:13 valueFrom[0]: ${OUTSIDE('event')}`],
  'a redacted path into a message': ['redact: [message.userId]', `1:10 redact[0]: ${OUTSIDE('message')}`],
  'a redacted JSON path': ['redact: ["$.userId"]', `1:10 redact[0]: ${PATH}`],
  'a path with brackets': ['valueFrom: ["properties.products[0].price"]', `1:13 valueFrom[0]: ${PATH}`],
  'a path with a missing step': ['valueFrom: [properties..total]', `1:13 valueFrom[0]: ${PATH}`],
  'a path into a list': [
    'valueFrom: [properties.products.0.price]',
    'warning 1:13 valueFrom[0]: may lead nowhere: no path leads into a list',
  ],
  'a path that is almost one': [
    'audiences: { units: [{ from: userid, idType: userID }] }',
    `warning 1:30 audiences.units[0].from: ${NOWHERE}: did you mean userId?`,
  ],
  'a property without properties': [
    'valueFrom: [total]',
    `warning 1:13 valueFrom[0]: ${NOWHERE}: as in properties.NAME or context.traits.NAME`,
  ],
  'a path below a string': [
    'valueFrom: [userId.value]',
    `warning 1:13 valueFrom[0]: ${NOWHERE}: userId holds no fields`,
  ],
  'an odd name of an id': [
    'identifierMappings: [{ from: anonymousId, to: "weird id!" }]',
    `warning 1:47 identifierMappings[0].to: ${ID}`,
  ],
  'ids in another writing': [
    'identifierMappings: [{ from: userId, to: userId }, { from: anonymousId, to: stable_id }]\naudiences: { units: [{ from: userId, idType: user_id }] }',
    "warning 1:42 identifierMappings[0].to: makes a custom id of this name: Statsig's own is userID",
    "warning 1:77 identifierMappings[1].to: makes a custom id of this name: Statsig's own is stableID",
    "warning 2:46 audiences.units[0].idType: makes a custom id of this name: Statsig's own is userID",
  ],
  'a Statsig unit with its path': [
    'outbound: { identifierMappings: [{ from: customIDs.companyID, to: groupId }] }',
    `warning 1:42 outbound.identifierMappings[0].from: ${ID}`,
  ],
  'tiers in short': [
    'defaultEnvironment: prod\nenvironmentMappings: [{ from: x, to: Staging }]\noutbound: { environments: [dev, qa] }',
    "warning 1:21 defaultEnvironment: is another environment than Statsig's production, which is written so",
    "warning 2:38 environmentMappings[0].to: is another environment than Statsig's staging, which is written so",
    "warning 3:28 outbound.environments[0]: is another environment than Statsig's development, which is written so",
  ],
};

for (const [name, [text, ...said]] of Object.entries(MISTAKES)) {
  test(`${name}: ${said.length === 0 ? 'nothing is said' : text.slice(0, 60)}`, async () => {
    assert.deepEqual(await saidOf(text), said);
  });
}

test('a key that a variable or a file holds is looked at as one that stands in the settings, and never told', async () => {
  for (const held of [
    '"secret-example"',
    "'secret-example",
    '\u0024{KEY}',
    'env:OTHER',
    '<your key>',
    'console-example',
  ]) {
    const readSecret = () => ({ value: held });
    const { faults } = parseDocuments('secretKey: env:KEY', 's.yaml', { readSecret });
    assert.equal(faults.length, 1, held);
    assert.ok(!faults.map(describeFault).join().includes(held), held);
  }
});

test('faults of the schema and mistakes are told together', async () => {
  assert.deepEqual(await saidOf('mode: x\nsecretKey: $KEY\nexcludeEvents: [page]\n'), [
    '1:7 mode: must be events or webhook',
    `2:12 secretKey: ${VARIABLE}`,
    'warning 3:17 excludeEvents[0]: matches only events without a name: to mean all of them write page:* or screen:*, or set eventTypes',
  ]);
});

test('a store tells a warning once, at the start and after an edit, and keeps it in its status', async (context) => {
  const directory = temporaryDirectory(context);
  const file = join(directory, 'shop.yaml');
  writeFileSync(file, 'excludeEvents: [A]\n');
  const log = rememberingLog();
  const store = await openStore(context, { location: directory, log });
  assert.equal(store.status().warnings, undefined);
  const warnings = () => log.lines.filter((line) => line.includes('"warn"')).map((line) => JSON.parse(line).warnings);

  writeFileSync(file, 'excludeEvents: [page]\n');
  await until(() => warnings().length === 1, 'the warning is told');
  const [first] = store.status().warnings ?? [];
  assert.match(String(first), /shop\.yaml:1:17 excludeEvents\[0\]: matches only events without a name/);
  assert.deepEqual(warnings(), [[first]]);

  writeFileSync(file, '\n# Two lines more.\n\nexcludeEvents: [page]\ndefaultEnvironment: prod\n');
  await until(() => warnings().length === 2, 'the other warning is told');
  assert.match(String(store.status().warnings?.[0]), /shop\.yaml:4:17 /);
  assert.match(String(warnings()[1]), /^\S+shop\.yaml:5:21 defaultEnvironment: [^:]+$/, 'the old one is not repeated');

  writeFileSync(file, 'excludeEvents: [B]\n');
  await until(() => store.status().warnings === undefined, 'no warning is left');
});

test('an edit that cannot work leaves the last good settings in force', async (context) => {
  const file = join(temporaryDirectory(context), 'shop.yaml');
  writeFileSync(file, 'secretKey: secret-example\n');
  const store = await openStore(context, { location: file });
  writeFileSync(file, 'secretKey: \u0024{STATSIG_KEY}\n');
  await until(() => store.status().lastError !== undefined, 'the edit is refused');
  assert.match(String(store.status().lastError), /shop\.yaml:1:12 secretKey: names a variable/);
  assert.equal(store.findById('shop')?.secretKey?.reveal(), 'secret-example');
});

test('files that are not read although they look like settings are told, and so is a directory without any', async (context) => {
  const directory = temporaryDirectory(context);
  const unread = (name: string) =>
    `${join(directory, name)}: is not read: the name of a settings file ends with .yaml, .yml or .json`;
  const none = `${directory}: holds no settings files (*.yaml, *.yml, *.json): no workspace takes events`;
  writeFileSync(join(directory, 'shop.yaml.txt'), 'id: shop');
  const log = rememberingLog();
  const store = await openStore(context, { location: directory, log, pollMs: 100 });
  assert.equal(store.loaded, true, 'no settings are settings, too');
  assert.deepEqual(store.status().warnings, [none, unread('shop.yaml.txt')]);

  for (const name of ['blog.yaml', 'blog.yaml.bak', 'blog.yaml~', '.blog.yaml.swp', 'README.md', 'key.json.txt'])
    writeFileSync(join(directory, name), name === 'blog.yaml' ? 'secretKey: file:key.json.txt' : 'key');
  mkdirSync(join(directory, 'prod'));
  mkdirSync(join(directory, 'empty'));
  writeFileSync(join(directory, 'prod', 'shop.yaml'), '{}');
  const folder = `${join(directory, 'prod')}: is not read: settings files stand in the settings directory itself`;
  await until(
    () => JSON.stringify(store.status().warnings) === JSON.stringify([folder, unread('shop.yaml.txt')]),
    'the new files are told',
  );

  rmSync(join(directory, 'shop.yaml.txt'));
  rmSync(join(directory, 'prod'), { recursive: true });
  await until(() => store.status().warnings === undefined, 'no warning is left');
});

test('where no settings are, the log says what is served instead', async (context) => {
  const log = rememberingLog();
  await openStore(context, { location: join(temporaryDirectory(context), 'settings'), explicit: false, log });
  assert.match(log.lines.join('\n'), /"level":"warn","message":"There are no settings: the built-in workspace default/);
});

test('a variable of the environment that is almost ours is told, and stops the start where it is clearly ours', () => {
  const refused = (env: Record<string, string>) => {
    try {
      readProcessSettings(env);
    } catch (error) {
      assert.ok(error instanceof ProcessSettingsError);
      return error.message;
    }
    return undefined;
  };
  for (const name of [
    ...['STATSIG_CDP_SETTING', 'statsig_cdp_settings', 'STATSIG_CDP__SETTINGS', 'STATSIG_CDP_SETINGS'],
    ...['STATSIG_CDP_SETTINGS_DIR', 'STATSIG_CDP_SETTINGS_PATH'],
  ])
    assert.equal(
      refused({ [name]: './settings' }),
      `${name} is no variable of this process. Did you mean STATSIG_CDP_SETTINGS?`,
    );
  assert.deepEqual(environmentWarnings({ PUBLIC_PORTS: '8080', log_level: 'warn', OUTBOX_MAX_BYTE: '1' }), [
    'PUBLIC_PORTS is no variable of this process. Did you mean PUBLIC_PORT?',
    'log_level is no variable of this process. Did you mean LOG_LEVEL?',
    'OUTBOX_MAX_BYTE is no variable of this process. Did you mean OUTBOX_MAX_BYTES?',
  ]);
  assert.deepEqual(environmentWarnings({ PUBLICPORT: '1', OUTBOX_DIR: 'a', UPSTREAM_TRANSFORMER: 'b', LOG: 'c' }), [
    'PUBLICPORT is no variable of this process. Did you mean PUBLIC_PORT?',
    'OUTBOX_DIR is no variable of this process. Did you mean OUTBOX_DIRECTORY?',
    'UPSTREAM_TRANSFORMER is no variable of this process. Did you mean UPSTREAM_TRANSFORMER_URL?',
  ]);
  const others = {
    STATSIG_CDP_SERVICE_HOST: '10.0.0.1',
    STATSIG_CDP_PORT: 'tcp://10.0.0.1:9090',
    STATSIG_CDP_PORT_9090_TCP: 'tcp://10.0.0.1:9090',
    STATSIG_CDP_SHOP_KEY: 'secret-example',
    HOSTNAME: 'a',
    PORTS: '1',
    PUBLIC_URL: 'b',
  };
  assert.equal(refused(others), undefined);
  assert.deepEqual(environmentWarnings(others), []);
  assert.equal(refused({ ADMIN_TOKEN: '\u0024{TOKEN}' }), `ADMIN_TOKEN ${VARIABLE}.`);
  assert.equal(refused({ STATSIG_CDP_SETTINGS_TOKEN: '"token"' }), `STATSIG_CDP_SETTINGS_TOKEN ${QUOTED}.`);
  const service = { STATSIG_CDP_SETTINGS: 'http://settings.acme.com/all', STATSIG_CDP_SETTINGS_TOKEN: 'token' };
  assert.deepEqual(environmentWarnings(service), [
    'STATSIG_CDP_SETTINGS sends the token unencrypted over the internet: write https://.',
  ]);
});
