// Finds or makes the list of an audience at once, for Segment's Webhook Audiences, which wait for the answer.

import { PluginError } from '../../base/errors.js';
import type { Sent } from '../../dispatch/delivery-target.js';
import type { CompiledAudiences } from '../../transform/compiled-audiences.js';
import { isListId } from '../../transform/inbound/list-id.js';
import type { ConsoleClient } from './console-client.js';
import { type Look, lookAtList, makeList, type SeenList, whyUnfit } from './list-look.js';

function reasonOf(sent: Sent): string {
  if (sent.kind === 'judged') return sent.verdict.message;
  return sent.kind === 'later' ? (sent.why ?? "Statsig's limit of requests is used up") : 'the call was given up';
}

function requireSeen(look: Exclude<Look, { kind: 'missing' }>): SeenList {
  if (look.kind === 'stopped') throw new PluginError('STATSIG_UNAVAILABLE', reasonOf(look.sent));
  return look.list;
}

/**
 * The id of the list, which is there then.
 *
 * @throws PluginError STATSIG_UNAVAILABLE when it cannot be found or made now, or what is there cannot hold the audience
 */
export async function findOrCreateList(
  consoleClient: ConsoleClient,
  audiences: CompiledAudiences,
  listId: string,
): Promise<string> {
  const row = [...audiences.lists.values()].find(({ id }) => id === listId);
  const wanted = { listId, idType: row?.idType ?? audiences.defaultIdType };
  const look = await lookAtList(consoleClient, listId);
  const list = requireSeen(look.kind === 'missing' ? await makeList(consoleClient, wanted) : look);
  const why = whyUnfit(wanted, list);
  if (why !== undefined) throw new PluginError('STATSIG_UNAVAILABLE', why);
  return listId;
}

/**
 * Whether there is an ID list of this id.
 *
 * @throws PluginError STATSIG_UNAVAILABLE when it cannot be told now
 */
export async function listExists(consoleClient: ConsoleClient, listId: string): Promise<boolean> {
  if (!isListId(listId)) return false;
  const look = await lookAtList(consoleClient, listId);
  return look.kind !== 'missing' && (requireSeen(look).type ?? 'id_list') === 'id_list';
}
