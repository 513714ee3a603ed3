// Whether a host answers at all: when it does not, a single request finds out for all lanes that send to it.
//
// A lane's own circuit knows what its key and its address are worth. A host that is down would be asked by every lane on its own: five requests of each to find out,
// and one of each in every pause.

import type { EpochMs } from '../base/time.js';
import type { LaneId } from '../outbox/lane-id.js';
import type { After } from './alarm.js';
import type { CircuitStatus } from './circuit.js';
import { pauseAfter } from './retry-policy.js';
import { createWaitingRoom, type WaitingRoom } from './waiting-room.js';

/** What a request says about the host: that it is there, nothing (none was made, or it was given up), or why it is no use. */
export type HostReading = 'answered' | 'unknown' | { readonly problem: string };

/** A host. */
export interface Host {
  readonly status: CircuitStatus;
  /** The time before which nothing may be sent; 0 while closed, Infinity while one request finds out. */
  readonly readyAt: EpochMs;
  /** The same for a lane that has not failed, which finds out sooner when only such that have failed did so far. */
  readonly readyForOthersAt: number;
  /** Why nothing can be sent; absent while closed. Holds nothing secret. */
  readonly problem: string | undefined;
  /** How often it came back: answered a lane to which it had not. */
  readonly recoveries: number;
  /** Where lanes wait while it is not closed. */
  readonly room: WaitingRoom;
  /**
   * Does not wait for the end of the pause: the next request finds out. Nothing while one does, or where one has since `since`: what is news for thousands of lanes is one request.
   */
  tryNow(since: EpochMs): void;
  /** Runs a request of a lane that may be sent now. @param hadFailed whether the lane's last one failed */
  run<T>(lane: LaneId, hadFailed: boolean, request: () => Promise<T>, read: (result: T) => HostReading): Promise<T>;
  /** @param ring called when the host comes back @returns ends that */
  onRecovery(ring: () => void): () => void;
}

/** How a host stands while it is not closed. */
export interface HostReport {
  /** As in `https://api.segment.io`. */
  readonly host: string;
  readonly circuit: CircuitStatus;
  /** Lanes that wait for it. */
  readonly lanes: number;
  readonly problem?: string;
  /** Absent while a request finds out. */
  readonly pausedUntil?: EpochMs;
}

/** How hosts behave. */
export interface HostOptions {
  readonly now: () => EpochMs;
  readonly after: After;
  /** Lanes that fail one after the other, with no answer to any in between, until the host is taken to be down. */
  readonly lanesToOpen: number;
  readonly onChange: (name: string, status: CircuitStatus, problem: string | undefined) => void;
}

/** Shorter than a lane's own: one that is well may wait for it, because of five that are not. */
const FIRST_PAUSE_MS = 5_000;

/** Lanes that go on in one turn of the event loop. */
const LANES_PER_TURN = 50;

/** A lane whose turn it is to find out, and that has nothing to send any more, gives its turn up by this time. */
const TURN_MS = 1_000;

function createHost({ now, after, lanesToOpen, onChange }: HostOptions, name: string): Host {
  /** Lanes whose last request got no answer, since the host last gave one. */
  let silent = new Set<LaneId>();
  let openings = 0;
  /** When it was found not to answer last. */
  let foundDownAt = 0;
  let pauseEndsAt = 0;
  /** Lanes that had not failed and were not answered, since it was taken to be down. */
  let innocent = 0;
  let othersPauseEndsAt = 0;
  let problem: string | undefined;
  let probe: LaneId | undefined;
  let recoveries = 0;
  const sleepers = new Set<() => void>();
  const isOpen = () => openings > 0;

  const endsAt = (hasFirst: boolean) => (hasFirst ? Math.min(pauseEndsAt, othersPauseEndsAt) : pauseEndsAt);

  const room = createWaitingRoom(now, after, (hasFirst) => {
    if (!isOpen()) return { at: 0, count: LANES_PER_TURN, thenMs: 0 };
    return { at: probe === undefined ? endsAt(hasFirst) : Number.POSITIVE_INFINITY, count: 1, thenMs: TURN_MS };
  });

  function open(): void {
    openings += 1;
    foundDownAt = now();
    pauseEndsAt = now() + pauseAfter(openings, FIRST_PAUSE_MS);
    othersPauseEndsAt = now() + pauseAfter(innocent + 1, FIRST_PAUSE_MS);
    if (openings === 1) onChange(name, 'open', problem);
    room.look();
  }

  function answered(lane: LaneId): void {
    // What one says that never failed is no news for those that did: they may be to blame themselves.
    const isRecovery = silent.has(lane);
    silent = new Set();
    if (!isOpen()) return;
    openings = 0;
    innocent = 0;
    problem = undefined;
    onChange(name, 'closed', undefined);
    if (isRecovery) {
      recoveries += 1;
      for (const ring of [...sleepers]) ring();
    }
    room.look();
  }

  function failed(lane: LaneId, said: string, isProbe: boolean, hadFailed: boolean): void {
    if (isProbe && !hadFailed) innocent += 1;
    problem = said;
    silent.add(lane);
    if (isOpen()) {
      // Others were under way when it opened.
      if (isProbe) open();
      return;
    }
    if (silent.size >= lanesToOpen) open();
  }

  return {
    get status() {
      if (!isOpen()) return 'closed';
      return probe === undefined ? 'open' : 'half-open';
    },
    get readyAt() {
      if (!isOpen()) return 0;
      return probe === undefined ? pauseEndsAt : Number.POSITIVE_INFINITY;
    },
    get readyForOthersAt() {
      if (!isOpen()) return 0;
      return probe === undefined ? endsAt(true) : Number.POSITIVE_INFINITY;
    },
    get problem() {
      return isOpen() ? problem : undefined;
    },
    get recoveries() {
      return recoveries;
    },
    room,
    tryNow(since) {
      if (!isOpen() || probe !== undefined || foundDownAt >= since) return;
      pauseEndsAt = Math.min(pauseEndsAt, now());
      othersPauseEndsAt = Math.min(othersPauseEndsAt, now());
      room.look();
    },
    async run(lane, hadFailed, request, read) {
      const isProbe = isOpen();
      if (isProbe) probe = lane;
      let reading: HostReading = 'unknown';
      try {
        const result = await request();
        reading = read(result);
        return result;
      } finally {
        if (isProbe) probe = undefined;
        if (reading === 'answered') answered(lane);
        else if (reading !== 'unknown') failed(lane, reading.problem, isProbe, hadFailed);
        else if (isProbe) room.look();
      }
    },
    onRecovery(ring) {
      sleepers.add(ring);
      return () => sleepers.delete(ring);
    },
  };
}

/** The hosts of a dispatcher. */
export interface Hosts {
  /** @param name as in `https://api.segment.io`; of the settings, so that there are few */
  of(name: string): Host;
  /** Those that are not closed. */
  report(): readonly HostReport[];
}

/** Nothing is known of a host before something was sent to it. */
export function createHosts(options: HostOptions): Hosts {
  const hosts = new Map<string, Host>();
  return {
    of(name) {
      let host = hosts.get(name);
      if (host === undefined) {
        host = createHost(options, name);
        hosts.set(name, host);
      }
      return host;
    },
    report() {
      return [...hosts].flatMap(([host, { status, readyAt, room, problem }]) =>
        status === 'closed'
          ? []
          : [
              {
                host,
                circuit: status,
                lanes: room.size,
                ...(problem !== undefined && { problem }),
                ...(Number.isFinite(readyAt) && { pausedUntil: readyAt }),
              },
            ],
      );
    },
  };
}
