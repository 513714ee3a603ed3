// Tells the metrics, the log, the overview and the live log what the routes see.

import type { Logger } from '../base/logger.js';
import type { SteadyClock } from '../base/steady-clock.js';
import type { NoteRefusal } from '../http/refusals.js';
import type { NoteUnreadable } from '../http/unreadable.js';
import type { Ingested } from '../ingest/inbound.js';
import { NoteCounts, tallyNotes } from '../ingest/tally-notes.js';
import { createEventNotices } from '../operate/event-notices.js';
import { createHandshakeNotice } from '../operate/handshakes.js';
import type { KnownSecrets } from '../operate/known-secrets.js';
import type { LiveWatches } from '../operate/live/live.js';
import type { IngestProtocol, Metrics, NotedProtocol } from '../operate/metrics.js';
import { createRefusals, createUnreadableNotice, type RefusalsDeps } from '../operate/refusals.js';
import type { WorkspaceStore } from '../settings/store.js';
import { createDeliveryNotice } from '../sources/rudderstack/delivery-notice.js';
import type { RudderstackDeps } from '../sources/rudderstack/routes.js';
import type { DeliveryTally, EventTally } from '../sources/rudderstack/tally.js';
import { createRefusalNotice } from '../sources/segment/respond.js';
import type { Handshake } from '../sources/statsig/handshake.js';

/** Who is told. */
export interface ObserversDeps {
  readonly metrics: Metrics;
  readonly store: WorkspaceStore;
  readonly secrets: KnownSecrets;
  /** Told of the first of each row of refusals. */
  readonly onRefusalRow: RefusalsDeps['onRow'];
  /** `undefined` where no live log is kept. */
  readonly watches: LiveWatches | undefined;
  readonly clock: SteadyClock;
  readonly log: Logger;
}

/** What routes tell. */
export interface Observers {
  readonly refused: NoteRefusal;
  readonly unreadable: NoteUnreadable;
  /** Of pushed events. @param id of the workspace */
  readonly ingested: (protocol: IngestProtocol) => (results: readonly Ingested[], id: string) => void;
  /** The same of Segment's, whose refusals have a line of their own. */
  readonly ingestedFromSegment: (results: readonly Ingested[], id: string) => void;
  readonly transformed: (stage: 'processor' | 'router' | 'batch', tally: EventTally) => void;
  readonly jobs: (stage: 'proxy' | 'delete_users') => (tally: DeliveryTally) => void;
  /** Of a deletion that rudder-server hands over. */
  readonly noted: RudderstackDeps['onNoted'];
  /** Of Statsig's webhook. */
  readonly handshake: (handshake: Handshake) => void;
}

export function createObservers({
  metrics,
  store,
  secrets,
  onRefusalRow,
  watches,
  clock,
  log,
}: ObserversDeps): Observers {
  const counting = { count: metrics.countRefused, log, now: clock.now };
  const noticeRefused = createRefusals({ ...counting, store, secrets, onRow: onRefusalRow });
  const noticeUnreadable = createUnreadableNotice(counting);
  const noticeDelivery = createDeliveryNotice(log, clock.now);
  const noticeEvents = createEventNotices(log);
  const noticeRefusal = createRefusalNotice(log);
  /** @param label of the metrics: ids of RudderStack's destinations are none */
  const noteEvents = (protocol: NotedProtocol, id: string, counts: NoteCounts, label = id) => {
    metrics.countNoted(protocol, label, counts);
    noticeEvents(id, counts);
  };
  const ingested = (protocol: IngestProtocol) => (results: readonly Ingested[], id: string) => {
    metrics.countIngested(protocol, id, results);
    noteEvents(protocol, id, tallyNotes(results));
  };
  const ingestedFromSegment = ingested('segment');
  return {
    refused(request, refused) {
      noticeRefused(request, refused);
      watches?.refused(request, refused);
    },
    unreadable(code, detail) {
      noticeUnreadable(code, detail);
      watches?.unreadable(code, detail);
    },
    ingested,
    ingestedFromSegment(results, id) {
      ingestedFromSegment(results, id);
      noticeRefusal(results, id);
    },
    transformed(stage, tally) {
      metrics.countTransformed(stage, tally);
      for (const [label, { notes }] of tally.workspaces)
        for (const [id, counts] of notes) noteEvents('rudderstack', id, counts, label);
    },
    jobs: (stage) => (tally) => {
      metrics.countDelivered(stage, tally);
      noticeDelivery(stage, tally);
      watches?.jobs(stage, tally);
    },
    handshake: createHandshakeNotice({ log, live: watches?.handshake, now: clock.now }),
    noted: (id, notes) => noteEvents('rudderstack', id, new NoteCounts(notes)),
  };
}
