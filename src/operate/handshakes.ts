// Tells that the URL of Statsig's event webhook was verified, in the log and in the live log.

import { LogRows } from '../base/log-rows.js';
import type { Logger } from '../base/logger.js';
import type { EpochMs } from '../base/time.js';
import type { Handshake } from '../sources/statsig/handshake.js';

/** Who is told. */
export interface HandshakeDeps {
  readonly log: Logger;
  /** `undefined` where no live log is kept. */
  readonly live: ((handshake: Handshake) => void) | undefined;
  readonly now: () => EpochMs;
}

/** Strangers may ask as often as they like, and no one verifies a URL twice in a second. */
const ROW_MS = 1_000;

/** Tells the first of each second of one workspace; all that name none are one. */
export function createHandshakeNotice({ log, live, now }: HandshakeDeps): (handshake: Handshake) => void {
  const rows = new LogRows(now, ROW_MS);
  function tell(handshake: Handshake): void {
    const { workspaceId, isKnown, isOwnCheck } = handshake;
    if (rows.begins(`${isOwnCheck} ${isKnown ? workspaceId : ''}`) === undefined) return;
    live?.(handshake);
    const workspace = { workspace: workspaceId };
    if (!isKnown) log.warn(workspace, 'A URL was verified that names no workspace.');
    else if (isOwnCheck) log.info(workspace, 'The URL of the event webhook was checked by `statsig-cdp connect`.');
    else log.info(workspace, 'Statsig verified the URL of its event webhook.');
  }

  // In a later turn: how long an answer takes must not tell which workspaces exist.
  return (handshake) => void setImmediate(tell, handshake);
}
