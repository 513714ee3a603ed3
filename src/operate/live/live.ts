// The live log of a process: its memory, what fills it, and who reads it.

import type { EpochMs } from '../../base/time.js';
import type { DeliveryOutcome } from '../../dispatch/dispatcher-options.js';
import type { NoteRefusal } from '../../http/refusals.js';
import type { NoteUnreadable } from '../../http/unreadable.js';
import type { IngestWatch } from '../../ingest/ingest-watch.js';
import type { WorkspaceDocument } from '../../settings/document.js';
import type { WorkspaceStore } from '../../settings/store.js';
import type { DeliveryTally } from '../../sources/rudderstack/tally.js';
import type { WatchTransform } from '../../sources/rudderstack/transform-watch.js';
import type { AudienceDeed } from '../../sources/segment/audience-routes.js';
import type { Handshake } from '../../sources/statsig/handshake.js';
import type { KnownSecrets } from '../known-secrets.js';
import { EventNames } from './event-names.js';
import { LiveLog } from './live-log.js';
import { createMaskers, type Masker } from './mask.js';
import { EntryRelay, followWorkers, type LiveCrew } from './other-workers.js';
import { LiveStreams } from './streams.js';
import { createDeliveryWatch } from './watch-deliveries.js';
import { createEventWatch } from './watch-events.js';
import { createRefusalWatch } from './watch-refusals.js';

/** What it is made of. */
export interface LiveDeps {
  readonly store: WorkspaceStore;
  readonly secrets: KnownSecrets;
  /** By the system's clock. */
  readonly now: () => EpochMs;
  /** Default: by the time of the start. */
  readonly epoch?: string;
  /** Where other workers serve, too. */
  readonly crew?: LiveCrew | undefined;
}

/** What the rest of the program tells it. */
export interface LiveWatches {
  readonly ingest: IngestWatch;
  readonly transform: WatchTransform;
  readonly outcome: (outcome: DeliveryOutcome) => void;
  readonly jobs: (stage: 'proxy' | 'delete_users', tally: DeliveryTally) => void;
  readonly audience: (deed: AudienceDeed) => void;
  readonly handshake: (handshake: Handshake) => void;
  readonly refused: NoteRefusal;
  readonly unreadable: NoteUnreadable;
}

/** The live log. */
export interface Live {
  readonly log: LiveLog;
  readonly names: EventNames;
  readonly streams: LiveStreams;
  readonly watches: LiveWatches;
  /** Masks what was kept once more: settings may have got new secrets since. */
  readonly maskerOf: (workspaceId: string) => Masker;
  /** Tells settings of a workspace from those before. */
  readonly revisionOf: (workspaceId: string) => number | undefined;
  readonly store: WorkspaceStore;
  readonly now: () => EpochMs;
  /** Ends the streams. */
  close(): void;
}

/** Tells settings from those before. */
function createRevisions(store: Pick<WorkspaceStore, 'findById'>): (workspaceId: string) => number | undefined {
  const revisions = new WeakMap<WorkspaceDocument, number>();
  let last = 0;
  return (workspaceId) => {
    const document = store.findById(workspaceId);
    if (document === undefined) return undefined;
    const known = revisions.get(document);
    if (known !== undefined) return known;
    last += 1;
    revisions.set(document, last);
    return last;
  };
}

export function createLive({ store, secrets, now, epoch, crew }: LiveDeps): Live {
  const relay = crew === undefined || crew.isFirst ? undefined : new EntryRelay((text) => crew.giveEntries(text));
  const onKeepsAll = crew?.isFirst === true ? (isWatched: boolean) => crew.tellWatched(isWatched) : undefined;
  const log = new LiveLog({ now, ...(epoch !== undefined && { epoch }), relay, onKeepsAll });
  const names = new EventNames(now);
  const streams = new LiveStreams(log);
  const maskerOf = createMaskers(secrets, (id) => store.findById(id)?.settings.redact ?? []);
  const revisionOf = createRevisions(store);
  if (crew !== undefined) followWorkers({ log, crew, revisionOf });
  const events = createEventWatch({ log, names, maskerOf, revisionOf });
  const deliveries = createDeliveryWatch({ log, maskerOf });
  const refusals = createRefusalWatch({ log, store, secrets, maskerOf, now });
  return {
    log,
    names,
    streams,
    watches: {
      ingest: events.ingest,
      transform: events.transform,
      outcome: deliveries.outcome,
      jobs: deliveries.jobs,
      audience: events.audience,
      handshake: events.handshake,
      refused: refusals.refused,
      unreadable: refusals.unreadable,
    },
    maskerOf,
    revisionOf,
    store,
    now,
    close() {
      relay?.close();
      refusals.close();
      streams.close();
      log.close();
    },
  };
}
