// Divides the room of an outbox among workspaces, so that one of them cannot fill it for all.

/** A workspace that holds less than this part of all is never over its share. */
const SMALL_PART = 64;

/**
 * Whether a workspace may hold so much. Each may hold as much as would still be free: one alone half of the room, two a third each, and so on. However many take
 * all that they can get, something is left for the next.
 *
 * @param own bytes that it would hold @param free bytes that would be left for all @param maxBytes of the room
 */
export function isWithinShare(own: number, free: number, maxBytes: number): boolean {
  return own <= free || own <= maxBytes / SMALL_PART;
}

/** What a call is answered with whose workspace has its share. */
export const shareDetail = (workspaceId: string) => `what waits for ${workspaceId} has its share of OUTBOX_MAX_BYTES`;

/** What is said of a workspace that has its share: once in the log, and in the status as long as it goes on. */
export const SHARE_LOGGED = 'What waits for the workspace has its share of the outbox; no more is taken for it.';

/** For the status. */
export const describeFull = (bytes: number, maxBytes: number) => `full: ${bytes} of ${maxBytes} bytes wait`;

/** For the status. @returns `undefined` when it is none */
export function describeShares(workspaceIds: readonly string[]): string | undefined {
  if (workspaceIds.length === 0) return undefined;
  return `full for ${workspaceIds.join(', ')}: what waits has its share of OUTBOX_MAX_BYTES`;
}
