// Writes the tables of docs/routes.md: the routes by protocol, and what becomes of each event type.

import type { Manifest, ProtocolRoutes } from '../src/settings/manifest/model.js';
import { markdownTable } from './markdown-table.js';

const HEAD = ['Route', 'Port', 'Direction', 'For'];

/** One table for each protocol, and one of the event types. */
export function routeTables(manifest: Manifest): string {
  const { description, protocols, eventTypes, relayedEventTypes } = manifest;
  const types = [...new Set([...Object.keys(eventTypes), ...relayedEventTypes])].map((type) => [
    `\`${type}\``,
    eventTypes[type] ?? 'filtered',
    relayedEventTypes.includes(type) ? 'relayed' : 'filtered',
  ]);
  return [
    description,
    ...Object.values(protocols).flatMap((protocol) => [`## ${protocol.title}`, protocolTable(protocol, manifest)]),
    '## Event types',
    markdownTable(['Type', 'Mode `events`', 'Mode `webhook`'], types),
  ].join('\n\n');
}

function protocolTable(protocol: ProtocolRoutes, { name, rudderstack }: Manifest): string {
  const shown = (path: string) =>
    path.replace(':destinationType', name.toLowerCase()).replace(':sourceType', rudderstack.source.name.toLowerCase());
  const rows = protocol.routes.map(({ method, path, aliases = [], listener, direction, purpose }) => [
    [path, ...aliases].map((each) => `\`${method} ${shown(each)}\``).join(', '),
    listener ?? protocol.listener,
    direction ?? protocol.direction ?? '',
    purpose,
  ]);
  return markdownTable(HEAD, rows);
}
