// What /api/dead-letters takes and answers. Imports nothing of Node's, so that the page and commands share it.

import type { EpochMs } from '../../base/time.js';

/** A moment as it is asked for: a time in ISO 8601, or milliseconds since 1970. */
export type AskedMoment = string | number;

/** Which dead letters are asked for: those for which all that is said holds. */
export interface DeadLetterQuery {
  readonly workspace?: string;
  readonly target?: string;
  readonly reason?: string;
  /** HTTP status of the last answer; `none` for those that were given up without one. */
  readonly status?: number | 'none';
  /** Those that died then or later. */
  readonly since?: AskedMoment;
  /** Those that died then or before. */
  readonly until?: AskedMoment;
  /** The event's name as the target has it, with or without what stands before `::`; `*` stands for any characters. */
  readonly event?: string;
  /** An id that the event holds of its user. */
  readonly user?: string;
}

/** The same, read. */
export interface DeadLetterFilter extends Omit<DeadLetterQuery, 'since' | 'until'> {
  readonly since?: EpochMs;
  readonly until?: EpochMs;
}

/** What the list is asked for. */
export interface DeadLetterListQuery extends DeadLetterQuery {
  /** This one alone. */
  readonly key?: string;
  /** Those behind this key: the last one of the page before. */
  readonly after?: string;
  /** Each target's newest first. Default: the oldest. */
  readonly order?: 'newest' | 'oldest';
  /**
   * Default: all.
   *
   * @integer
   * @minimum 1
   */
  readonly limit?: number;
}

/** One line of the list. */
export interface DeadLetterLine {
  /** Unique; lines come in the order of their keys, so that the last one's is where the next page begins. */
  readonly key: string;
  readonly workspaceId: string;
  readonly target: string;
  readonly reason: string;
  readonly status?: number;
  readonly attempts: number;
  /** The last answer, without anything secret. */
  readonly answer: string;
  readonly messageId?: string;
  readonly onceKey?: string;
  readonly acceptedAt: EpochMs;
  readonly diedAt: EpochMs;
  /** What was made of the event: a Statsig event, a call of a CDP, a change of a list, a deletion. Text where the disk has damaged it. */
  readonly payload: unknown;
  /** Name of the event, where it has one. */
  readonly event?: string;
  readonly user?: string;
}

/** Dead letters with one target, reason and status. */
export interface DeadLetterGroup {
  readonly workspaceId: string;
  readonly target: string;
  readonly reason: string;
  readonly status?: number;
  readonly count: number;
  /** There may be more: not all of the target's were read, and these are the newest. */
  readonly isAtLeast?: true;
  /** When they died. */
  readonly oldest: EpochMs;
  readonly newest: EpochMs;
  /** One of them, the newest. */
  readonly sample: Pick<DeadLetterLine, 'key' | 'answer' | 'event'>;
  /** What to do, in a sentence. */
  readonly fix: string;
}

/** All groups, the largest first. */
export interface DeadLetterGroups {
  readonly groups: readonly DeadLetterGroup[];
  /** Dead letters that were looked at. */
  readonly read: number;
  /** How many there are of the workspace and target, whatever else the filter says. Counted exactly; absent while the disk cannot be read. */
  readonly total?: number;
  /** There are more than were looked at: of each target the newest were. */
  readonly isPartial: boolean;
  /** Groups beyond those that are listed. */
  readonly omitted: number;
}

/** What is to be put back or dropped: some keys, or what a filter with a workspace says. */
export interface DeadLettersDeed extends DeadLetterQuery {
  readonly keys?: readonly string[];
  /**
   * No more than so many; without it all.
   *
   * @integer
   * @minimum 1
   */
  readonly limit?: number;
  /** Goes on behind this key. */
  readonly after?: string;
  /** Counts with that redelivery. */
  readonly redelivery?: string;
}

/** What came of it. */
export interface DeadLettersChanged {
  readonly changed: number;
  /** The disk took no more: so many are as they were. */
  readonly left?: number;
  /** Keys that no dead letter has. */
  readonly unknown?: readonly string[];
  /** There may be more: to be said with the same filter. */
  readonly next?: { readonly after: string; readonly until: EpochMs };
  /** By which it can be followed. */
  readonly redelivery?: string;
}

