// Divides the room of the outbox among workspaces, so that one of them cannot fill it for all.

import { PluginError } from '../../base/errors.js';
import type { Books } from './books.js';
import type { Step } from './step.js';

/** A workspace that holds less than this part of all is never over its share. */
const SMALL_PART = 64;

/**
 * Takes room for records of a step, all of it or none.
 *
 * Where there are several workspaces each may hold as much as would still be free: one alone half of the room, two a third each, and so on. However many take
 * all that they can get, something is left for the next.
 *
 * @param bytes of records, by workspace
 * @throws PluginError OUTBOX_UNAVAILABLE (the disk has no room), OUTBOX_FULL
 */
export function requireRoom(books: Books, step: Step, bytes: ReadonlyMap<string, number>): void {
  const { lanes, maxBytes, room } = books;
  const sum = [...bytes.values()].reduce((all, each) => all + each, 0);
  if (sum === 0) return;
  if (!room.take(sum)) throw new PluginError('OUTBOX_UNAVAILABLE', 'ENOSPC');
  if (lanes.bytes + step.addedBytes + sum > maxBytes) {
    books.refusedBytes = sum;
    throw new PluginError('OUTBOX_FULL');
  }
  for (const [workspaceId, more] of bytes) {
    if (hasShare(books, workspaceId, more, step)) continue;
    noteRefused(books, workspaceId, more);
    throw new PluginError('OUTBOX_FULL', `what waits for ${workspaceId} has its share of OUTBOX_MAX_BYTES`);
  }
  for (const [workspaceId, more] of bytes) step.add(workspaceId, more);
}

function hasShare({ lanes, maxBytes, isShared }: Books, workspaceId: string, more: number, step?: Step): boolean {
  if (!isShared()) return true;
  const own = lanes.held(workspaceId).waiting + (step?.addedOf(workspaceId) ?? 0) + more;
  const free = maxBytes - lanes.bytes - (step?.addedBytes ?? 0) - more;
  return own <= free || own <= maxBytes / SMALL_PART;
}

/** The same workspace is logged loudly once. */
function noteRefused({ overShare, log, maxBytes }: Books, workspaceId: string, bytes: number): void {
  if (!overShare.has(workspaceId))
    log.warn(
      { workspaceId, maxBytes },
      'What waits for the workspace has its share of the outbox; no more is taken for it.',
    );
  overShare.set(workspaceId, bytes);
}

/** Workspaces of which what was refused last would be refused again. */
export function workspacesOverShare(books: Books): readonly string[] {
  for (const [workspaceId, bytes] of books.overShare)
    if (hasShare(books, workspaceId, bytes)) books.overShare.delete(workspaceId);
  return [...books.overShare.keys()];
}
