// What Statsig's event webhook sends, and is answered.

/** An event of Statsig: an exposure, a custom event, a config change. */
export interface StatsigWebhookEvent {
  readonly eventName?: unknown;
  readonly user?: unknown;
  readonly timestamp?: unknown;
  readonly metadata?: unknown;
  readonly [field: string]: unknown;
}

/** Events, or the question by which Statsig makes sure of the address when the webhook is saved: `{"event": "url_verification", "verification_code": "…"}`. */
export interface StatsigWebhookBody {
  readonly data?: unknown;
  readonly [field: string]: unknown;
}

/** An event that is not taken. */
export interface RejectedWebhookEvent {
  readonly index: number;
  /** Of the error table. */
  readonly code: string;
  readonly message: string;
}

/** What became of the events: each is counted once. */
export interface StatsigWebhookAnswer {
  readonly success: true;
  readonly accepted: number;
  readonly duplicates: number;
  readonly filtered: number;
  readonly rejected: readonly RejectedWebhookEvent[];
  readonly timeReplaced?: readonly number[];
}

/** The code of the question. */
export interface VerificationAnswer {
  readonly verification_code: string;
}

/** The route for Statsig. */
export interface StatsigProtocol {
  /** Takes events of Statsig, signed by `X-Statsig-Signature` over `X-Statsig-Request-Timestamp` and the body. What is answered 200 is on disk. */
  readonly events: {
    security: 'statsig';
    body: StatsigWebhookBody | readonly StatsigWebhookEvent[];
    answer: StatsigWebhookAnswer | VerificationAnswer;
    errors:
      | 'WEBHOOK_SIGNATURE_INVALID'
      | 'WEBHOOK_TIMESTAMP_REFUSED'
      | 'WORKSPACE_UNKNOWN'
      | 'BODY_NOT_STATSIG_EVENTS'
      | 'BATCH_TOO_LONG'
      | 'TARGETS_MISSING'
      | 'SETTINGS_NOT_LOADED'
      | 'PUBLIC_ROUTES_OFF'
      | 'OUTBOX_FULL'
      | 'OUTBOX_UNAVAILABLE'
      | 'METHOD_NOT_ALLOWED';
  };
}
