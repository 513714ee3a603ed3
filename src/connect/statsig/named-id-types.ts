// The ID types that a workspace counts by, and where it names each.

import type { WorkspaceDocument } from '../../settings/workspace-document.js';

/** An ID type that somebody names. */
export interface NamedIdType {
  readonly name: string;
  /** As in `identifierMappings[0].to`. */
  readonly places: readonly string[];
}

/** A project has these from its beginning (Statsig's documentation, Custom Unit IDs). */
export const OWN_ID_TYPES: readonly string[] = ['userID', 'stableID'];

/** Where names in events stand. */
export const IN_EVENTS = '`statsigCustomIDs` of events';

/** @param namesInEvents of `statsigCustomIDs` in events that came lately */
export function findNamedIdTypes(
  { settings, audiences, outbound }: Pick<WorkspaceDocument, 'settings' | 'audiences' | 'outbound'>,
  namesInEvents: readonly string[],
): readonly NamedIdType[] {
  const places = new Map<string, string[]>();
  const add = (name: string | undefined, place: string) => {
    if (name === undefined) return;
    const known = places.get(name);
    if (known === undefined) places.set(name, [place]);
    else if (!known.includes(place)) known.push(place);
  };
  for (const [at, { to }] of (settings.identifierMappings ?? []).entries()) add(to, `identifierMappings[${at}].to`);
  for (const [at, { idType }] of (audiences.units ?? []).entries()) add(idType, `audiences.units[${at}].idType`);
  for (const [at, { idType }] of (audiences.lists ?? []).entries()) add(idType, `audiences.lists[${at}].idType`);
  for (const [at, { from }] of (outbound.identifierMappings ?? []).entries())
    add(from, `outbound.identifierMappings[${at}].from`);
  for (const name of namesInEvents) add(name, IN_EVENTS);
  return [...places].map(([name, at]) => ({ name, places: at }));
}
