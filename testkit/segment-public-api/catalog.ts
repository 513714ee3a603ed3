// Entries of Segment's catalog, with what the published pages and the source of the action say of them.

import type { JsonObject } from '../../src/model/segment-event.js';

const LOGOS = { default: 'https://catalog.example/logo.svg' };

function sourceKind(id: string, name: string, slug: string, isCloudEventSource: boolean): JsonObject {
  return { id, name, slug, description: name, logos: LOGOS, options: [], categories: ['Server'], isCloudEventSource };
}

/** Kind of the sources that a workspace has. */
export const JAVASCRIPT = sourceKind('IqDTy1TpoU', 'Javascript', 'javascript', false);

/** Kind of a source that any program sends to. */
export const HTTP_API = sourceKind('iUM16Md8P2', 'HTTP API', 'http-api', false);
const STATSIG = sourceKind('3x07B5Dn5h', 'Statsig', 'statsig', true);

/** In the EU Segment has no source of Statsig's. */
export const SOURCE_KINDS = { us: [JAVASCRIPT, HTTP_API, STATSIG], eu: [JAVASCRIPT, HTTP_API] };

function field(fieldKey: string, type: string, required: boolean, sortOrder: number): JsonObject {
  return {
    id: `field-${fieldKey}`,
    sortOrder,
    fieldKey,
    label: fieldKey,
    type,
    description: fieldKey,
    required,
    multiple: false,
    dynamic: false,
    allowNull: false,
  };
}

/** Fields of the action "Send". */
const FIELDS: readonly JsonObject[] = [
  field('url', 'STRING', true, 0),
  field('method', 'STRING', true, 1),
  field('batch_size', 'NUMBER', false, 2),
  field('headers', 'OBJECT', false, 3),
  field('data', 'OBJECT', false, 4),
  field('enable_batching', 'BOOLEAN', false, 5),
];

/** The action "Send". */
export const SEND = {
  id: 'nFPnRozhz1mh4Gbx4MLvT5',
  slug: 'send',
  name: 'Send',
  description: 'Send an HTTP request.',
  platform: 'CLOUD',
  hidden: false,
  defaultTrigger: null,
  fields: FIELDS,
};

function destinationKind(id: string, name: string, slug: string, actions: readonly object[]): JsonObject {
  return {
    id,
    name,
    description: name,
    slug,
    logos: LOGOS,
    options: [{ name: 'sharedSecret', type: 'password', required: false, label: 'Shared Secret' }],
    status: 'PUBLIC',
    previousNames: [name],
    categories: ['Raw Data'],
    website: 'https://segment.example',
    components: [],
    supportedFeatures: { cloudModeInstances: 'MULTIPLE', deviceModeInstances: 'NONE', replay: true },
    supportedMethods: { pageview: true, identify: true, alias: true, track: true, group: true },
    supportedPlatforms: { browser: true, server: true, mobile: false },
    actions,
    presets: [],
  };
}

/** Webhooks (Actions). */
export const WEBHOOK = destinationKind('614a3c7d791c91c41bae7599', 'Webhooks (Actions)', 'actions-webhook', [SEND]);

export const DESTINATION_KINDS: readonly JsonObject[] = [
  destinationKind('54521fd525e721e32a72ee91', 'Webhooks', 'webhooks', []),
  WEBHOOK,
];
