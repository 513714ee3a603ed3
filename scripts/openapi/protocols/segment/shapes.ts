// What Segment's webhooks and partner subscriptions send, and are answered.

/** An event in Segment's form. */
export interface SegmentEvent {
  /** `track`, `page`, `screen`, `identify`, `group`, `alias`, `delete`. */
  readonly type?: unknown;
  readonly messageId?: unknown;
  readonly userId?: unknown;
  readonly anonymousId?: unknown;
  /** ISO 8601. */
  readonly timestamp?: unknown;
  readonly [field: string]: unknown;
}

/** What became of one event. */
export interface SegmentAnswer {
  readonly success: boolean;
  readonly result: 'accepted' | 'duplicate' | 'filtered';
  /** A sentence for people. */
  readonly message: string;
}

/** An event of a list that is not taken. */
export interface RejectedEvent {
  /** Of the event in the list. */
  readonly index: number;
  /** Of the error table. */
  readonly code: string;
  readonly message: string;
}

/** What became of a list: each event is counted once. Events that are rejected do not make it an error, because the sender would send the good ones again. */
export interface PushAnswer {
  readonly success: true;
  readonly accepted: number;
  readonly duplicates: number;
  readonly filtered: number;
  readonly rejected: readonly RejectedEvent[];
  /** Indexes of events that are dated by when they were received, because they say in no usable way when they happened. */
  readonly timeReplaced?: readonly number[];
}

/** An audience that is to be made. */
export interface CreateAudienceBody {
  readonly audienceName: string;
  /** Proves the sender, where a header cannot. */
  readonly secret?: string;
  readonly [field: string]: unknown;
}

/** An audience that is looked for. */
export interface GetAudienceBody {
  readonly externalId: string;
  /** Proves the sender, where a header cannot. */
  readonly secret?: string;
  readonly [field: string]: unknown;
}

/** The id of the list in Statsig, which Segment gives back in each event of the audience. */
export interface AudienceAnswer {
  readonly externalId: string;
}

/** What a request can be refused for, by any sender. */
export type PushErrors =
  | 'BODY_NOT_SEGMENT_EVENTS'
  | 'BATCH_TOO_LONG'
  | 'SENDER_UNKNOWN'
  | SegmentServing
  | OutboxErrors;

/** Why nothing is taken at the moment. */
export type OutboxErrors = 'OUTBOX_FULL' | 'OUTBOX_UNAVAILABLE';

/** Why nothing is served here at the moment, or not by this method. */
export type SegmentServing = 'SETTINGS_NOT_LOADED' | 'PUBLIC_ROUTES_OFF' | 'METHOD_NOT_ALLOWED';

/** What is wrong with the one event of a request. In a list it stands in the answer instead. */
export type OneEventErrors =
  | 'EVENT_TYPE_MISSING'
  | 'EVENT_NAME_MISSING'
  | 'AUDIENCE_MEMBERSHIP_MISSING'
  | 'AUDIENCE_LIST_INVALID'
  | 'CONSOLE_KEY_MISSING'
  | 'DELETION_USER_MISSING'
  | 'PROOF_INSUFFICIENT'
  | 'RELAY_UNDOCUMENTED'
  | 'SECRET_KEY_MISSING'
  | 'NESTED_TOO_DEEP'
  | 'MESSAGE_ID_TOO_LONG'
  | 'EVENT_TOO_LARGE'
  | 'ID_TOO_LONG'
  | 'EVENT_NAME_TOO_LONG'
  | 'EVENT_TYPE_UNSUPPORTED';

/** What is wrong with a call about a list. */
export type ListErrors =
  | 'SENDER_UNKNOWN'
  | 'SIGNATURE_INVALID'
  | 'WORKSPACE_UNKNOWN'
  | 'AUDIENCE_NAME_MISSING'
  | 'AUDIENCES_OFF'
  | 'STATSIG_UNAVAILABLE';

/** The routes for Segment. What is answered 200 is on disk. */
export interface SegmentProtocol {
  /** Takes one event or a list of them. */
  readonly events: {
    security: 'segment';
    body: SegmentEvent | readonly SegmentEvent[];
    answer: SegmentAnswer | PushAnswer;
    errors: 'SIGNATURE_INVALID' | 'WORKSPACE_UNKNOWN' | PushErrors | OneEventErrors;
  };
  /** Does the same for the workspace whose API key the request shows. */
  readonly eventsByApiKey: {
    security: 'apiKey';
    body: SegmentEvent | readonly SegmentEvent[];
    answer: SegmentAnswer | PushAnswer;
    errors: 'WORKSPACE_UNKNOWN' | PushErrors | OneEventErrors;
  };
  /** Finds the list of an audience in Statsig, or makes it. */
  readonly createAudience: {
    security: 'segment';
    body: CreateAudienceBody;
    answer: AudienceAnswer;
    errors: ListErrors | SegmentServing;
  };
  /** Looks the list of an audience up in Statsig. */
  readonly getAudience: {
    security: 'segment';
    body: GetAudienceBody;
    answer: AudienceAnswer;
    errors: ListErrors | SegmentServing | 'AUDIENCE_UNKNOWN';
  };
}
