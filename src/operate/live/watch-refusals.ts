// Shows refused requests: the first of a row at once, the others of each second as one entry with their number.

import { describeError, ERRORS, type ErrorCode } from '../../base/errors.js';
import { growingCache } from '../../base/growing-cache.js';
import type { EpochMs } from '../../base/time.js';
import { pathOf } from '../../http/address.js';
import { type NoteRefusal, routeOf } from '../../http/refusals.js';
import type { RoutedRequest } from '../../http/route.js';
import type { NoteUnreadable } from '../../http/unreadable.js';
import type { WorkspaceStore } from '../../settings/store.js';
import { withoutWriteKey } from '../../sources/tracking-api/authenticate.js';
import { explainRefusal, protocolOf, showsProof, workspaceInPath } from '../explain-refusal.js';
import type { KnownSecrets } from '../known-secrets.js';
import type { EntryExtra, NewEntry } from './kept-entry.js';
import type { LiveLog } from './live-log.js';
import type { Masker } from './mask.js';
import type { LiveProtocol } from './shapes.js';

/** What watching works with. */
export interface RefusalWatchDeps {
  readonly log: LiveLog;
  readonly store: WorkspaceStore;
  readonly secrets: KnownSecrets;
  readonly maskerOf: (workspaceId: string) => Masker;
  readonly now: () => EpochMs;
}

/** Rows are one route, one code, one workspace that exists, and whether anything was shown as a proof: strangers cannot make many, and do not hide why a sender is refused who has one. */
const MAX_ROWS = 1_000;
const ROW_MS = 1_000;

interface Row {
  at: EpochMs;
  others: number;
  entry: NewEntry;
  extra: EntryExtra;
}

/** By names of the manifest. */
const PROTOCOLS: ReadonlyMap<string, LiveProtocol> = new Map([
  ['segment', 'segment'],
  ['trackingApi', 'tracking_api'],
  ['rudderstack', 'rudderstack'],
  ['statsig', 'statsig'],
  ['operations', 'operations'],
]);

function placeOf(request: RoutedRequest): Pick<NewEntry, 'direction' | 'protocol'> {
  const found = protocolOf(request);
  if (found === undefined) return { direction: 'none', protocol: 'none' };
  const protocol = PROTOCOLS.get(found.name) ?? 'none';
  if (protocol === 'rudderstack' && found.direction === 'outbound')
    return { direction: 'outbound', protocol: 'rudderstack_source' };
  return { direction: protocol === 'operations' ? 'none' : (found.direction ?? 'none'), protocol };
}

/** Watches refusals. */
export interface RefusalWatch {
  readonly refused: NoteRefusal;
  readonly unreadable: NoteUnreadable;
  close(): void;
}

export function createRefusalWatch({ log, store, secrets, maskerOf, now }: RefusalWatchDeps): RefusalWatch {
  const rows = growingCache<Row>(MAX_ROWS);
  const pending = new Set<Row>();
  let timer: NodeJS.Timeout | undefined;
  const masker = maskerOf('');

  function tellOthers(): void {
    timer = undefined;
    for (const row of pending) {
      if (log.hasRoom('refused')) log.add({ ...row.entry, count: row.others }, row.extra);
      row.others = 0;
      row.at = now();
    }
    pending.clear();
  }

  /** @param name from settings and code, never from a request */
  function note(name: string, describe: () => { readonly entry: NewEntry; readonly extra: EntryExtra }): void {
    const row = rows.get(name);
    if (row !== undefined && (row.others > 0 || now() - row.at < ROW_MS)) {
      row.others += 1;
      pending.add(row);
      timer ??= setTimeout(tellOthers, ROW_MS).unref();
      return;
    }
    if (!log.hasRoom('refused')) return;
    const { entry, extra } = describe();
    rows.set(name, { at: now(), others: 0, entry, extra });
    log.add(entry, extra);
  }

  function describe(request: RoutedRequest, code: ErrorCode, message: string, asked: string | undefined) {
    const known = asked === undefined ? undefined : store.findById(asked);
    const path = masker.text(withoutWriteKey(pathOf(request)));
    const entry: NewEntry = {
      ...placeOf(request),
      ...(known !== undefined && { workspace: known.id }),
      stage: 'request',
      outcome: 'refused',
      code,
      status: ERRORS[code].status,
      ...(request.method !== undefined && { method: request.method }),
      ...(path !== undefined && { path }),
      note: masker.note(message, undefined),
    };
    const refusal = { route: routeOf(request), ...explainRefusal(request, code, asked, store, secrets) };
    return { entry, extra: { refusal } };
  }

  return {
    // In a later turn: how long an answer takes must not tell what stands here.
    refused(request, { code, message, workspaceId = workspaceInPath(request) }) {
      setImmediate(() => {
        const known = workspaceId !== undefined && store.findById(workspaceId) !== undefined ? workspaceId : '';
        note([routeOf(request), code, known, showsProof(request)].join(' '), () =>
          describe(request, code, message, workspaceId),
        );
      });
    },
    unreadable(code, detail) {
      note(`none ${code}`, () => ({
        entry: {
          direction: 'none',
          protocol: 'none',
          stage: 'request',
          outcome: 'refused',
          code,
          status: ERRORS[code].status,
          note: describeError(code, undefined, detail),
        },
        extra: {},
      }));
    },
    close() {
      clearTimeout(timer);
    },
  };
}
