// Wraps messages as rudder-server does: metadata, destination and connection around each, 3.9 KB of JSON per event.

import { ID_MARK, type Message } from './messages.js';

/** Stands where each request gets the number of its destination: six digits. */
export const DESTINATION_MARK = '555555';

const SOURCE_ID = '2nExampleSource000000000001';
const DESTINATION_ID = `2nExampleDestination0${DESTINATION_MARK}`;
const WORKSPACE_ID = '2nExampleWorkspace00000001';
const SOURCE_TYPES = ['android', 'ios', 'web', 'unity', 'amp', 'cloud', 'reactnative', 'flutter', 'cordova', 'shopify'];

/** The destination, in the names of Go's fields. Its key differs for each number, so that each number is a workspace of its own. */
export const DESTINATION = {
  ID: DESTINATION_ID,
  Name: 'Statsig of the shop',
  DestinationDefinition: {
    ID: '2nExampleDefinition000000001',
    Name: 'STATSIG',
    DisplayName: 'Statsig',
    Config: {
      cdkV2Enabled: true,
      saveDestinationResponse: true,
      secretKeys: ['secretKey'],
      supportedMessageTypes: ['alias', 'group', 'identify', 'page', 'screen', 'track'],
      supportedSourceTypes: SOURCE_TYPES,
      transformAtV1: 'router',
    },
  },
  Config: {
    connectionMode: 'cloud',
    secretKey: `secret-example-${DESTINATION_MARK}`,
    consentManagement: [{ provider: 'oneTrust', consents: [], resolutionStrategy: 'and' }],
    oneTrustCookieCategories: [],
    ketchConsentPurposes: [],
  },
  Enabled: true,
  WorkspaceID: WORKSPACE_ID,
  Transformations: [],
  IsProcessorEnabled: true,
  RevisionID: '2nExampleRevision0000000001',
  hasDynamicConfig: false,
};

/** The connection of the source and the destination. */
export const CONNECTION = {
  sourceId: SOURCE_ID,
  destinationId: DESTINATION_ID,
  enabled: true,
  config: null,
  processorEnabled: true,
};

/** Metadata of the processor transform. */
export function processorMetadata(message: Message): object {
  return {
    jobId: Number(ID_MARK),
    workspaceId: WORKSPACE_ID,
    rudderId: `<<>>anonymous-0000-4000-8000-${ID_MARK}<<>>user-${ID_MARK}`,
    receivedAt: message.receivedAt,
    partitionId: `${WORKSPACE_ID}-3`,
    messageId: message.messageId,
    eventName: String(message.event ?? ''),
    eventType: message.type,
    sourceId: SOURCE_ID,
    originalSourceId: '',
    sourceDefinitionId: '2nExampleSourceDefinition01',
    sourceName: 'Shop, web',
    sourceType: 'Javascript',
    sourceCategory: '',
    instanceId: 'rudderstack-0',
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    destinationId: DESTINATION_ID,
    destinationName: DESTINATION.Name,
    destinationType: 'STATSIG',
    destinationDefinitionId: DESTINATION.DestinationDefinition.ID,
  };
}

/** Metadata of the router transform. */
export function routerMetadata(message: Message): object {
  return {
    userId: `<<>>anonymous-0000-4000-8000-${ID_MARK}<<>>user-${ID_MARK}`,
    jobId: Number(ID_MARK),
    sourceId: SOURCE_ID,
    sourceCategory: '',
    destinationId: DESTINATION_ID,
    attemptNum: 0,
    receivedAt: message.receivedAt,
    createdAt: message.receivedAt,
    firstAttemptedAt: '',
    transformAt: 'router',
    workspaceId: WORKSPACE_ID,
    secret: null,
    workerAssignedTime: '2026-01-02T03:04:05.678901234Z',
    dontBatch: false,
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  };
}
