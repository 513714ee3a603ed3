// Writes the workspace configuration that rudder-server reads in file mode.

/** Id of the STATSIG destination, which the plugin's settings document names. */
export const DESTINATION_ID = 'dst-statsig';
/** Write key of the source that the test posts to. */
export const WRITE_KEY = 'write-key';

const EVENT_TYPES = ['alias', 'group', 'identify', 'page', 'screen', 'track'];

/** A destination besides the one for Statsig. */
export interface OtherDestination {
  /** Upper case, as `WEBHOOK`. */
  readonly type: string;
  readonly transformAt: 'processor' | 'router';
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

/**
 * One source with a STATSIG destination as RudderStack defines it, and others.
 *
 * @param config of the STATSIG destination
 */
export function workspaceConfig(config: object, others: readonly OtherDestination[]): object {
  return {
    enableMetrics: false,
    workspaceId: 'ws-1',
    libraries: [],
    sources: [
      {
        id: 'src-1',
        name: 'http',
        writeKey: WRITE_KEY,
        enabled: true,
        workspaceId: 'ws-1',
        config: {},
        sourceDefinition: { id: 'def-src', name: 'HTTP', category: '', type: 'cloud' },
        destinations: [
          destination(DESTINATION_ID, 'STATSIG', 'Statsig', 'router', config),
          ...others.map(({ type, transformAt }) =>
            destination(`dst-${type.toLowerCase()}`, type, type, transformAt, {}),
          ),
        ],
      },
    ],
  };
}
