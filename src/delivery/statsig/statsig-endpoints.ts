// Knows which URLs the plugin may call: Statsig's own and those an operator configured.

import { compileWorkspace } from '../../workspace/compile.js';
import type { WorkspaceStore } from '../../workspace/store.js';

/** Hosts on which Statsig's SDKs and documentation log events. */
const STATSIG_HOSTS = [
  'https://events.statsigapi.net',
  'https://api.statsig.com',
  'https://statsigapi.net',
  'https://prodregistryv2.org',
];

/** True for an endpoint the plugin may call. */
export type EndpointCheck = (endpoint: string) => boolean;

/**
 * A request for delivery names its own endpoint; calling any would let whoever reaches the port call into the operator's network. Hosts in an event's Config do not
 * count, only those in settings documents.
 */
export function createEndpointCheck(store: WorkspaceStore): EndpointCheck {
  let generation: number | undefined;
  let allowed: ReadonlySet<string> = new Set();
  return (endpoint) => {
    if (generation !== store.generation) {
      generation = store.generation;
      const settings = [
        ...STATSIG_HOSTS.map((url) => ({ eventsUrl: url, apiUrl: url })),
        ...store.documents.map((document) => document.settings),
      ];
      const workspaces = settings.map((each) => compileWorkspace('', each, undefined, 'rudderstack'));
      allowed = new Set(workspaces.flatMap(({ eventsEndpoint, webhookEndpoint }) => [eventsEndpoint, webhookEndpoint]));
    }
    return allowed.has(endpoint);
  };
}
