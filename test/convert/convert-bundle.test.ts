// `statsig-cdp/convert`: the same answers as the modules that the process has, in few bytes, and without anything of Node.js's.

import assert from 'node:assert/strict';
import nodeCrypto from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { createContext, runInContext } from 'node:vm';
import { bundleConvert } from '../../scripts/library/convert-bundle.js';
import * as convert from '../../src/convert.js';
import { readManifest } from '../../src/settings/manifest/check.js';
import { propertyRuns } from '../../testkit/property-runs.js';
import { temporaryDirectory } from '../../testkit/settings.js';
import { signWebhook } from '../../testkit/statsig-webhook.js';

const ROOT = new URL('../../../', import.meta.url).pathname;
const SOURCE = join(ROOT, 'dist', 'src');

/** 60 KB. */
const MAX_BYTES = 60 * 1024;

/** One event of so many is converted; in `npm run proof:short` all. */
const EACH = 10 / propertyRuns(1);

type Convert = typeof convert;

/** What a Segment Function has beside the language (Segment's documentation, Functions, runtime and dependencies). */
const OF_SEGMENT = {
  fetch: () => {},
  crypto: nodeCrypto,
  https: {},
  _: {},
  moment: () => {},
  console,
  atob,
  btoa,
  cache: {},
};

const FILES = ['convert.js', 'convert.cjs', 'convert.global.js'];

let files: ReadonlyMap<string, string>;

before(async () => {
  const target = temporaryDirectory({ after });
  await bundleConvert(SOURCE, target, readManifest(join(ROOT, 'manifest.json')));
  files = new Map(FILES.map((name) => [name, readFileSync(join(target, name), 'utf8')]));
});

function load(globals: object): Convert {
  return runInContext(`${files.get('convert.global.js')};statsigCdp`, createContext({ ...globals }));
}

/** Every object of the fixtures that may be an event, and every settings document. */
function fromFixtures() {
  const events: object[] = [];
  const settings: object[] = [{}];
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    if (!Array.isArray(value) && ('type' in value || 'eventName' in value)) events.push(value);
    if ('settings' in value)
      settings.push(
        ...[value.settings].flat().filter((each): each is object => typeof each === 'object' && each !== null),
      );
    for (const part of Object.values(value)) visit(part);
  };
  const names = readdirSync(join(ROOT, 'fixtures'), { recursive: true, encoding: 'utf8' });
  for (const name of names.filter((each) => each.endsWith('.json')))
    visit(JSON.parse(readFileSync(join(ROOT, 'fixtures', name), 'utf8')));
  return { events, settings };
}

/** A function's answer, or the error that it throws. */
function answerOf(ask: () => unknown): string {
  try {
    return JSON.stringify(ask()) ?? 'undefined';
  } catch (error) {
    return String(error);
  }
}

