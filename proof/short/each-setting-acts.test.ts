// Each setting of a document that the manifest lists acts: of two documents that differ in it alone, something else is answered or called.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isJsonObject } from '../../src/model/segment-event.js';
import type { ValueSchema } from '../../src/settings/manifest/model.js';
import { manifest } from '../../src/settings/manifest.js';
import { type Settings, takeTour, tourDocument } from '../../testkit/settings-tour.js';

/** A change of one setting. Objects are merged into the document, everything else takes the place of what was there. */
interface Change {
  readonly to: (url: string) => Settings;
  /** What both documents have beside it, where the setting needs another to be of use. */
  readonly with?: Settings;
  /** The lanes in which the change leaves events. */
  readonly waits?: (target: string) => boolean;
}

const to = (settings: Settings, rest: Omit<Change, 'to'> = {}): Change => ({ to: () => settings, ...rest });
const everything = () => true;
const isList = (target: string) => target.includes('list');
const isTarget = (target: string) => target.includes('cdp');

const target = (url: string, change: object): Settings => ({
  outbound: { targets: [{ name: 'cdp', writeKey: 'target-key', host: url, ...change }] },
});

/** What cannot stand beside `mode: webhook` is left out. */
const RUDDERSTACK_ALONE: Settings = { segment: undefined, trackingApi: undefined };

const TWO_UNITS = [
  { from: 'userId', idType: 'userID' },
  { from: 'anonymousId', idType: 'stableID' },
];

