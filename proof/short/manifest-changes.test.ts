// In a copy of the package each change of the manifest changes what the process does, or stops its start. `npm test` refuses others of the same kinds.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, type TestContext, test } from 'node:test';
import type { Manifest } from '../../src/settings/manifest/model.js';
import { manifest } from '../../src/settings/manifest.js';
import { copyPackage, type Writable } from '../../testkit/package-copy.js';
import { element } from '../../testkit/rudderstack.js';
import { failToStart, startProcess, type TestProcess } from '../../testkit/server.js';
import { temporaryDirectory } from '../../testkit/settings.js';

type Edit = (manifest: Writable<Manifest>) => unknown;

const copy = copyPackage();
after(() => copy.remove());

const SHOP = {
  id: 'shop',
  segment: { headerSecrets: ['header-example'] },
  trackingApi: { writeKeys: ['write-example'] },
};

function settingsFile(context: TestContext, document: object): string {
  const file = join(temporaryDirectory(context), 'shop.json');
  writeFileSync(file, JSON.stringify(document));
  return file;
}

/** A process of the copy with a changed manifest. */
async function startChanged(
  context: TestContext,
  edit: Edit,
  environment: Readonly<Record<string, string>> = {},
  document: object = SHOP,
): Promise<TestProcess> {
  copy.change(edit);
  const OUTBOX_DIRECTORY = join(temporaryDirectory(context), 'outbox');
  const STATSIG_CDP_SETTINGS = settingsFile(context, document);
  const plugin = await startProcess({ OUTBOX_DIRECTORY, STATSIG_CDP_SETTINGS, ...environment }, copy.main);
  context.after(() => plugin.stop());
  return plugin;
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

async function ask(url: string, method: string, path: string, body?: unknown, headers = {}): Promise<Answer> {
  const text = body === undefined ? null : JSON.stringify(body);
  const response = await fetch(url + path, { method, body: text, headers });
  return { status: response.status, text: await response.text() };
}

const TRACK = { type: 'track', event: 'Order Completed', userId: 'user-42' };

function transform(url: string, message: object, path = '/v0/destinations/statsig', Config = {}): Promise<Answer> {
  const destination = { Config: { secretKey: 'secret-example', ...Config } };
  return ask(url, 'POST', path, [element(1, { message, destination })]);
}

function routeOf(edited: Writable<Manifest>, protocol: string, name: string) {
  const route = edited.protocols[protocol]?.routes.find((each) => each.name === name);
  assert.ok(route !== undefined, `${protocol} ${name}`);
  return route;
}

function variableOf(edited: Writable<Manifest>, name: string) {
  const variable = edited.environment.find((each) => each.name === name);
  assert.ok(variable !== undefined, name);
  return variable;
}

function settingOf(edited: Writable<Manifest>, name: string) {
  const setting = edited.settings.properties[name];
  assert.ok(setting !== undefined, name);
  return setting;
}

test('other event types, paths, methods and defaults', async (context) => {
  const { url } = await startChanged(context, (edited) => {
    edited.eventTypes.track = 'filtered';
    edited.eventTypes.delete = 'filtered';
    edited.relayedEventTypes = ['track'];
    routeOf(edited, 'rudderstack', 'routerTransform').path = '/router';
    routeOf(edited, 'trackingApi', 'page').aliases = ['/v1/view'];
    routeOf(edited, 'operations', 'health').method = 'POST';
    settingOf(edited, 'eventNameMaxLength').default = 20;
    variableOf(edited, 'MAX_BODY_BYTES').default = 3000;
  });

  await context.test('an event type that is filtered is not converted, whichever way it comes', async () => {
    assert.match(
      (await transform(url, TRACK)).text,
      /"statusCode":298,"error":"filtered \(unsupported_type\): type track"/,
    );
    const pushed = await ask(url, 'POST', '/segment/shop', [TRACK], { 'x-statsig-cdp-secret': 'header-example' });
    assert.deepEqual(JSON.parse(pushed.text).filtered, 1, pushed.text);
    const sdk = await ask(url, 'POST', '/v1/track', { ...TRACK, writeKey: 'write-example' });
    assert.deepEqual([JSON.parse(sdk.text).accepted, JSON.parse(sdk.text).filtered], [0, 1], sdk.text);
    assert.match((await transform(url, { type: 'page', name: 'Home', userId: 'user-42' })).text, /"statusCode":200/);
  });
  await context.test('a deletion that is filtered deletes no user', async () => {
    const forget = { type: 'delete', userId: 'user-42' };
    const pushed = await ask(url, 'POST', '/segment/shop', [forget], { 'x-statsig-cdp-secret': 'header-example' });
    assert.equal(JSON.parse(pushed.text).filtered, 1, pushed.text);
  });
  await context.test('mode `webhook` relays the types that are named', async () => {
    const webhook = { mode: 'webhook' };
    assert.match((await transform(url, TRACK, undefined, webhook)).text, /"statusCode":200/);
    const alias = await transform(url, { type: 'alias', userId: 'user-42' }, undefined, webhook);
    assert.match(alias.text, /"statusCode":298/);
  });
  await context.test('a route is where its path says, and nowhere else', async () => {
    const batch = { input: [], destType: 'statsig' };
    assert.deepEqual((await ask(url, 'POST', '/router', batch)).status, 200);
    assert.deepEqual((await ask(url, 'POST', '/routerTransform', batch)).status, 404);
  });
  await context.test('an alias is another path of its route', async () => {
    const page = { name: 'Home', userId: 'user-42', writeKey: 'write-example' };
    assert.equal((await ask(url, 'POST', '/v1/view', page)).status, 200);
    assert.equal((await ask(url, 'POST', '/v1/p', page)).status, 404);
  });
  await context.test('a route has the method that is declared', async () => {
    assert.equal((await ask(url, 'POST', '/health')).status, 200);
    assert.equal((await ask(url, 'GET', '/health')).status, 404);
  });
  await context.test('the default of a setting goes for events without it', async () => {
    const page = await transform(url, { type: 'page', name: 'Home of the new season', userId: 'user-42' });
    assert.match(page.text, /"eventName":"rudderstack::page:Ho"/);
  });
  await context.test('the default of a variable goes for processes without it', async () => {
    const long = await transform(url, { ...TRACK, properties: { note: 'x'.repeat(3000) } });
    assert.equal(long.status, 413, long.text);
  });
});

test('another name, another source, and a protocol less', async (context) => {
  const { url } = await startChanged(context, (edited) => {
    edited.name = 'ACME_STATS';
    edited.rudderstack.source.name = 'Acme';
    delete edited.protocols.segment;
  });

  await context.test('the name is the destination type, in paths, bodies and /features', async () => {
    const features = JSON.parse((await ask(url, 'GET', '/features')).text);
    assert.deepEqual([features.routerTransform, features.regulations], [{ ACME_STATS: true }, ['ACME_STATS']]);
    assert.equal((await transform(url, TRACK, '/v1/destinations/acme_stats')).status, 200);
    assert.equal((await transform(url, TRACK, '/v1/destinations/statsig')).status, 404);
    assert.equal((await ask(url, 'POST', '/batch', { input: [], destType: 'ACME_STATS' })).status, 200);
    assert.equal((await ask(url, 'POST', '/batch', { input: [], destType: 'STATSIG' })).status, 404);
  });
  await context.test('the name of the source is the source type', async () => {
    assert.equal((await ask(url, 'POST', '/v2/sources/acme', [])).status, 200);
    assert.equal((await ask(url, 'POST', '/v2/sources/statsig', [])).status, 404);
  });
  await context.test('a protocol that is not declared has no routes', async () => {
    for (const path of ['/segment', '/segment/shop', '/segment/shop/audiences/create'])
      assert.equal((await ask(url, 'POST', path, [TRACK])).status, 404, path);
    assert.equal((await ask(url, 'POST', '/v1/track', { ...TRACK, writeKey: 'write-example' })).status, 200);
  });
  await context.test('RudderStack’s definition files are of the same data', (inner) => {
    const directory = temporaryDirectory(inner);
    const { status } = spawnSync(process.execPath, [copy.cli, 'manifest', '--rudderstack', directory]);
    assert.equal(status, 0);
    const definition = readFileSync(join(directory, 'destinations/acme_stats/db-config.json'), 'utf8');
    assert.equal(JSON.parse(definition).name, 'ACME_STATS');
  });
});

test('other paths of routes that something of ours calls or hides', async (context) => {
  const edit: Edit = (edited) => {
    routeOf(edited, 'operations', 'deadLetters').path = '/admin/letters';
    Object.assign(routeOf(edited, 'trackingApi', 'track'), { path: '/sdk/track', aliases: ['/sdk/t'] });
    routeOf(edited, 'trackingApi', 'sdkSettings').path = '/sdk/keys/:writeKey/settings';
  };
  const { url } = await startChanged(context, edit, { ADMIN_TOKEN: 'open-sesame' });

  await context.test('a command asks the route where it is', () => {
    const env = { PATH: process.env.PATH, ADMIN_TOKEN: 'open-sesame' };
    const asked = spawnSync(process.execPath, [copy.cli, 'dead-letters', 'list', '--url', url], {
      env,
      encoding: 'utf8',
    });
    assert.deepEqual([asked.status, asked.stderr], [3, 'There are no dead letters.\n']);
  });
  await context.test('the browser SDK is told where its events go', async () => {
    const { text } = await ask(url, 'GET', '/sdk/keys/write-example/settings');
    assert.match(JSON.parse(text).integrations['Segment.io'].apiHost, /\/sdk$/);
  });
  await context.test('no answer repeats a write key that stands in the path', async () => {
    for (const [path, expected] of [
      ['/sdk/keys/write-example/settings', 405],
      ['/sdk/keys/write-example/set', 404],
    ] as const) {
      const { status, text } = await ask(url, 'POST', path);
      assert.deepEqual([status, text.includes('write-example')], [expected, false], text);
    }
  });
});

test('one direction, and other listeners', async (context) => {
  const edit: Edit = (edited) => {
    edited.directions = ['inbound'];
    const { trackingApi } = edited.protocols;
    assert.ok(trackingApi !== undefined);
    trackingApi.listener = 'private';
  };
  const { url, publicUrl } = await startChanged(context, edit, { PUBLIC_PORT: '0' });

  await context.test('what belongs to a direction that is not declared is not served', async () => {
    assert.equal((await ask(publicUrl, 'POST', '/statsig/shop', [])).status, 404);
    assert.equal((await ask(url, 'POST', '/statsig/shop', [])).status, 404);
    assert.equal((await ask(url, 'POST', '/v2/sources/statsig', [])).status, 404);
    assert.equal((await transform(url, TRACK)).status, 200);
  });
  await context.test('nor is it a setting', async () => {
    const targets = [{ name: 'web', writeKey: 'write-example' }];
    const file = settingsFile(context, { id: 'shop', outbound: { targets } });
    const { code, errors } = await failToStart({ STATSIG_CDP_SETTINGS: file }, copy.main);
    assert.equal(code, 1);
    assert.match(errors, /outbound: is of the direction outbound, which manifest.json does not declare/);
  });
  await context.test('a protocol is on the listener that is declared', async () => {
    const call = { ...TRACK, writeKey: 'write-example' };
    assert.equal((await ask(publicUrl, 'POST', '/v1/track', call)).status, 404);
    assert.equal((await ask(url, 'POST', '/v1/track', call)).status, 200);
    assert.equal((await ask(publicUrl, 'POST', '/segment/shop', [TRACK])).status, 401, 'the others stay');
  });
});

const at = (name: string) => manifest.environment.findIndex((variable) => variable.name === name);

interface Stop {
  readonly what: string;
  readonly edit: Edit;
  /** What is said first: the place in the manifest, or the variable. */
  readonly says: string;
  readonly environment?: Readonly<Record<string, string>>;
}

const STOPS: readonly Stop[] = [
  {
    what: 'a setting that nothing reads',
    edit: ({ settings }) =>
      Object.assign(settings.properties, { colour: { title: 'Colour', description: 'Of it.', type: 'string' } }),
    says: 'manifest.json, settings.properties.colour: Nothing reads this setting.',
  },
  {
    what: 'no setting where the code reads one',
    edit: ({ settings }) => delete settings.properties.maxBatchBytes,
    says: 'manifest.json, settings.properties: "maxBatchBytes" is read but not declared.',
  },
  {
    what: 'a choice that nothing does',
    edit: (edited) => settingOf(edited, 'mode').enum?.push('post'),
    says: 'manifest.json, settings.properties.mode: It is events|webhook|post, and the code reads events|webhook.',
  },
  {
    what: 'an event type that nothing converts',
    edit: ({ eventTypes }) => Object.assign(eventTypes, { merge: 'converted' }),
    says: 'manifest.json, eventTypes.merge: Nothing makes of a merge event that it is converted.',
  },
  {
    what: 'a protocol that nothing serves',
    edit: ({ protocols }) => Object.assign(protocols, { mParticle: protocols.statsig }),
    says: 'manifest.json, protocols.mParticle: Nothing serves this protocol.',
  },
  {
    what: 'a route that nothing serves',
    edit: (edited) => Object.assign(routeOf(edited, 'segment', 'getAudience'), { name: 'findAudience' }),
    says: 'manifest.json, protocols.segment.routes: The route "getAudience" is served but not declared.',
  },
  {
    what: 'a route more than there are',
    edit: ({ protocols }) =>
      protocols.statsig?.routes.push({ name: 'config', method: 'GET', path: '/statsig/config', purpose: 'None.' }),
    says: 'manifest.json, protocols.statsig.routes.1.name: Nothing serves the route "config".',
  },
  {
    what: 'a path with another parameter than the code reads',
    edit: (edited) => Object.assign(routeOf(edited, 'statsig', 'events'), { path: '/statsig/:id' }),
    says: 'manifest.json, protocols.statsig.routes.0.path: "/statsig/:id" has other parameters than the route reads.',
  },
  {
    what: 'two routes at one path',
    edit: (edited) => Object.assign(routeOf(edited, 'statsig', 'events'), { path: '/segment/:workspace' }),
    says: 'manifest.json, protocols.statsig.routes.0: POST /segment/:workspace is protocols.segment.routes.0 too.',
  },
  {
    what: 'a path that takes the requests of another',
    edit: (edited) => Object.assign(routeOf(edited, 'segment', 'events'), { path: '/v1/:workspace' }),
    says: 'manifest.json, protocols.trackingApi.routes.0: POST /v1/track is never reached: /v1/:workspace of protocols.segment.routes.0 takes it.',
  },
  {
    what: 'a default that its own schema refuses',
    edit: (edited) => Object.assign(settingOf(edited, 'eventsUrl'), { default: 5 }),
    says: 'manifest.json, settings.properties.eventsUrl: The default is refused by its own schema (data must be string).',
  },
  {
    what: 'a keyword that is none',
    edit: (edited) => Object.assign(settingOf(edited, 'secretKey'), { minLen: 3 }),
    says: 'manifest.json, settings.properties.secretKey: The schema is not valid (strict mode: unknown keyword: "minLen").',
  },
  {
    what: 'routes that answer with keys on the public listener',
    edit: ({ protocols }) => Object.assign(protocols.rudderstack ?? {}, { listener: 'public' }),
    says: 'manifest.json, protocols.rudderstack.listener: The route "processorTransform" answers what no sender outside may read.',
  },
  {
    what: 'a variable that nothing reads',
    edit: ({ environment }) => environment.push({ name: 'COLOUR', type: 'string', description: 'Of it.' }),
    says: `manifest.json, environment.${manifest.environment.length}.name: Nothing reads the variable COLOUR.`,
  },
  {
    what: 'no variable where the code reads one',
    edit: ({ environment }) => environment.splice(at('HOST'), 1),
    says: 'manifest.json, environment: The variable HOST is read but not declared.',
  },
  {
    what: 'a range that the given value is not in',
    edit: (edited) => Object.assign(variableOf(edited, 'DELIVERY_CONCURRENCY'), { maximum: 8 }),
    environment: { DELIVERY_CONCURRENCY: '9' },
    says: 'DELIVERY_CONCURRENCY must be a whole number from 1 to 8.',
  },
];

for (const { what, edit, says, environment = {} } of STOPS)
  test(`${what}: the start fails and says where`, async (context) => {
    copy.change(edit);
    const OUTBOX_DIRECTORY = join(temporaryDirectory(context), 'outbox');
    const { code, errors } = await failToStart({ OUTBOX_DIRECTORY, ...environment }, copy.main);
    assert.equal(code, 1, errors);
    assert.ok(errors.startsWith(says), errors);
    assert.equal(errors.trimEnd().split('\n').length, 1, 'a sentence, not a stack');
  });
