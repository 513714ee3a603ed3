// Tells a program around us what became of events, behind the line and never in it.

import { describeError, type ErrorCode } from '../base/errors.js';
import type { Logger } from '../base/logger.js';
import { messageOf } from '../base/system-error.js';
import type { FilterReason } from '../model/conversion.js';
import type { IngestProtocol, Metrics } from '../operate/metrics.js';
import { DELETIONS_TARGET, isIntoStatsig, STATSIG_TARGET } from '../outbox/lane-id.js';

/** Into Statsig, or out of it. */
export type EventDirection = 'inbound' | 'outbound';

/** Who sent events: a protocol of the manifest, in the words of the metrics. */
export type EventProtocol = IngestProtocol | 'rudderstack';

/** Events of one request that fared alike. */
export interface EventsNotice {
  readonly direction: EventDirection;
  readonly protocol: EventProtocol;
  /** Id of the settings document; empty where none names the destination of rudder-server's events. */
  readonly workspaceId: string;
  /** How many, at least one. */
  readonly events: number;
}

/** They are on disk, or on their way back to rudder-server. */
export type ConvertedNotice = EventsNotice;

/** They are not sent, on purpose. */
export interface FilteredNotice extends EventsNotice {
  readonly reason: FilterReason;
}

/** Events of a request that cannot be sent. */
export interface RefusedEventsNotice extends EventsNotice {
  readonly what: 'events';
  /** Of docs/errors.md. */
  readonly code: ErrorCode;
  /** What happened and what to do. */
  readonly message: string;
}

/** A request that was answered with an error. */
export interface RefusedRequestNotice {
  readonly what: 'request';
  /** As the manifest declares it, without what a client wrote: `/segment/:workspace`. */
  readonly route: string;
  /** Of docs/errors.md. */
  readonly code: ErrorCode;
  /** What happened and what to do. */
  readonly message: string;
}

export type RefusedNotice = RefusedEventsNotice | RefusedRequestNotice;

/** A target has taken them. */
export interface DeliveredNotice {
  readonly direction: EventDirection;
  readonly workspaceId: string;
  /** `statsig`, `statsig-list-…`, `statsig-deletions`, or the name of an outbound target. */
  readonly target: string;
  readonly events: number;
  /** HTTP status of the answer; absent in a dry run. */
  readonly status: number | undefined;
  /** Ids of the events that have one, as the outbox knows them. */
  readonly messageIds: readonly string[];
}

/** They were given up and are kept as dead letters. */
export interface DeadNotice extends DeliveredNotice {
  /** `rejected`, `attempts_exhausted`, `expired`… */
  readonly reason: string;
}

/** What can be listened to, with what listeners are told. */
export interface Notices {
  readonly converted: ConvertedNotice;
  readonly filtered: FilteredNotice;
  readonly refused: RefusedNotice;
  readonly delivered: DeliveredNotice;
  readonly dead: DeadNotice;
}

/** Is told of something. What it returns is not waited for; what it throws, or rejects with, is logged once. */
export type Listener<Name extends keyof Notices> = (notice: Notices[Name]) => unknown;

type Listeners = { readonly [Name in keyof Notices]: Set<Listener<Name>> };

