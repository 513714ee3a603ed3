// The shapes of the live log, as `/api/live…` answers them. Types alone, so that a page can have them.

/** Into Statsig, out of Statsig, or neither: a request for no route, an operator's request. */
export type LiveDirection = 'inbound' | 'outbound' | 'none';

/** Whose protocol it came by, in the words of the metrics. `operations`: operators and probes. `none`: no route. */
export type LiveProtocol =
  | 'segment'
  | 'tracking_api'
  | 'rudderstack'
  | 'rudderstack_source'
  | 'statsig'
  | 'operations'
  | 'none';

/**
 * Where it was: `ingest` (pushed to us), `processor`, `router`, `batch`, `source` (transforms that rudder-server asked for), `proxy`, `delete_users` (jobs that rudder-server handed over), `delivery` (from
 * the outbox), `request` (a request that was refused).
 */
export type LiveStage =
  | 'ingest'
  | 'processor'
  | 'router'
  | 'batch'
  | 'source'
  | 'proxy'
  | 'delete_users'
  | 'delivery'
  | 'request';

/** What became of it, in the words of Segment's Delivery Overview; `duplicate`: it is stored already; `refused`: the request was. */
export type LiveOutcome =
  | 'received'
  | 'duplicate'
  | 'filtered'
  | 'failed_on_ingest'
  | 'delivered'
  | 'pending_retry'
  | 'failed_delivery'
  | 'refused';

/** One line of the live log. Everything in it that came with a request is cut to 200 characters, and holds no secret of the settings. */
export interface LiveEntry {
  /** Grows with each entry, and begins with the epoch of the process: `mbx3k2-1041`. */
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly direction: LiveDirection;
  readonly protocol: LiveProtocol;
  /** Id of the settings document; absent where none is known. */
  readonly workspace?: string;
  readonly stage: LiveStage;
  readonly outcome: LiveOutcome;
  /** Why it was filtered or not delivered: `event_excluded`, `http_4xx`. */
  readonly reason?: string;
  /** Of the error table: `EVENT_NAME_MISSING`, `SENDER_UNKNOWN`. */
  readonly code?: string;
  /** HTTP status of an answer: the target's to a delivery, ours to a refused request. */
  readonly status?: number;
  /** Where a delivery goes, as lanes are named. */
  readonly target?: string;
  /** The event's type: `track`, `identify`; for Statsig's events absent. `url_verification`: Statsig asked whether the URL of its webhook is right; `url_check`: `statsig-cdp connect` did. */
  readonly type?: string;
  /** The event's name, as the sender wrote it. */
  readonly event?: string;
  /** The user's id, or the anonymous one. */
  readonly user?: string;
  readonly messageId?: string;
  /** How many events or requests the entry stands for; absent for one. */
  readonly count?: number;
  /** For people: the field at fault, the answer of the target, why a request was refused. */
  readonly note?: string;
  /** Of a refused request: `POST`. */
  readonly method?: string;
  /** Of a refused request: its path as it came. */
  readonly path?: string;
  /** Whether details hold the event as it was received. */
  readonly hasEvent?: true;
}

/** Which entries are wanted. */
export interface LiveFilter {
  readonly direction?: LiveDirection;
  readonly protocol?: LiveProtocol;
  /** Id of a settings document. @maxLength 200 */
  readonly workspace?: string;
  /** Name of the event, whole. @maxLength 200 */
  readonly event?: string;
  /** One of the outcomes, or several separated by commas. @maxLength 200 */
  readonly outcome?: string;
  /** Found anywhere in event, user, messageId, note, path, reason, code, target, type and workspace; letters of either case. @maxLength 200 */
  readonly search?: string;
  /** Newest entries that are answered, or streamed first: 200 for the list and none for the stream where it is not said. @integer @minimum 0 @maximum 1000 */
  readonly limit?: number;
}

/** Where a stream begins. */
export interface LiveStreamQuery extends LiveFilter {
  /** Goes on behind this cursor, as the header `Last-Event-ID` does. @maxLength 100 */
  readonly after?: string;
}

/** Answer of `GET /api/live`: oldest first. */
export interface LiveList {
  /** Of the process: another one after a restart. */
  readonly epoch: string;
  /** `off`: `LIVE_LOG` is off, nothing is kept. */
  readonly state: 'on' | 'off';
  /** Where to go on: `Last-Event-ID` of a stream. */
  readonly cursor: string;
  readonly entries: readonly LiveEntry[];
  readonly kept: LiveKept;
}

/** What the memory holds now. */
export interface LiveKept {
  readonly entries: number;
  readonly bytes: number;
  /** `all`: somebody watches, or did a minute ago. `sample`: of what went well, some ten events a second and workspace. */
  readonly good: 'all' | 'sample';
}

/** The `hello` event: the first of each stream. */
export interface LiveHello {
  readonly epoch: string;
  readonly state: 'on' | 'off';
  /** The workspace that was asked for is none of the settings: nothing may come, until it is. */
  readonly isWorkspaceUnknown?: true;
}

/**
 * The `gap` event: entries that this stream does not show. `restart`: the process began anew, and how many is not known. `slow`: the reader was slower than the log. `rate`: there were more than are
 * kept. Counted before filters.
 */
export interface LiveGap {
  readonly reason: 'restart' | 'slow' | 'rate';
  readonly missed?: number;
}