const CHANGES: Readonly<Record<string, Change>> = {
  id: to({ id: 'other' }),
  'rudderstack.destinationIds': to({ rudderstack: { destinationIds: ['dest-2'] } }),
  'rudderstack.workspaceIds': to({ rudderstack: { workspaceIds: ['rudder-2'] } }),
  'rudderstack.sourceIds': to({ rudderstack: { sourceIds: ['source-2'] } }),
  'rudderstack.sourceWriteKeys': to({ rudderstack: { sourceWriteKeys: ['source-key-2'] } }),
  'segment.sharedSecrets': to({ segment: { sharedSecrets: ['shared-2'] } }),
  'segment.signedPart': to({ segment: { signedPart: 'body' } }),
  'segment.headerSecrets': to({ segment: { headerSecrets: ['header'] } }),
  'segment.apiKeys': to({ segment: { apiKeys: ['api-key-2'] } }),
  'trackingApi.writeKeys': to({ trackingApi: { writeKeys: ['write-key-2'] } }),
  'trackingApi.integrationNames': to({ trackingApi: { integrationNames: ['Other'] } }),
  'trackingApi.requiredConsent': to({ trackingApi: { requiredConsent: ['analytics'] } }),
  'outbound.signingSecrets': to({ outbound: { signingSecrets: ['signing-2'] } }),
  'outbound.paused': to({ outbound: { paused: true } }, { waits: isTarget }),
  'outbound.signatureToleranceMs': to({ outbound: { signatureToleranceMs: 1_000 } }),
  'outbound.targets[].name': { to: (url) => target(url, { name: 'renamed' }) },
  'outbound.targets[].writeKey': { to: (url) => target(url, { writeKey: 'target-key-2' }) },
  'outbound.targets[].host': { to: (url) => target(url, { host: url.replace('127.0.0.1', 'localhost') }) },
  'outbound.targets[].path': { to: (url) => target(url, { path: '/other/batch' }) },
  'outbound.identifierMappings[].from': to(
    { outbound: { identifierMappings: [{ from: 'nothing', to: 'groupId' }] } },
    { with: { outbound: { identifierMappings: [{ from: 'companyID', to: 'groupId' }] } } },
  ),
  'outbound.identifierMappings[].to': to(
    { outbound: { identifierMappings: [{ from: 'companyID', to: 'anonymousId' }] } },
    { with: { outbound: { identifierMappings: [{ from: 'companyID', to: 'groupId' }] } } },
  ),
  'outbound.eventCategories': to({ outbound: { eventCategories: ['custom_event'] } }),
  'outbound.includeEvents': to(
    { outbound: { includeEvents: ['Checkout'] } },
    { with: { outbound: { includeNewEvents: false } } },
  ),
  'outbound.excludeEvents': to({ outbound: { excludeEvents: ['Checkout'] } }),
  'outbound.includeNewEvents': to({ outbound: { includeNewEvents: false } }),
  'outbound.environments': to({ outbound: { environments: ['staging'] } }),
  'outbound.experimentViewed': to({ outbound: { experimentViewed: 'instead' } }),
  'outbound.exposureWindowMs': to({ outbound: { exposureWindowMs: 0 } }),
  'outbound.exposureSampleRate': to({ outbound: { exposureSampleRate: 0 } }),
  'outbound.skipAnonymousExposures': to({ outbound: { skipAnonymousExposures: true } }),
  'outbound.skipDefaultRuleExposures': to({ outbound: { skipDefaultRuleExposures: true } }),
  'outbound.configChangeUserId': to({ outbound: { configChangeUserId: 'system' } }),
  paused: to({ paused: true }, { waits: everything }),
  'audiences.units[].from': to({ audiences: { units: [{ from: 'anonymousId', idType: 'userID' }] } }),
  'audiences.units[].idType': to(
    { audiences: { units: [{ from: 'userId', idType: 'companyID' }] } },
    { with: { audiences: { createMissing: true } } },
  ),
  'audiences.lists[].key': to({ audiences: { lists: [{ key: 'other', id: 'vip-list' }] } }),
  'audiences.lists[].id': to({ audiences: { lists: [{ key: 'vip', id: 'other-list' }] } }),
  'audiences.lists[].idType': to(
    { audiences: { lists: [{ key: 'vip', id: 'vip-list', idType: 'stableID' }] } },
    { with: { audiences: { units: TWO_UNITS } } },
  ),
  'audiences.createMissing': to({ audiences: { createMissing: true } }),
  'audiences.windowMs': to({ audiences: { windowMs: 3_600_000 } }, { waits: isList }),
  'audiences.maxIdsPerRequest': to({ audiences: { maxIdsPerRequest: 1 } }),
  secretKey: to({ secretKey: 'secret-tour-2' }),
  mode: to({ mode: 'webhook' }, { with: RUDDERSTACK_ALONE }),
  eventsUrl: { to: (url) => ({ eventsUrl: `${url}/other` }) },
  apiUrl: { to: (url) => ({ apiUrl: `${url}/other` }), with: { ...RUDDERSTACK_ALONE, mode: 'webhook' } },
  consoleKey: to({ consoleKey: 'console-tour-2' }),
  consoleUrl: { to: (url) => ({ consoleUrl: `${url}/other` }) },
  allowTemplatedSecretKey: to({ allowTemplatedSecretKey: true }),
  eventNamePreset: to({ eventNamePreset: 'segment-legacy' }),
  eventNamePrefix: to({ eventNamePrefix: 'mine/' }),
  'eventNameTemplates.track': to({ eventNameTemplates: { track: 'track {event}' } }),
  'eventNameTemplates.page': to({ eventNameTemplates: { page: 'page {name}' } }),
  'eventNameTemplates.screen': to({ eventNameTemplates: { screen: 'screen {name}' } }),
  'eventNameTemplates.group': to({ eventNameTemplates: { group: 'joined' } }),
  eventNameMaxLength: to({ eventNameMaxLength: 16 }),
  'identifierMappings[].from': to(
    { identifierMappings: [{ from: 'userId', to: 'mine' }] },
    { with: { identifierMappings: [{ from: 'anonymousId', to: 'mine' }] } },
  ),
  'identifierMappings[].to': to(
    { identifierMappings: [{ from: 'anonymousId', to: 'stableID' }] },
    { with: { identifierMappings: [{ from: 'anonymousId', to: 'mine' }] } },
  ),
  defaultEnvironment: to({ defaultEnvironment: 'development' }),
  'environmentMappings[].from': to(
    { environmentMappings: [{ from: 'production', to: 'development' }] },
    { with: { environmentMappings: [{ from: 'staging', to: 'development' }] } },
  ),
  'environmentMappings[].to': to(
    { environmentMappings: [{ from: 'staging', to: 'production' }] },
    { with: { environmentMappings: [{ from: 'staging', to: 'development' }] } },
  ),
  valueFrom: to({ valueFrom: ['properties.text'] }),
  valueInMetadata: to({ valueInMetadata: false }),
  metadataMaxLength: to({ metadataMaxLength: 50 }),
  eventTypes: to({ eventTypes: ['page'] }),
  includeEvents: to({ includeEvents: ['*Refund'] }),
  excludeEvents: to({ excludeEvents: ['*Refund'] }),
  idListId: to({ idListId: 'other-list' }),
  idListField: to({ idListField: 'email' }),
  maxBatchEvents: to({ maxBatchEvents: 1 }),
  maxBatchBytes: to({ maxBatchBytes: 1_000 }),
};