/** The listeners of one app. */
export class Hooks {
  readonly #log: Logger;
  readonly #listeners: Listeners = {
    converted: new Set(),
    filtered: new Set(),
    refused: new Set(),
    delivered: new Set(),
    dead: new Set(),
  };
  /** Those that have failed. */
  readonly #told = new WeakSet<object>();
  #waiting: (() => void)[] = [];

  constructor(log: Logger) {
    this.#log = log;
  }

  /** @returns stops telling it */
  on<Name extends keyof Notices>(name: Name, listener: Listener<Name>): () => void {
    if (!Object.hasOwn(this.#listeners, name))
      throw new TypeError(
        `There is no "${name}" to be told of: it is one of ${Object.keys(this.#listeners).join(', ')}.`,
      );
    const listeners: Set<Listener<Name>> = this.#listeners[name];
    listeners.add(listener);
    return () => void listeners.delete(listener);
  }

  /** Tells in a later turn of the event loop: the sender of the events has its answer by then. @param make not asked where no one listens */
  #tell<Name extends keyof Notices>(name: Name, make: () => Notices[Name]): void {
    const listeners: Set<Listener<Name>> = this.#listeners[name];
    if (listeners.size === 0) return;
    const notice = make();
    if (this.#waiting.length === 0) setImmediate(() => this.flush());
    for (const listener of listeners) this.#waiting.push(() => this.#call(name, listener, notice));
  }

  #call<Name extends keyof Notices>(name: Name, listener: Listener<Name>, notice: Notices[Name]): void {
    const fail = (error: unknown) => {
      if (this.#told.has(listener)) return;
      this.#told.add(listener);
      this.#log.error({ hook: name, reason: messageOf(error) }, 'A hook fails; events go on. It is not told again');
    };
    try {
      Promise.resolve(listener(notice)).catch(fail);
    } catch (error) {
      fail(error);
    }
  }

  /** Tells what waits, at once. */
  flush(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const call of waiting) call();
  }

  /** The metrics; what they are told, listeners are told, too. */
  readonly observe = (metrics: Metrics): Metrics => ({
    ...metrics,
    countTransformed: (stage, tally) => {
      metrics.countTransformed(stage, tally);
      for (const [workspaceId, { converted, filtered, invalid }] of tally.workspaces) {
        const of = { direction: 'inbound', protocol: 'rudderstack', workspaceId } as const;
        if (converted > 0) this.#tell('converted', () => ({ ...of, events: converted }));
        for (const [reason, events] of filtered) this.#tell('filtered', () => ({ ...of, reason, events }));
        for (const [code, events] of invalid) this.#refuseEvents(of, code, events);
      }
    },
    countDelivered: (stage, tally) => {
      metrics.countDelivered(stage, tally);
      const target = stage === 'proxy' ? STATSIG_TARGET : DELETIONS_TARGET;
      for (const { workspaceId, outcome, jobs, verdict } of tally.counts)
        if (outcome === 'delivered')
          this.#tell('delivered', () => ({
            direction: 'inbound',
            workspaceId,
            target,
            events: jobs,
            status: verdict.status,
            messageIds: [],
          }));
    },
    countIngested: (protocol, workspaceId, results) => {
      metrics.countIngested(protocol, workspaceId, results);
      const direction = protocol === 'segment' || protocol === 'tracking_api' ? 'inbound' : 'outbound';
      const of = { direction, protocol, workspaceId } as const;
      let converted = 0;
      const filtered = new Map<FilterReason, number>();
      const refused = new Map<ErrorCode, number>();
      for (const result of results) {
        if (result.kind === 'accepted') converted += 1;
        else if (result.kind === 'filtered') filtered.set(result.reason, (filtered.get(result.reason) ?? 0) + 1);
        else if (result.kind === 'invalid') refused.set(result.code, (refused.get(result.code) ?? 0) + 1);
      }
      if (converted > 0) this.#tell('converted', () => ({ ...of, events: converted }));
      for (const [reason, events] of filtered) this.#tell('filtered', () => ({ ...of, reason, events }));
      for (const [code, events] of refused) this.#refuseEvents(of, code, events);
    },
    countOutcome: (outcome) => {
      metrics.countOutcome(outcome);
      const { kind, workspaceId, target, deliveries, reason = '', status } = outcome;
      const make = (): DeliveredNotice => ({
        direction: isIntoStatsig(target) ? 'inbound' : 'outbound',
        workspaceId,
        target,
        events: deliveries.length,
        status,
        messageIds: deliveries.flatMap(({ messageId }) => messageId ?? []),
      });
      if (kind === 'delivered') this.#tell('delivered', make);
      else if (kind === 'dead') this.#tell('dead', () => ({ ...make(), reason }));
    },
    countRefused: (route, code) => {
      metrics.countRefused(route, code);
      this.#tell('refused', () => ({ what: 'request', route, code, message: describeError(code) }));
    },
  });

  #refuseEvents(of: Omit<EventsNotice, 'events'>, code: ErrorCode, events: number): void {
    this.#tell('refused', () => ({ what: 'events', ...of, code, message: describeError(code), events }));
  }
}
