// Exports of RudderStack's control plane, as rudder-server reads them.

/** Of a destination, what a test chooses. */
export interface ExportedDestination {
  readonly id: string;
  readonly type?: string;
  readonly key?: string;
  readonly more?: object;
}

export const exportedDestination = ({ id, type = 'STATSIG', key, more }: ExportedDestination) => ({
  id,
  name: `Name of ${id}`,
  enabled: true,
  isProcessorEnabled: true,
  config: key === undefined ? {} : { secretKey: key },
  destinationDefinition: { id: `def-${type}`, name: type, displayName: type === 'STATSIG' ? 'Statsig' : type },
  ...more,
});

/** A source of SDK events; `more` makes another one of it. */
export const exportedSource = (id: string, destinations: readonly object[], more: object = {}) => ({
  id,
  name: `Name of ${id}`,
  writeKey: `write-key-of-${id}`,
  enabled: true,
  config: {},
  sourceDefinition: { id: 'def-http', name: 'HTTP', category: '', type: 'cloud' },
  destinations,
  ...more,
});

/** What makes a source one of webhooks. @param name `webhook` is the general one */
export const webhookDefinition = (name: string) => ({
  sourceDefinition: { id: `def-${name}`, name, category: 'webhook', type: 'cloud' },
});

export const exportedWorkspace = (sources: readonly object[], workspaceId = 'ws-1') => ({
  enableMetrics: false,
  workspaceId,
  libraries: [],
  sources,
});
