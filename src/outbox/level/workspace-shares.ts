// Takes room for what is stored, of the disk and of what all and each workspace may hold.

import { PluginError } from '../../base/errors.js';
import { isWithinShare, SHARE_LOGGED, shareDetail } from '../room-share.js';
import type { Books } from './books.js';
import type { Step } from './step.js';

/**
 * Takes room for records of a step, all of it or none. Where there are several workspaces each has its share.
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
    throw new PluginError('OUTBOX_FULL', shareDetail(workspaceId));
  }
  for (const [workspaceId, more] of bytes) step.add(workspaceId, more);
}

function hasShare({ lanes, maxBytes, isShared }: Books, workspaceId: string, more: number, step?: Step): boolean {
  if (!isShared()) return true;
  const own = lanes.held(workspaceId).waiting + (step?.addedOf(workspaceId) ?? 0) + more;
  const free = maxBytes - lanes.bytes - (step?.addedBytes ?? 0) - more;
  return isWithinShare(own, free, maxBytes);
}

/** The same workspace is logged loudly once. */
function noteRefused({ overShare, log, maxBytes }: Books, workspaceId: string, bytes: number): void {
  if (!overShare.has(workspaceId)) log.warn({ workspaceId, maxBytes }, SHARE_LOGGED);
  overShare.set(workspaceId, bytes);
}

/** Workspaces of which what was refused last would be refused again. */
export function workspacesOverShare(books: Books): readonly string[] {
  for (const [workspaceId, bytes] of books.overShare)
    if (hasShare(books, workspaceId, bytes)) books.overShare.delete(workspaceId);
  return [...books.overShare.keys()];
}