/** The paths of all settings that hold a value of their own. */
function pathsOf({ properties, items }: Pick<ValueSchema, 'properties' | 'items'>, path = ''): string[] {
  if (properties !== undefined)
    return Object.entries(properties).flatMap(([name, each]) => pathsOf(each, path === '' ? name : `${path}.${name}`));
  if (items?.properties !== undefined) return pathsOf(items, `${path}[]`);
  return [path];
}

function merge(settings: Settings, change: Settings): Settings {
  const merged = Object.entries(change).map(([name, value]) => {
    const before = settings[name];
    return [name, isJsonObject(before) && isJsonObject(value) ? merge(before, value) : value];
  });
  return { ...settings, ...Object.fromEntries(merged) };
}

/** They change what operators are shown, and nothing that is answered or called: test/operate/live/live-details.test.ts. */
const SHOWN_ONLY = ['redact'];

test('each setting that the manifest lists has a row here, and each row a setting', () => {
  assert.deepEqual([...Object.keys(CHANGES), ...SHOWN_ONLY].sort(), pathsOf(manifest.settings).sort());
});

/** Routes that have to do with a setting: those of the webhooks out of Statsig with some, the others with most. */
function routesFor(name: string): (path: string) => boolean {
  if (/^outbound\.|^rudderstack\.source/.test(name)) return (path) => /^\/statsig\/|^\/v2\//.test(path);
  if (/^audiences\.|^segment\./.test(name)) return (path) => path.startsWith('/segment/');
  if (name === 'id' || name === 'paused') return () => true;
  return (path) => !/^\/statsig\/|^\/v2\//.test(path);
}

/** Tours with equal settings say the same, so one is enough for all rows that change the same document. */
const tours = new Map<string, Promise<readonly string[]>>();

function tourWith(settings: Settings, goes: (path: string) => boolean): Promise<readonly string[]> {
  const name = `${JSON.stringify(settings)} ${goes}`;
  const tour = tours.get(name) ?? takeTour({ settingsOf: (url) => merge(tourDocument(url), settings), goes });
  tours.set(name, tour);
  return tour;
}

test('tours with the same settings come to the same', async () => {
  assert.deepEqual(await takeTour({ settingsOf: tourDocument }), await tourWith({}, () => true));
});

/** Each tour waits a second for its batches to fill. */
const AT_ONCE = 16;

test('a change of each setting changes what is answered or called', async () => {
  const rows = Object.entries(CHANGES);
  const idle: string[] = [];
  const line = async () => {
    for (let row = rows.pop(); row !== undefined; row = rows.pop()) {
      const [name, { to: change, with: base = {}, waits }] = row;
      const settingsOf = (url: string) => merge(merge(tourDocument(url), base), change(url));
      const goes = routesFor(name);
      const tour = await takeTour({ settingsOf, goes, ...(waits !== undefined && { waits }) }).catch(
        (error: unknown) => {
          throw new Error(`${name}: ${error}`);
        },
      );
      if (tour.join('\n') === (await tourWith(base, goes)).join('\n')) idle.push(name);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, line));
  assert.deepEqual(idle, []);
});
