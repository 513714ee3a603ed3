// Outbound settings are compiled with the documented defaults, once per revision.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createDocumentCompiler } from '../../src/settings/compile-document.js';
import { compileOutbound } from '../../src/settings/compile-outbound.js';
import { parseDocuments, type WorkspaceDocument } from '../../src/settings/document.js';
import { SettingsError } from '../../src/settings/settings-error.js';

const DEFAULT_WINDOW_MS = 24 * 60 * 60 * 1000;

function read(text: string): WorkspaceDocument {
  const { documents, faults } = parseDocuments(text, 'settings/acme.yaml');
  if (faults.length > 0) throw new SettingsError(faults);
  const [document] = documents;
  assert.ok(document !== undefined);
  return document;
}

/** What becomes of an event of this name: its category, or why it is not sent. */
function judge(document: WorkspaceDocument, eventName: string): string {
  const verdict = compileOutbound(document).filter(eventName, { eventName });
  return typeof verdict === 'string' ? verdict : verdict.reason;
}

test('a document that says nothing is compiled with the documented defaults', () => {
  const { filter, targets, environments, ...plain } = compileOutbound(read('{}'));
  assert.deepEqual(plain, {
    workspaceId: 'acme',
    hasLostTargets: false,
    isPaused: false,
    identifierMappings: [],
    experimentViewed: 'off',
    exposureWindowMs: DEFAULT_WINDOW_MS,
    exposureSampleRate: 1,
    skipAnonymousExposures: false,
    skipDefaultRuleExposures: false,
    configChangeUserId: 'statsig',
  });
  assert.deepEqual(targets, []);
  assert.deepEqual([...environments], []);
  assert.equal(filter('Order Completed', { eventName: 'Order Completed' }), 'custom_event');
  assert.equal(filter('statsig::gate_exposure', { eventName: 'statsig::gate_exposure' }), 'gate_exposure');
  assert.equal(filter('statsig::config_change', { eventName: 'statsig::config_change' }), 'config_change');
});

test('what a document says is what is compiled, and cannot be changed', () => {
  const document = read(`
outbound:
  targets: [{ name: web, writeKey: web-key }]
  identifierMappings: [{ from: companyID, to: groupId }]
  eventCategories: [custom_event]
  excludeEvents: [Heartbeat]
  includeEvents: [Order Completed]
  includeNewEvents: false
  environments: [production, staging]
  experimentViewed: also
  exposureWindowMs: 0
  exposureSampleRate: 0.25
  skipAnonymousExposures: true
  skipDefaultRuleExposures: true
  configChangeUserId: automation
`);
  const compiled = compileOutbound(document);
  const { filter: _filter, targets, environments, ...plain } = compiled;
  assert.deepEqual(plain, {
    workspaceId: 'acme',
    hasLostTargets: false,
    isPaused: false,
    identifierMappings: [{ from: 'companyID', to: 'groupId' }],
    experimentViewed: 'also',
    exposureWindowMs: 0,
    exposureSampleRate: 0.25,
    skipAnonymousExposures: true,
    skipDefaultRuleExposures: true,
    configChangeUserId: 'automation',
  });
  assert.equal(targets, document.outbound.targets);
  assert.deepEqual([...environments], ['production', 'staging']);
  assert.equal(judge(document, 'Order Completed'), 'custom_event');
  assert.equal(judge(document, 'Product Viewed'), 'event_not_included');
  assert.equal(judge(document, 'Heartbeat'), 'event_excluded');
  assert.equal(judge(document, 'statsig::gate_exposure'), 'event_category_not_selected');
  assert.throws(() => Object.assign(compiled, { exposureSampleRate: 1 }), TypeError);
});

test("the loop guard knows the workspace's own event name prefix, unless it is empty", () => {
  assert.equal(judge(read('eventNamePrefix: shop_'), 'shop_Order Completed'), 'loop');
  assert.equal(judge(read('eventNamePrefix: shop_'), 'Order Completed'), 'custom_event');
  assert.equal(judge(read('eventNamePrefix: ""'), 'Order Completed'), 'custom_event');
  assert.equal(judge(read('eventNamePrefix: ""'), 'segment::Order Completed'), 'loop');
});

test('outbound settings of a document are compiled once', () => {
  const compiler = createDocumentCompiler();
  const document = read('outbound: { exposureSampleRate: 0.5 }');
  const first = compiler.compileOutbound(document);
  assert.equal(compiler.compileOutbound(document), first);
  assert.notEqual(compiler.compileOutbound({ ...document, id: 'other' }), first);
  compiler.compile(document);
  assert.deepEqual(compiler.counts(), { hits: 1, misses: 3, evictions: 0 });
});
