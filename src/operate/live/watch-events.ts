// Shows events on their way in: what is told by the lines becomes entries of the live log.

import type { Ingested } from '../../ingest/inbound.js';
import type { Decided, IngestWatch, TellResults, WatchedCall } from '../../ingest/ingest-watch.js';
import type { Filtered, Invalid } from '../../model/conversion.js';
import { listTarget } from '../../outbox/lane-id.js';
import { describeInvalid } from '../../sources/result-words.js';
import type { WatchTransform } from '../../sources/rudderstack/transform-watch.js';
import type { AudienceDeed } from '../../sources/segment/audience-routes.js';
import type { Handshake } from '../../sources/statsig/handshake.js';
import type { EventNames } from './event-names.js';
import type { EntryExtra, NewEntry } from './kept-entry.js';
import type { LiveLog } from './live-log.js';
import type { Masker } from './mask.js';
import type { LiveDirection, LiveOutcome, LiveProtocol, LiveStage } from './shapes.js';
import { type EventSummary, summariseEvent } from './summarise-event.js';

/** What watching works with. */
export interface EventWatchDeps {
  readonly log: LiveLog;
  readonly names: EventNames;
  readonly maskerOf: (workspaceId: string) => Masker;
  /** Tells settings of a workspace from those before; `undefined` where there are none. */
  readonly revisionOf: (workspaceId: string) => number | undefined;
}

/** Where events of a protocol are, and which way they go. */
const PLACES: Readonly<Record<WatchedCall['protocol'], Pick<NewEntry, 'direction' | 'stage'>>> = {
  segment: { direction: 'inbound', stage: 'ingest' },
  tracking_api: { direction: 'inbound', stage: 'ingest' },
  statsig: { direction: 'outbound', stage: 'ingest' },
  rudderstack_source: { direction: 'outbound', stage: 'source' },
};

/** An event whose fate is not known yet, without what it was parsed into. */
interface Draft {
  readonly index: number;
  readonly summary: EventSummary;
  readonly extra: EntryExtra;
  /** Of an event that is kept out or at fault. */
  readonly note: string | undefined;
}

const TOO_LARGE =
  'The event is too large to be kept: it has more than 65,536 characters of JSON, or is nested too deep.';

const TOO_MANY = 'More came in that second than are kept as they were received.';

/** What all events of a workspace share. */
interface Source {
  readonly masker: Masker;
  readonly revision: number | undefined;
}

/** What an entry says of a decision. */
function tellOf(
  result: Ingested | Filtered | Invalid,
): { readonly outcome: LiveOutcome } & Pick<NewEntry, 'reason' | 'code' | 'target'> {
  switch (result.kind) {
    case 'accepted':
      return result.target === undefined ? { outcome: 'received' } : { outcome: 'received', target: result.target };
    case 'duplicate':
      return { outcome: 'duplicate' };
    case 'filtered':
      return { outcome: 'filtered', reason: result.reason };
    case 'invalid':
      return { outcome: 'failed_on_ingest', code: result.code };
  }
}

function isFiltered(decided: { readonly kind: string }): decided is Filtered {
  return decided.kind === 'filtered';
}

function isInvalid(decided: { readonly kind: string }): decided is Invalid {
  return decided.kind === 'invalid';
}

function noteOf(decided: { readonly kind: string }): string | undefined {
  if (isFiltered(decided)) return decided.detail;
  return isInvalid(decided) ? describeInvalid(decided).message : undefined;
}

/** Watches events. */
export interface EventWatch {
  readonly ingest: IngestWatch;
  readonly transform: WatchTransform;
  readonly audience: (deed: AudienceDeed) => void;
  readonly handshake: (handshake: Handshake) => void;
}