/** The events of the stream, by name. `end`: the process stops. */
export interface LiveStreamEvents {
  readonly hello: LiveHello;
  readonly entries: readonly LiveEntry[];
  readonly gap: LiveGap;
  readonly end: Readonly<Record<string, never>>;
}

/** One try to deliver an event. */
export interface LiveAttempt {
  readonly at: number;
  readonly outcome: 'delivered' | 'pending_retry' | 'failed_delivery';
  readonly target?: string;
  readonly status?: number;
  readonly note?: string;
}

/** A decision about an event. */
export interface LiveDecision {
  readonly stage: string;
  readonly decision: string;
  readonly why: string;
}

/** A request as it would be sent, keys masked. */
export interface LiveRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** Sources of samples and of the tester. */
export type LiveSource = 'segment' | 'tracking-api' | 'rudderstack' | 'statsig';

/** What the tester takes. */
export interface LiveTesterCall {
  readonly source: LiveSource;
  readonly workspace?: string;
  readonly body: unknown;
}

/** Answer of `GET /api/live/entry?id=`. */
export interface LiveDetails {
  readonly entry: LiveEntry;
  /** As it was received, masked; absent where it is not kept (any more), or the entry is about none. */
  readonly event?: unknown;
  /** Why there is no event, or not all of it. */
  readonly eventNote?: string;
  /** Its fields that are masked, the first ten: their values are not here, so that it cannot be sent again from here as it is. */
  readonly masked?: readonly string[];
  /** What the line decides of it with the settings of now. */
  readonly now?: {
    readonly result: 'converted' | 'filtered' | 'invalid' | 'refused';
    /** Why it is not converted. */
    readonly why?: string;
    readonly decisions: readonly LiveDecision[];
    readonly requests: readonly LiveRequest[];
  };
  /** Whether the settings of the workspace are others than when it came: `now` may differ from what happened. */
  readonly settingsChanged: boolean;
  /** Tries to deliver it that were seen; of what went well only a sample is, where no one watches. */
  readonly attempts: readonly LiveAttempt[];
  /** Of a refused request: what is configured and what was sent, by names; never a secret. */
  readonly refusal?: Readonly<Record<string, unknown>>;
  /** Sends the same event again; `$NAMES` stand for secrets, and a comment says which, and what is masked. */
  readonly curl?: string;
  readonly tester?: LiveTesterCall;
  /** A document of fixtures/fixture.schema.json. */
  readonly fixture?: unknown;
}

/** A name of an event and how many there were. */
export interface LiveName {
  readonly name: string;
  /** Of the workspace's events; estimated from the sample where not all were looked at. */
  readonly events: number;
  readonly lastAt: number;
  readonly protocol: LiveProtocol;
}

/** Whose names. */
export interface LiveNamesQuery {
  /** Id of a settings document. @maxLength 200 */
  readonly workspace: string;
}

/** Answer of `GET /api/live/names?workspace=`: most first. */
export interface LiveNames {
  readonly state: 'on' | 'off';
  readonly workspace: string;
  /** The numbers count from here. */
  readonly since: number;
  readonly estimated: boolean;
  readonly names: readonly LiveName[];
}

/** An event as it was received, masked. */
export interface LiveSample {
  readonly id: string;
  readonly at: number;
  readonly source: LiveSource;
  readonly outcome: LiveOutcome;
  readonly event: unknown;
}

/** Answer of `GET /api/live/samples?workspace=&source=&limit=`: newest first. */
export interface LiveSamples {
  readonly state: 'on' | 'off';
  readonly workspace: string;
  readonly samples: readonly LiveSample[];
}

/** Which samples. */
export interface LiveSamplesQuery {
  /** Id of a settings document. @maxLength 200 */
  readonly workspace: string;
  /** Of all sources where it is not said. */
  readonly source?: LiveSource;
  /** @integer @minimum 1 @maximum 200 @default 100 */
  readonly limit?: number;
}

/** Which entry. */
export interface LiveEntryQuery {
  /** @maxLength 100 */
  readonly id: string;
}

/** The routes of the live log. */
export interface LiveRoutes {
  /**
   * Lists the newest entries of the live log, oldest first.
   * @example ?limit=20&outcome=refused
   */
  readonly live: { readonly role: 'read'; readonly query: LiveFilter; readonly answer: LiveList };
  /**
   * Streams the live log as server-sent events. `Last-Event-ID` goes on where another connection ended; what is not shown is told by `gap`.
   * @example ?workspace=shop&limit=20
   */
  readonly liveStream: {
    readonly role: 'read';
    readonly query: LiveStreamQuery;
    readonly stream: LiveStreamEvents;
    readonly errors: 'LIVE_LOG_FULL';
  };
  /**
   * Names of events that a workspace had since the start of the process, and how many of each.
   * @example ?workspace=shop
   */
  readonly liveNames: { readonly role: 'read'; readonly query: LiveNamesQuery; readonly answer: LiveNames };
  /**
   * Everything about one entry: the event as it was received, what is decided of it now and why, the requests, and the tries to deliver it.
   * @example ?id=mbx3k2-1041
   */
  readonly liveEntry: {
    readonly role: 'read';
    readonly query: LiveEntryQuery;
    readonly answer: LiveDetails;
    readonly errors: 'LIVE_ENTRY_UNKNOWN';
  };
  /**
   * Events of a workspace as they were received lately, newest first.
   * @example ?workspace=shop&source=segment&limit=20
   */
  readonly liveSamples: { readonly role: 'read'; readonly query: LiveSamplesQuery; readonly answer: LiveSamples };
}
