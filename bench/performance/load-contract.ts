// What the load generator is asked for and what it saw.

import type { Content, FormName } from './forms.js';

/** A load. It ends with `seconds` or with `calls`, whichever is given and first. */
export interface Load {
  readonly port: number;
  readonly form: FormName;
  readonly content: Content;
  readonly eventsPerCall: number;
  readonly connections: number;
  readonly seconds?: number;
  /** Over all connections. */
  readonly calls?: number;
  /** Milliseconds that each connection waits before its next call; 0 keeps it busy. */
  readonly pauseMs?: number;
  /** Destinations that the calls go to by turns. Absent: one. */
  readonly destinations?: number;
}

/** What the load saw. Times in milliseconds. */
export interface LoadSeen {
  /** Only those in calls that were answered 200. */
  readonly events: number;
  readonly seconds: number;
  /** Of each call, from the first byte sent to the last one of the answer. */
  readonly latenciesMs: readonly number[];
  /** Calls by status; `no answer` is one of them. */
  readonly statuses: Readonly<Record<string, number>>;
  /** How much of a core the generator itself took: near 1 it is the generator that could not go faster. */
  readonly cores: number;
  /** Of the bodies of the requests. */
  readonly bytesPerEvent: number;
  /** Body of the first answer. */
  readonly firstAnswer: string;
}