export function createEventWatch({ log, names, maskerOf, revisionOf }: EventWatchDeps): EventWatch {
  /** @param keepsEvent whether it is kept as it was received, too */
  function draft(
    index: number,
    sent: unknown,
    decided: { readonly kind: string },
    { masker, revision }: Source,
    keepsEvent: boolean,
  ): Draft {
    const event = masker.event(sent);
    const text = keepsEvent ? masker.json(event) : undefined;
    const note = noteOf(decided);
    return {
      index,
      summary: summariseEvent(event, masker),
      note: note === undefined ? undefined : masker.note(note, sent),
      extra: {
        event: text,
        ...(text === undefined && { eventNote: keepsEvent ? TOO_LARGE : TOO_MANY }),
        ...(revision !== undefined && { revision }),
      },
    };
  }

  const sourceOf = (workspaceId: string): Source => ({
    masker: maskerOf(workspaceId),
    revision: revisionOf(workspaceId),
  });

  function add(
    { summary, extra, note }: Draft,
    result: Ingested | Filtered | Invalid,
    place: { readonly direction: LiveDirection; readonly protocol: LiveProtocol; readonly stage: LiveStage },
    workspaceId: string,
  ): void {
    const { direction, protocol, stage } = place;
    log.add(
      {
        direction,
        protocol,
        ...(workspaceId !== '' && { workspace: workspaceId }),
        stage,
        ...tellOf(result),
        ...summary,
        ...(note !== undefined && note !== '' && { note }),
      },
      extra,
    );
  }

  const ingest: IngestWatch = (workspaceId, decided) => {
    const faults = countFaults(decided);
    const good = decided.length - faults;
    // Asked once for a call: most of what comes at full speed is only counted.
    const all = log.keepsAll;
    const sampled = !all && good > 0 && log.wantsSample(workspaceId) ? pickGood(decided) : -1;
    const wanted = all ? good : Number(sampled !== -1);
    const room = wanted === 0 ? 0 : log.roomFor('received', wanted);
    // Those at fault are all looked at, and would weigh more than others.
    names.saw(workspaceId, good, room);
    if (wanted < good) log.skipGood(good - wanted);
    if (room === 0 && faults === 0) return undefined;
    return (call) => look(call, workspaceId, decided, { faults, room, sampled });
  };

  /** Writes down what is shown of a call. */
  function look(
    { protocol, eventAt }: WatchedCall,
    workspaceId: string,
    decided: Decided,
    { faults, room, sampled }: { readonly faults: number; readonly room: number; readonly sampled: number },
  ): TellResults | undefined {
    let roomLeft = room;
    let faultsLeft = log.roomFor('failed_on_ingest', faults);
    let eventsLeft = log.roomForEvents(room);
    const source = sourceOf(workspaceId);
    const drafts: Draft[] = [];
    for (const [index, each] of decided.entries()) {
      if (roomLeft + faultsLeft === 0) break;
      if (isInvalid(each)) {
        if (faultsLeft === 0) continue;
        faultsLeft -= 1;
        drafts.push(draft(index, eventAt(index), each, source, true));
      } else if (roomLeft > 0 && (sampled === -1 || index === sampled)) {
        roomLeft -= 1;
        drafts.push(draft(index, eventAt(index), each, source, eventsLeft > 0));
        eventsLeft -= 1;
      }
    }
    if (drafts.length === 0) return undefined;
    for (const { index, summary } of drafts)
      if (decided[index]?.kind !== 'invalid') names.count(workspaceId, protocol, summary.event);
    const place = { ...PLACES[protocol], protocol };
    return (results) => {
      for (const each of drafts) {
        const result = results[each.index];
        if (result !== undefined) add(each, result, place, workspaceId);
      }
    };
  }

  const transform: WatchTransform = (stage) => {
    const place = { direction: 'inbound', protocol: 'rudderstack', stage } as const;
    const done: (() => void)[] = [];
    let good = 0;
    let sampleAsked = false;
    const keep = (message: unknown, decided: { readonly kind: string }, workspaceId: string) => {
      const result: Ingested | Filtered | Invalid =
        isInvalid(decided) || isFiltered(decided) ? decided : { kind: 'accepted' };
      if (!log.hasRoom(tellOf(result).outcome)) return;
      const keepsEvent = isInvalid(decided) || log.roomForEvents(1) === 1;
      const kept = draft(0, message, decided, sourceOf(workspaceId), keepsEvent);
      done.push(() => {
        if (!isInvalid(decided)) names.count(workspaceId, 'rudderstack', kept.summary.event);
        add(kept, result, place, workspaceId);
      });
    };
    return {
      see(message, result, workspaceId) {
        if (result.kind === 'invalid' || log.keepsAll) {
          if (result.kind !== 'invalid') names.saw(workspaceId, 1, 1);
          keep(message, result, workspaceId);
          return;
        }
        if (sampleAsked || !log.wantsSample(workspaceId)) {
          sampleAsked = true;
          good += 1;
          names.saw(workspaceId, 1, 0);
          return;
        }
        sampleAsked = true;
        names.saw(workspaceId, 1, 1);
        keep(message, result, workspaceId);
      },
      end() {
        if (good > 0) log.skipGood(good);
        for (const each of done) each();
      },
    };
  };

  return {
    ingest,
    transform,
    // Rare: a person made them.
    audience({ workspaceId, deed, listId }) {
      if (!log.hasRoom('received')) return;
      const list = maskerOf(workspaceId).text(listId);
      log.add({
        direction: 'inbound',
        protocol: 'segment',
        workspace: workspaceId,
        stage: 'ingest',
        outcome: 'received',
        type: deed,
        ...(list !== undefined && { target: listTarget(list) }),
      });
    },
    handshake({ workspaceId, isKnown, isOwnCheck }) {
      if (!log.hasRoom('received')) return;
      const written = maskerOf('').text(workspaceId);
      log.add({
        direction: 'outbound',
        protocol: 'statsig',
        ...(isKnown && { workspace: workspaceId }),
        stage: 'ingest',
        outcome: 'received',
        type: isOwnCheck ? 'url_check' : 'url_verification',
        ...(!isKnown && { note: `no workspace is called ${written}` }),
      });
    },
  };
}

function countFaults(decided: Decided): number {
  let faults = 0;
  for (let index = 0; index < decided.length; index += 1) if (decided[index]?.kind === 'invalid') faults += 1;
  return faults;
}

/** One that is not at fault, by chance: names that are always last would never be seen. */
function pickGood(decided: Decided): number {
  const start = Math.floor(Math.random() * decided.length);
  for (let step = 0; step < decided.length; step += 1) {
    const index = (start + step) % decided.length;
    if (decided[index]?.kind !== 'invalid') return index;
  }
  return -1;
}
