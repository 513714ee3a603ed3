// The routes that CDPs, their SDKs and Statsig push events to.

import type { ErrorCode } from '../../src/base/errors.js';
import { audienceShape, segmentShape, statsigShape, trackingShape, trackingSingleShape } from './push-answers.js';
import { type FuzzRoute, objectShape, route } from './route.js';

const SEGMENT: readonly ErrorCode[] = ['SENDER_UNKNOWN', 'SIGNATURE_INVALID', 'WORKSPACE_UNKNOWN'];

/** What one event can be wrong in, where its fault is the answer. */
const ONE_EVENT: readonly ErrorCode[] = [
  'EVENT_TYPE_MISSING',
  'EVENT_NAME_MISSING',
  'AUDIENCE_MEMBERSHIP_MISSING',
  'AUDIENCE_LIST_INVALID',
  'DELETION_USER_MISSING',
  'NESTED_TOO_DEEP',
  'MESSAGE_ID_TOO_LONG',
  'EVENT_TOO_LARGE',
  'ID_TOO_LONG',
  'EVENT_NAME_TOO_LONG',
];

const TRACKING: readonly ErrorCode[] = ['SENDER_UNKNOWN', 'BODY_NOT_TRACKING_CALL', 'BATCH_TOO_LONG'];

/** Those of the Tracking API. */
export function trackingRoutes(): readonly FuzzRoute[] {
  const single = ['track', 'page', 'screen', 'identify', 'group', 'alias', 't', 'p', 's', 'i', 'g', 'a'];
  const shared = { proof: 'tracking', codes: TRACKING } as const;
  return [
    route({
      ...shared,
      route: 'POST /v1/track',
      targets: single.map((name) => `/v1/${name}`),
      samples: 'tracking',
      shape: trackingSingleShape,
      weight: 6,
    }),
    route({
      ...shared,
      route: 'POST /v1/batch',
      targets: ['/v1/batch', '/v1/b', '/v1/batch?x=%'],
      samples: 'trackingBatch',
      shape: trackingShape,
      weight: 5,
    }),
    route({ ...shared, route: 'POST /v1/import', samples: 'trackingBatch', shape: trackingShape, weight: 1 }),
    route({
      route: 'GET /v1/projects/:writeKey/settings',
      targets: ['write-acme', 'write-other', '__proto__', '%ff', '%00', 'a%2fb'].map(
        (key) => `/v1/projects/${key}/settings`,
      ),
      samples: [],
      shape: objectShape,
      codes: ['WRITE_KEY_UNKNOWN', 'PATH_INVALID'],
      weight: 2,
    }),
  ];
}

/** Those of Segment's webhooks and Statsig's. */
export function pushRoutes(): readonly FuzzRoute[] {
  const audiences = {
    samples: [
      { audienceName: 'vip', secret: 'header-headed' },
      { externalId: 'vip_list', secret: 'header-headed', audienceSettings: {} },
    ],
    shape: audienceShape,
    proof: 'segment',
    weight: 2,
  } as const;
  const codes: readonly ErrorCode[] = [
    ...SEGMENT,
    'AUDIENCE_NAME_MISSING',
    'AUDIENCES_OFF',
    'AUDIENCE_UNKNOWN',
    'STATSIG_UNAVAILABLE',
    'PATH_INVALID',
  ];
  return [
    route({
      route: 'POST /segment/:workspace',
      targets: ['acme', 'headed', 'open', 'bare', 'nobody', '__proto__', '%ff', 'a%00b']
        .map((id) => `/segment/${id}`)
        .concat('/segment'),
      samples: 'segment',
      proof: 'segment',
      shape: segmentShape,
      statuses: (status) => status === 200 || status === 501,
      codes: [...SEGMENT, ...ONE_EVENT, 'BODY_NOT_SEGMENT_EVENTS', 'BATCH_TOO_LONG', 'PATH_INVALID'],
      weight: 12,
    }),
    route({
      ...audiences,
      route: 'POST /segment/:workspace/audiences/create',
      targets: ['acme', 'headed', 'open', 'plain', 'nobody'].map((id) => `/segment/${id}/audiences/create`),
      codes,
    }),
    route({
      ...audiences,
      route: 'POST /segment/:workspace/audiences/get',
      targets: ['acme', 'headed', 'open', '%ff'].map((id) => `/segment/${id}/audiences/get`),
      codes,
    }),
    route({
      route: 'POST /statsig/:workspace',
      targets: ['acme', 'headed', 'open', 'bare', 'nobody', '__proto__', '%ff'].map((id) => `/statsig/${id}`),
      samples: 'statsig',
      proof: 'statsig',
      shape: statsigShape,
      codes: [
        'WEBHOOK_SIGNATURE_INVALID',
        'WEBHOOK_TIMESTAMP_REFUSED',
        'WORKSPACE_UNKNOWN',
        'BODY_NOT_STATSIG_EVENTS',
        'PATH_INVALID',
      ],
      weight: 12,
    }),
  ];
}
