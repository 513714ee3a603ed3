// Counts what is refused, and says the first of a row in the log.

import { describeError, type ErrorCode } from '../base/errors.js';
import { LogRows } from '../base/log-rows.js';
import type { Logger } from '../base/logger.js';
import type { EpochMs } from '../base/time.js';
import { type NoteRefusal, routeOf } from '../http/refusals.js';
import type { NoteUnreadable } from '../http/unreadable.js';
import type { WorkspaceStore } from '../settings/store.js';
import { explainRefusal, findShownKeys, workspaceInPath } from './explain-refusal.js';
import type { KnownSecrets } from './known-secrets.js';
import type { RowOfRefusals } from './overview/refused-senders.js';

/** What noting works with. */
export interface RefusalsDeps {
  readonly store: WorkspaceStore;
  readonly secrets: KnownSecrets;
  /** @param route one of the manifest's paths, or `none` */
  readonly count: (route: string, code: ErrorCode) => void;
  readonly log: Logger;
  readonly now: () => EpochMs;
  /** Told each refusal with the row that it belongs to. */
  readonly onRow: (row: RowOfRefusals) => void;
}

/** These have a line of their own that says more. */
const TOLD_ELSEWHERE: ReadonlySet<ErrorCode> = new Set(['INTERNAL', 'UPSTREAM_UNREACHABLE']);

/**
 * Counts each refusal. The first of a row (one route, one code, one workspace that exists) has a line in the log. Those who show a key of the settings at the wrong place have rows and lines of
 * their own, which no stranger can begin.
 *
 * All of it is worked out in a later turn of the event loop, so that how long an answer takes does not tell what the line says.
 */
export function createRefusals({ store, secrets, count, log, now, onRow }: RefusalsDeps): NoteRefusal {
  const ofStrangers = new LogRows(now);
  const ofKeys = new LogRows(now);
  return (request, { code, message, workspaceId = workspaceInPath(request) }) => {
    const route = routeOf(request);
    count(route, code);
    if (TOLD_ELSEWHERE.has(code)) return;
    setImmediate(() => {
      const known = workspaceId !== undefined && store.findById(workspaceId) !== undefined ? workspaceId : '';
      const keys = findShownKeys(request, code, store);
      const explain = () => explainRefusal(request, code, workspaceId, store, secrets);
      const written = () => secrets.redact(message);
      onRow({ route, code, workspace: known, sentIs: keys, message: written, explain });
      const row = (keys.length > 0 ? ofKeys : ofStrangers).begins([route, code, known, ...keys].join(' '));
      if (row === undefined) return;
      const fields = { route, method: request.method, code, ...row, ...explain() };
      log.warn(fields, `Refused. ${written()}`);
    });
  };
}

/** The route, in metrics and log, of what is no request. */
const NO_ROUTE = 'none';

/** Counts what is refused before it is a request. The first of a row, which is one code, has a line in the log. */
export function createUnreadableNotice({
  count,
  log,
  now,
}: Omit<RefusalsDeps, 'store' | 'secrets' | 'onRow'>): NoteUnreadable {
  const rows = new LogRows(now);
  return (code, detail) => {
    count(NO_ROUTE, code);
    const row = rows.begins(code);
    if (row !== undefined)
      log.warn({ route: NO_ROUTE, code, ...row }, `Refused. ${describeError(code, undefined, detail)}`);
  };
}
