// /api/live: the newest entries, and the stream of those that come.

import type { ServerResponse } from 'node:http';
import { PluginError } from '../../base/errors.js';
import type { ProtocolCode, RoutedRequest } from '../../http/route.js';
import type { Role } from '../access/shapes.js';
import { createOperatorRoutes, type OperatorApi } from '../api/operator-routes.js';
import { toCursorText } from './cursor.js';
import { detailsOf } from './details.js';
import { toMatches } from './filter.js';
import { recent } from './find-events.js';
import type { Live } from './live.js';
import type { LiveEntry, LiveFilter, LiveHello, LiveList, LiveRoutes, LiveStreamQuery } from './shapes.js';
import { findUnknownOutcome, LIVE_OUTCOMES } from './words.js';

/** What the routes work with. */
export interface LiveRoutesDeps extends OperatorApi {
  /** `undefined` where `LIVE_LOG` is off. */
  readonly live: Live | undefined;
  /** Of the listener for senders outside, where there is one. */
  readonly publicPort: number | undefined;
}

const DEFAULT_ENTRIES = 200;

const OFF: LiveList = {
  epoch: '',
  state: 'off',
  cursor: '',
  entries: [],
  kept: { entries: 0, bytes: 0, good: 'sample' },
};

/** @throws PluginError REQUEST_INVALID for an outcome that no entry has: it would be waited for without end */
function checkOutcome({ outcome }: LiveFilter): void {
  const unknown = outcome === undefined ? undefined : findUnknownOutcome(outcome);
  if (unknown === undefined) return;
  const shown = unknown === '' ? 'an empty outcome' : unknown.slice(0, 100);
  throw new PluginError(
    'REQUEST_INVALID',
    `query.outcome must be ${LIVE_OUTCOMES.join(', ')}, or several of them with commas between; ${shown} is none`,
  );
}

function listEntries({ log }: Live, filter: LiveFilter): LiveList {
  const matches = toMatches(filter);
  const most = filter.limit ?? DEFAULT_ENTRIES;
  const entries: LiveEntry[] = [];
  if (most > 0)
    for (const kept of log.newest()) {
      if (matches?.(kept) === false) continue;
      entries.push(kept.entry);
      if (entries.length >= most) break;
    }
  const cursor = toCursorText(log.epoch, log.end);
  return { epoch: log.epoch, state: 'on', cursor, entries: entries.reverse(), kept: log.kept };
}

function stream(
  live: Live | undefined,
  query: LiveStreamQuery,
  role: Role,
  request: RoutedRequest,
  response: ServerResponse,
): void {
  checkOutcome(query);
  if (live?.streams.isFullFor(role) === true) throw new PluginError('LIVE_LOG_FULL');
  response.statusCode = 200;
  response.setHeader('Content-Type', 'text/event-stream; charset=utf-8');
  response.setHeader('Cache-Control', 'no-store, no-transform');
  // nginx and those like it would keep it back until they have some kilobytes.
  response.setHeader('X-Accel-Buffering', 'no');
  request.socket.setNoDelay(true);
  if (live === undefined) {
    const hello: LiveHello = { epoch: '', state: 'off' };
    response.end(`event: hello\ndata: ${JSON.stringify(hello)}\n\nevent: end\ndata: {}\n\n`);
    return;
  }
  const { after, ...filter } = query;
  const isWorkspaceKnown = filter.workspace === undefined || live.store.findById(filter.workspace) !== undefined;
  live.streams.add(response, {
    role,
    filter,
    after: request.headers['last-event-id']?.toString() ?? after,
    isWorkspaceKnown,
  });
}

export function createLiveRoutes({ live, publicPort, ...api }: LiveRoutesDeps): ProtocolCode {
  const routes = createOperatorRoutes<LiveRoutes>(api, {
    live({ query }) {
      checkOutcome(query);
      return live === undefined ? OFF : listEntries(live, query);
    },
    liveStream: ({ query, asking, request, response }) => stream(live, query, asking.role, request, response),
    liveEntry({ query: { id }, request }) {
      const kept = live?.log.find(id);
      if (live === undefined || kept === undefined) throw new PluginError('LIVE_ENTRY_UNKNOWN');
      const ownPort = request.socket.localPort ?? 0;
      return detailsOf(live, kept, (isPublic) => `http://localhost:${isPublic ? (publicPort ?? ownPort) : ownPort}`);
    },
    liveSamples: ({ query: { workspace, source, limit } }) => ({
      state: live === undefined ? 'off' : 'on',
      workspace,
      samples: live === undefined ? [] : recent(live, workspace, { source, ...(limit !== undefined && { limit }) }),
    }),
    liveNames: ({ query: { workspace } }) => ({
      state: live === undefined ? 'off' : 'on',
      workspace,
      ...(live?.names.of(workspace) ?? { since: 0, estimated: false, names: [] }),
    }),
  });
  // A stream ends with the process, and is not waited for.
  return { ...routes, liveStream: { ...routes.liveStream, isServedWhileDraining: true } };
}