describe('the bundle', () => {
  test('has less than 60 KB, and asks for nothing of Node.js', () => {
    for (const [name, code] of files) {
      assert.ok(Buffer.byteLength(code) < MAX_BYTES, `${name} has ${Buffer.byteLength(code)} bytes`);
      assert.doesNotMatch(code, /node:|\brequire\s*\(|\bimport\b|\bnew Function\b|\beval\b|\bprocess\b(?!\()/, name);
    }
  });

  for (const [name, globals] of [
    ['nothing but the language', {}],
    ['what a Segment Function has', OF_SEGMENT],
  ] as const) {
    test(`with ${name} it gives the answers of the process's modules to every event of the fixtures`, () => {
      const bundle = load(globals);
      const { events, settings } = fromFixtures();
      assert.ok(events.length > 500 && settings.length > 50, `${events.length} events, ${settings.length} settings`);
      const parse = (of: Convert, each: object) => answerOf(() => of.parseSettings(each, { environment: {} }));
      const valid = settings.filter((each) => parse(convert, each).startsWith('{'));
      for (const each of valid) {
        assert.match(parse(bundle, each), /^\{"id":/, JSON.stringify(each));
      }
      const one = { secretKey: 'secret-example', consoleKey: 'console-example', idListId: 'vips' };
      const rows = {
        identifierMappings: [{ from: 'anonymousId', to: 'segmentAnonymousId' }],
        valueFrom: ['properties.revenue'],
      };
      for (const each of [one, { ...one, ...rows, eventNamePreset: 'legacy' }, ...valid.slice(0, 12)]) {
        if (!parse(convert, each).startsWith('{')) continue;
        const [expected, actual] = [convert.parseSettings(each), bundle.parseSettings(each)];
        for (const [index, event] of events.entries()) {
          if (index % 12 !== valid.indexOf(each) && (each !== one || index % EACH !== 0)) continue;
          for (const source of ['segment', 'trackingApi', 'rudderstack'] as const) {
            const options = { source, receivedAt: Date.UTC(2026, 10, 30), isProven: true };
            // An event without an id gets a random one.
            const ask = (of: Convert, workspace: convert.Workspace) =>
              answerOf(() => of.convertInbound(event, workspace, options)).replace(/"messageId":"[\da-f-]{36}"/, '');
            assert.equal(ask(bundle, actual), ask(convert, expected), JSON.stringify(event));
          }
          const out = (of: Convert, workspace: convert.Workspace) =>
            answerOf(() => of.convertOutbound(event, workspace, { receivedAt: 0 }));
          assert.equal(out(bundle, actual), out(convert, expected), JSON.stringify(event));
        }
      }
    });
  }

  test('it makes the same requests, and finds the same of signatures', () => {
    const bundle = load({});
    const settings = { id: 'shop', secretKey: 'secret-example', consoleKey: 'console-example' };
    const change = { listId: 'vips', idType: 'userID', id: 'user-42', member: true, time: 1 };
    const body = '{"a":"é€😀\\ud800"}';
    const sha1 = nodeCrypto.createHmac('sha1', 'shared').update('{"a":1}').digest('hex');
    const asks: ((of: Convert) => unknown)[] = [
      (of) => of.buildLogEventRequest([{ payload: '{"a":1}' }], of.parseSettings(settings), { sessionId: 'session' }),
      (of) =>
        of.buildListRequests([change, { ...change, id: 'user-43', member: false }], of.parseSettings(settings), 2),
      (of) => of.buildDeletionRequest(['user-42', 'a,b'], of.parseSettings(settings), ['message-1']),
      (of) => of.buildLogEventRequest([], of.parseSettings(settings)),
      (of) => of.parseSettings({ ...settings, paused: 'no' }),
      (of) => of.parseSettings({ ...settings, mode: 'webhook' }),
      (of) => of.parseSettings({ secretKey: 'env:NAME' }, { environment: { NAME: 'secret-example' } }),
      (of) => of.verifySegmentSignature('{"a":1}', sha1, ['other', 'shared']),
      (of) => of.verifySegmentSignature('[{"a":1},{"b":2}]', sha1, 'shared'),
      (of) => of.verifySegmentSignature('[{"a":1},{"b":2}]', sha1, 'shared', { signedPart: 'body' }),
      (of) => of.verifySegmentSignature('{"a":2}', sha1, 'shared'),
      (of) => of.verifySegmentSignature('{"a":1}', undefined, 'shared'),
      (of) => of.verifySegmentSignature('{"a":1}', sha1, ''),
      (of) => of.verifyStatsigSignature(body, signWebhook(body, 'signing', 1_000), 'signing', { now: 2_000 }),
      (of) =>
        of.verifyStatsigSignature(Buffer.from(body), signWebhook(body, 'signing', 1), 'signing', { toleranceMs: 0 }),
      (of) => of.verifyStatsigSignature(body, signWebhook(body, 'signing', 1_000), 'signing', { now: 400_000 }),
      (of) => of.verifyStatsigSignature(body, signWebhook(body, 'other', 1_000), 'signing', { now: 2_000 }),
      (of) => of.verifyStatsigSignature(body, {}, 'signing'),
    ];
    const [words] = [/settings paused: .*/];
    const told = (ask: (of: Convert) => unknown, of: Convert) =>
      answerOf(() => ask(of)).replace(words, 'settings paused');
    for (const ask of asks) assert.equal(told(ask, bundle), told(ask, convert), String(ask));
  });

  test('settings that are wrong in name or type are refused as the process refuses them', () => {
    const bundle = load({});
    for (const wrong of [
      { unknown: 1 },
      { valueFrom: 'x' },
      { audiences: { units: [] } },
      { eventTypes: ['none'] },
      { outbound: { targets: [{}] } },
      { secretKey: 'env:NOT_SET' },
      { secretKey: 'file:/etc/passwd' },
      { metadataMaxLength: 1.5 },
      [],
    ]) {
      const faults = (of: Convert) => answerOf(() => of.parseSettings(wrong));
      assert.match(faults(convert), /^SettingsError/, JSON.stringify(wrong));
      assert.match(faults(bundle), /^SettingsError/, JSON.stringify(wrong));
    }
  });
});
