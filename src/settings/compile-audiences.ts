// Compiles a workspace's audience settings once per revision.

import type { CompiledAudiences } from '../transform/compiled-audiences.js';
import { compilePath } from '../transform/field-path.js';
import { baseUrlOf } from './base-url.js';
import { EVENT_TYPES } from './event-types.js';
import { defaultsAt } from './settings-schema.js';
import type { AudienceSettings, WorkspaceDocument } from './workspace-document.js';

const DEFAULTS = defaultsAt(['audiences']);

/**
 * Compiles the audience settings of a document in force; the manifest's defaults are filled in here.
 *
 * @returns undefined when the workspace takes no audiences: it sends events, as it has or had a `secretKey`, and never had a `consoleKey` to change lists with
 */
export function compileAudiences(document: WorkspaceDocument): CompiledAudiences | undefined {
  const { id, settings, secretKey, consoleKey, audiences, lost } = document;
  const sendsEvents = secretKey !== undefined || lost.includes('secretKey');
  const isDryRun = consoleKey === undefined && !lost.includes('consoleKey');
  if (sendsEvents && isDryRun) return undefined;
  const complete = { ...DEFAULTS, ...audiences } as Required<AudienceSettings>;
  const { units, lists, createMissing, windowMs, maxIdsPerRequest } = complete;
  const defaultIdType = units[0].idType;
  return Object.freeze({
    workspaceId: id,
    isDryRun,
    consoleKey,
    consoleUrl: baseUrlOf(settings, 'consoleUrl'),
    types: EVENT_TYPES.audience,
    units: units.map(({ from, idType }) => ({ from, idType, read: compilePath(from) })),
    lists: new Map(lists.map(({ key, id: listId, idType = defaultIdType }) => [key, { id: listId, idType }])),
    defaultIdType,
    createMissing,
    windowMs,
    maxIdsPerRequest,
  });
}
