// What Segment's SDKs, and those of others that speak the same, send to the HTTP Tracking API, and are answered.

/** One event. */
export interface TrackingCall {
  /** Where the request has no `Authorization`. */
  readonly writeKey?: unknown;
  readonly userId?: unknown;
  readonly anonymousId?: unknown;
  readonly messageId?: unknown;
  /** ISO 8601. */
  readonly timestamp?: unknown;
  readonly context?: unknown;
  readonly integrations?: unknown;
  readonly [field: string]: unknown;
}

/** Many events. What stands beside the list goes for each of them. */
export interface TrackingBatch {
  readonly batch: readonly unknown[];
  /** Where the request has no `Authorization`. */
  readonly writeKey?: unknown;
  readonly context?: unknown;
  readonly integrations?: unknown;
  readonly sentAt?: unknown;
  readonly [field: string]: unknown;
}

/** An event that is not taken. */
export interface RejectedTrackingEvent {
  readonly index: number;
  /** Of the error table. */
  readonly code: string;
  readonly message: string;
}

/** What became of a call: each event is counted once. */
export interface TrackingAnswer {
  readonly success: true;
  readonly accepted: number;
  readonly duplicates: number;
  readonly filtered: number;
  readonly rejected: readonly RejectedTrackingEvent[];
  /** Indexes of events that are dated by when they were received. */
  readonly timeReplaced?: readonly number[];
}

/** A call that is not taken. SDKs read `success` and `code`. */
export interface TrackingError {
  readonly success: false;
  readonly code: string;
  readonly error: string;
  readonly message: string;
}

/** The metrics are taken and dropped. */
export interface SdkMetricsAnswer {
  readonly success: true;
}

/** What the browser SDK is told at its start: no destination but this one. */
export interface SdkSettings {
  readonly integrations: {
    readonly 'Segment.io': { readonly apiKey: string; readonly apiHost: string; readonly protocol: string };
  };
  readonly metrics: { readonly sampleRate: number };
}

/** What a call can be refused for. */
export type TrackingErrors =
  | 'SENDER_UNKNOWN'
  | 'BODY_NOT_TRACKING_CALL'
  | 'BATCH_TOO_LONG'
  | 'SETTINGS_NOT_LOADED'
  | 'PUBLIC_ROUTES_OFF'
  | 'OUTBOX_FULL'
  | 'OUTBOX_UNAVAILABLE'
  | 'METHOD_NOT_ALLOWED';

/** The routes for SDKs. What is answered 200 is on disk. Browsers may call them from any page. */
export interface TrackingApiProtocol {
  /** Takes one track event. */
  readonly track: {
    security: 'writeKey';
    body: TrackingCall;
    answer: TrackingAnswer;
    errorAnswer: TrackingError;
    errors: TrackingErrors;
  };
  /** Takes one identify event. */
  readonly identify: {
    security: 'writeKey';
    body: TrackingCall;
    answer: TrackingAnswer;
    errorAnswer: TrackingError;
    errors: TrackingErrors;
  };
  /** Takes one page event. */
  readonly page: {
    security: 'writeKey';
    body: TrackingCall;
    answer: TrackingAnswer;
    errorAnswer: TrackingError;
    errors: TrackingErrors;
  };
  /** Takes one screen event. */
  readonly screen: {
    security: 'writeKey';
    body: TrackingCall;
    answer: TrackingAnswer;
    errorAnswer: TrackingError;
    errors: TrackingErrors;
  };
  /** Takes one group event. */
  readonly group: {
    security: 'writeKey';
    body: TrackingCall;
    answer: TrackingAnswer;
    errorAnswer: TrackingError;
    errors: TrackingErrors;
  };
  /** Takes one alias event. */
  readonly alias: {
    security: 'writeKey';
    body: TrackingCall;
    answer: TrackingAnswer;
    errorAnswer: TrackingError;
    errors: TrackingErrors;
  };
  /** Takes many events. */
  readonly batch: {
    security: 'writeKey';
    body: TrackingBatch;
    answer: TrackingAnswer;
    errorAnswer: TrackingError;
    errors: TrackingErrors;
  };
  /** Takes many events of the past; each says when it happened. */
  readonly import: {
    security: 'writeKey';
    body: TrackingBatch;
    answer: TrackingAnswer;
    errorAnswer: TrackingError;
    errors: TrackingErrors;
  };
  /** Takes the metrics of SDKs, and drops them. */
  readonly sdkMetrics: {
    security: 'none';
    body: unknown;
    answer: SdkMetricsAnswer;
    errorAnswer: TrackingError;
    errors: 'PUBLIC_ROUTES_OFF' | 'METHOD_NOT_ALLOWED';
  };
  /** Tells Segment's browser SDK that its events go to this process. */
  readonly sdkSettings: {
    security: 'none';
    answer: SdkSettings;
    errorAnswer: TrackingError;
    errors: 'WRITE_KEY_UNKNOWN' | 'SETTINGS_NOT_LOADED' | 'PUBLIC_ROUTES_OFF' | 'METHOD_NOT_ALLOWED';
  };
}
