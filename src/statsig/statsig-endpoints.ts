// Knows which URLs the plugin may call: Statsig's own and those an operator configured.

import { type BaseUrlSettings, baseUrlOf, eventsEndpointOf, webhookEndpointOf } from '../settings/base-url.js';
import type { WorkspaceStore } from '../settings/store.js';
import { isListId } from '../transform/inbound/list-id.js';
import { consoleApiUrl, idsPath } from './console-api.js';

/** Hosts on which Statsig's SDKs and documentation log events. */
const STATSIG_HOSTS = [
  'https://events.statsigapi.net',
  'https://api.statsig.com',
  'https://statsigapi.net',
  'https://prodregistryv2.org',
];

/** Hosts of the Console API in Statsig's documentation. */
const STATSIG_CONSOLES = ['https://statsigapi.net', 'https://api.statsig.com'];

/** True for an address of Statsig's own, as the setting of this name may have it. @param url base URL without a slash at its end */
export function isStatsigs(name: keyof BaseUrlSettings, url: string): boolean {
  return (name === 'consoleUrl' ? STATSIG_CONSOLES : STATSIG_HOSTS).includes(url);
}

/** The part of a path before its last one. */
const LAST_BUT_ONE = /\/([^/]+)\/[^/]+$/;

/** How a request for delivery may be made: events by POST, changes of ID lists by the others. */
export type DeliveryMethod = 'POST' | 'PATCH' | 'DELETE';

/** True for an endpoint the plugin may call, by this method; POST unless one is given. */
export type EndpointCheck = (endpoint: string, method?: DeliveryMethod) => boolean;

/** What may be called, by the settings documents of one moment. */
interface Allowed {
  readonly endpoints: ReadonlySet<string>;
  readonly consoles: ReadonlySet<string>;
}

function readAllowed({ documents }: WorkspaceStore): Allowed {
  const endpoints = new Set<string>();
  const consoles = new Set(STATSIG_CONSOLES);
  const add = (settings: BaseUrlSettings) => endpoints.add(eventsEndpointOf(settings)).add(webhookEndpointOf(settings));
  for (const url of STATSIG_HOSTS) add({ eventsUrl: url, apiUrl: url });
  for (const { settings } of documents) {
    add(settings);
    consoles.add(baseUrlOf(settings, 'consoleUrl'));
  }
  return { endpoints, consoles };
}

/** Whether this is where the ids of a list are changed, at one of the consoles. */
function isIdList(endpoint: string, consoles: ReadonlySet<string>): boolean {
  const listId = LAST_BUT_ONE.exec(endpoint)?.[1];
  if (listId === undefined || !isListId(listId)) return false;
  const path = consoleApiUrl('', idsPath(listId));
  return endpoint.endsWith(path) && consoles.has(endpoint.slice(0, -path.length));
}

/**
 * A request for delivery names its own endpoint; calling any would let anyone who reaches the port call into the operator's network. Hosts in an event's Config do not
 * count, only those in settings documents.
 */
export function createEndpointCheck(store: WorkspaceStore): EndpointCheck {
  let generation: number | undefined;
  let allowed: Allowed = { endpoints: new Set(), consoles: new Set() };
  return (endpoint, method = 'POST') => {
    if (generation !== store.generation) {
      generation = store.generation;
      allowed = readAllowed(store);
    }
    return method === 'POST' ? allowed.endpoints.has(endpoint) : isIdList(endpoint, allowed.consoles);
  };
}
