// Writes the workspace configuration that rudder-server reads in file mode.

/** Id of the STATSIG destination, which the plugin's settings document names. */
export const DESTINATION_ID = 'dst-statsig';
/** The source that the test posts SDK events to. */
export const SOURCE_ID = 'src-1';
export const WRITE_KEY = 'write-key';

const EVENT_TYPES = ['alias', 'group', 'identify', 'page', 'screen', 'track'];

/** A destination besides the one for Statsig. */
export interface OtherDestination {
  /** Upper case, as `WEBHOOK`. */
  readonly type: string;
  readonly transformAt: 'processor' | 'router';
}

/** A source that takes webhooks. */
export interface WebhookSource {
  readonly id: string;
  readonly writeKey: string;
  /** Name of its definition: `webhook` is the general one. */
  readonly definition: 'Statsig' | 'webhook';
}

/** What a workspace consists of beside the source of category HTTP. */
export interface WorkspaceParts {
  /** Of the STATSIG destination. */
  readonly config: object;
  /** Its name in an event's `integrations`. */
  readonly statsigName: string;
  readonly destinations: readonly OtherDestination[];
  readonly webhookSources: readonly WebhookSource[];
}

function destination(id: string, type: string, displayName: string, transformAt: string, config: object): object {
  return {
    id,
    name: id,
    enabled: true,
    isProcessorEnabled: true,
    workspaceId: 'ws-1',
    revisionId: 'r1',
    transformations: [],
    config: { connectionMode: 'cloud', ...config },
    destinationDefinition: {
      id: `def-${id}`,
      name: type,
      displayName,
      // saveDestinationResponse as in RudderStack's own definition of STATSIG: it keeps the answers for the test to read.
      config: { transformAtV1: transformAt, saveDestinationResponse: true, supportedMessageTypes: EVENT_TYPES },
    },
  };
}

/** A source of SDK events with a STATSIG destination as RudderStack defines it, and more of both; each source sends to all destinations. */
export function workspaceConfig(parts: WorkspaceParts): object {
  const destinations = [
    destination(DESTINATION_ID, 'STATSIG', parts.statsigName, 'router', parts.config),
    ...parts.destinations.map(({ type, transformAt }) =>
      destination(`dst-${type.toLowerCase()}`, type, type, transformAt, {}),
    ),
  ];
  const source = (id: string, writeKey: string, definition: string, category: string) => ({
    id,
    name: id,
    writeKey,
    enabled: true,
    workspaceId: 'ws-1',
    config: {},
    sourceDefinition: { id: `def-${definition}`, name: definition, category, type: 'cloud' },
    destinations,
  });
  return {
    enableMetrics: false,
    workspaceId: 'ws-1',
    libraries: [],
    sources: [
      source(SOURCE_ID, WRITE_KEY, 'HTTP', ''),
      ...parts.webhookSources.map(({ id, writeKey, definition }) => source(id, writeKey, definition, 'webhook')),
    ],
  };
}