/** Events that were put back and given up once more. */
export interface FailedAgain {
  readonly workspaceId: string;
  readonly target: string;
  readonly reason: string;
  readonly status?: number;
  readonly count: number;
  readonly answer: string;
}

/** What has become of what was put back. */
export interface RedeliveryReport {
  readonly id: string;
  readonly at: EpochMs;
  readonly redelivered: number;
  readonly delivered: number;
  readonly failedAgain: readonly FailedAgain[];
  /** Neither yet. */
  readonly waiting: number;
  /** Taken out meanwhile by somebody: dropped, or of a person who was deleted. */
  readonly gone: number;
  /** Of these nothing is known here: too many to be followed one by one, or delivered, or given up again, by another replica. */
  readonly notFollowed: number;
  /** What holds up those that wait. */
  readonly lanes: readonly {
    readonly workspaceId: string;
    readonly target: string;
    readonly circuit: 'closed' | 'open' | 'half-open';
    readonly pausedUntil?: EpochMs;
    readonly problem?: string;
  }[];
}

/** A request as it would be sent, with secrets masked. */
export interface ShownRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Parsed where it is JSON. */
  readonly body: unknown;
}

/** What a redelivery would do, as the settings are now: send what is stored, wait for settings, or give it up again before anything is sent. */
export type RedeliveryPreview =
  | { readonly kind: 'sends'; readonly title: string; readonly requests: readonly ShownRequest[] }
  | { readonly kind: 'waits'; readonly why: string }
  | { readonly kind: 'fails'; readonly why: string };

/** The event as its sender wrote it. */
export type OriginalEvent =
  | { readonly known: true; readonly source: string; readonly at: EpochMs; readonly event: unknown }
  | { readonly known: false; readonly why: string };

/** Everything about one dead letter. */
export interface DeadLetterPreview {
  readonly letter: DeadLetterLine;
  readonly fix: string;
  readonly redelivery: RedeliveryPreview;
  readonly original: OriginalEvent;
}

/** The routes of dead letters. */
export interface DeadLetterRoutes {
  /**
   * Lists events that were given up, a line of JSON for each, in the order of their keys.
   *
   * @example ?workspace=shop&reason=unauthorized&limit=100
   */
  readonly deadLetters: { role: 'read'; query: DeadLetterListQuery; lines: DeadLetterLine };
  /**
   * Counts dead letters by target, reason and status, and says what to do. Of each target the newest are read, 100,000 in all: `isPartial` says where there are more.
   *
   * @example ?workspace=shop
   */
  readonly deadLetterGroups: { role: 'read'; query: DeadLetterQuery; answer: DeadLetterGroups };
  /**
   * Everything about one dead letter, and what a redelivery would send now, with secrets masked. Sends and changes nothing.
   *
   * @example {"key":"d:shop%2Fstatsig:1768478400000:0000000000000001"}
   */
  readonly previewDeadLetter: {
    role: 'read';
    body: { readonly key: string };
    answer: DeadLetterPreview;
    errors: 'DEAD_LETTER_UNKNOWN' | 'OUTBOX_UNAVAILABLE';
  };
  /**
   * Puts dead letters back into the outbox: they are tried at once, also where the circuit is open or the host is down.
   *
   * @example {"workspace":"shop","reason":"unauthorized","limit":2000}
   */
  readonly redeliverDeadLetters: {
    role: 'write';
    body: DeadLettersDeed;
    answer: DeadLettersChanged;
    errors: 'DEAD_LETTERS_NOT_NAMED' | 'OUTBOX_UNAVAILABLE';
  };
  /**
   * Forgets dead letters for good.
   *
   * @example {"keys":["d:shop%2Fstatsig:1768478400000:0000000000000001"]}
   */
  readonly dropDeadLetters: {
    role: 'write';
    body: DeadLettersDeed;
    answer: DeadLettersChanged;
    errors: 'DEAD_LETTERS_NOT_NAMED' | 'OUTBOX_UNAVAILABLE';
  };
  /**
   * Says what has become of what was put back: delivered, given up again, or waiting, and what holds it up.
   *
   * @example ?id=5b0c3f0e-6f2f-4f5e-9a53-0a4d2b6d6a11
   */
  readonly redelivery: {
    role: 'read';
    query: { readonly id: string };
    answer: RedeliveryReport;
    errors: 'REDELIVERY_UNKNOWN';
  };
}
