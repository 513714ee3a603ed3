// What rudder-server asks a transformer, and is answered: RudderStack's transformer protocol.

/** An event of a CDP, as it came: `track`, `page`, `screen`, `identify`, `group`… with whatever fields it has. */
export interface RudderMessage {
  readonly type?: unknown;
  readonly [field: string]: unknown;
}

/** What rudder-server attaches to an event. It comes back as it was sent. */
export interface RudderMetadata {
  readonly jobId?: unknown;
  readonly destinationId?: unknown;
  readonly [field: string]: unknown;
}

/** One event for one destination. */
export interface RudderElement {
  readonly message?: RudderMessage;
  readonly metadata?: RudderMetadata;
  /** With `Config`. Absent in a compacted body: `destinations` has it there. */
  readonly destination?: { readonly [field: string]: unknown };
}

/** The form of `X-Content-Format: json+compactedv1`: each destination once, by its id. */
export interface RudderCompacted {
  readonly input: readonly RudderElement[];
  readonly destinations?: Readonly<Record<string, object>>;
  /** Not read here. */
  readonly connections?: object;
}

/** Events of one destination type. */
export interface RudderRouterBody {
  readonly input: readonly RudderElement[];
  /** `statsig`. Of another type the request is the upstream transformer's. */
  readonly destType: string;
  /** In a compacted body. */
  readonly destinations?: Readonly<Record<string, object>>;
}

/** What rudder-server's statistics are counted by, where something went wrong. */
export interface StatTags {
  readonly [tag: string]: string;
}

/** A request that rudder-server is to send, or to hand to the proxy routes. */
export interface DeliveryRequest {
  readonly version: string;
  readonly type: string;
  readonly method: string;
  readonly endpoint: string;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly params: object;
  readonly body: { readonly [form: string]: unknown };
  readonly files: object;
  readonly userId?: string;
  readonly [field: string]: unknown;
}

/** What became of one event. `statusCode` is 200 with `output`, 298 for one that is filtered, else that of the error table. */
export interface ProcessorEntry {
  readonly statusCode: number;
  readonly metadata: RudderMetadata;
  readonly output?: DeliveryRequest;
  /** `CODE: what happened (where: detail). What to do.`; for 298 `filtered (reason): …`. */
  readonly error?: string;
  readonly statTags?: StatTags;
}

/** What became of some events: a batch that goes in one delivery, or events of one fate. */
export interface RouterEntry {
  readonly batched: boolean;
  readonly statusCode: number;
  readonly metadata: readonly RudderMetadata[];
  readonly batchedRequest?: DeliveryRequest | readonly DeliveryRequest[];
  readonly destination?: object;
  readonly error?: string;
  readonly statTags?: StatTags;
}

/** The answer of router transform. */
export interface RouterAnswer {
  readonly output: readonly RouterEntry[];
}

/** A delivery that the plugin makes for rudder-server: the request of a transform's answer, unchanged, with the metadata of its jobs. */
export interface ProxyBody {
  readonly endpoint?: string;
  readonly method?: string;
  readonly headers?: object;
  readonly body?: object;
  /** Of one job (v0), or of each (v1). */
  readonly metadata?: unknown;
  readonly [field: string]: unknown;
}

/** One verdict for all jobs. Its status is that of the answer, too. */
export interface ProxyAnswerV0 {
  readonly output: {
    readonly status: number;
    readonly message: string;
    readonly destinationResponse: { readonly response: unknown; readonly status: number };
    readonly statTags?: StatTags;
  };
}

/** A verdict for each job. */
export interface ProxyAnswerV1 {
  readonly output: {
    readonly message: string;
    readonly response: readonly ProxyVerdict[];
    readonly statTags?: StatTags;
  };
}

/** The verdict of one job. */
export interface ProxyVerdict {
  readonly statusCode: number;
  readonly metadata: RudderMetadata;
  /** What the target answered. */
  readonly error: string;
}

/** One received webhook and the source it is of. */
export interface SourceElement {
  /** v1: the body of the webhook. */
  readonly event?: unknown;
  /** v2: the webhook as it was received. */
  readonly request?: object;
  readonly source?: object;
}

/** What became of one webhook: events for rudder-server's pipeline; an answer for the one who sent it; or why it is refused. */
export interface SourceAnswer {
  readonly output?: { readonly batch: readonly object[] };
  readonly outputToSource?: { readonly body?: string; readonly contentType?: string };
  readonly statusCode?: number;
  readonly error?: string;
  readonly statTags?: StatTags;
}

/** People who are to be deleted. */
export interface DeletionJob {
  readonly jobId?: unknown;
  readonly destType?: string;
  readonly config?: object;
  readonly userAttributes?: readonly object[];
  readonly [field: string]: unknown;
}

/** What became of one job. */
export interface DeletionJobAnswer {
  readonly statusCode: number;
  readonly status: 'successful' | 'failed';
  readonly error?: string;
}

/** What rudder-server may ask. Of an upstream transformer it has all that that one says. */
export interface FeaturesDocument {
  readonly routerTransform: Readonly<Record<string, boolean>>;
  readonly [feature: string]: unknown;
}

/** The routes that rudder-server calls. What is for another destination or source goes to the upstream transformer, unchanged both ways. */
export interface RudderstackProtocol {
  /** Converts events, each by itself; the answer has one entry for each, in order. */
  readonly processorTransform: {
    security: 'none';
    body: readonly RudderElement[] | RudderCompacted;
    answer: readonly ProcessorEntry[];
    errors: 'BODY_NOT_A_BATCH' | 'ANSWER_TOO_LARGE' | 'SETTINGS_NOT_LOADED' | 'ROUTE_UNKNOWN' | 'UPSTREAM_UNREACHABLE';
  };
  /** Converts events and puts them into batches of up to 500 events a delivery. */
  readonly routerTransform: {
    security: 'none';
    body: RudderRouterBody;
    answer: RouterAnswer;
    errors:
      | 'BODY_INPUT_MISSING'
      | 'ANSWER_TOO_LARGE'
      | 'SETTINGS_NOT_LOADED'
      | 'ROUTE_UNKNOWN'
      | 'UPSTREAM_UNREACHABLE';
  };
  /** Does as router transform does, and answers the entries without a wrapper. */
  readonly batchTransform: {
    security: 'none';
    body: RudderRouterBody;
    answer: readonly RouterEntry[];
    errors:
      | 'BODY_INPUT_MISSING'
      | 'ANSWER_TOO_LARGE'
      | 'SETTINGS_NOT_LOADED'
      | 'ROUTE_UNKNOWN'
      | 'UPSTREAM_UNREACHABLE';
  };
  /** Sends one delivery to Statsig and answers with one verdict. The status of the answer is that of the verdict: that of Statsig, or one of ours. A fault of the request has the same form. */
  readonly proxyV0: {
    security: 'none';
    body: ProxyBody;
    answer: ProxyAnswerV0;
    errorAnswer: ProxyAnswerV0;
    errors:
      | 'DELIVERY_REQUEST_INVALID'
      | 'ENDPOINT_NOT_ALLOWED'
      | 'SETTINGS_NOT_LOADED'
      | 'ROUTE_UNKNOWN'
      | 'UPSTREAM_UNREACHABLE';
  };
  /** Sends one delivery to Statsig and answers 200 with a verdict for each job. A fault of the request has the same form. */
  readonly proxyV1: {
    security: 'none';
    body: ProxyBody;
    answer: ProxyAnswerV1;
    errorAnswer: ProxyAnswerV1;
    errors:
      | 'DELIVERY_REQUEST_INVALID'
      | 'ENDPOINT_NOT_ALLOWED'
      | 'SETTINGS_NOT_LOADED'
      | 'ROUTE_UNKNOWN'
      | 'UPSTREAM_UNREACHABLE';
  };
  /** Says what rudder-server may ask: what the upstream transformer says, and Statsig beside it. While the upstream's is not known the connection is closed without an answer. */
  readonly features: { security: 'none'; answer: FeaturesDocument };
  /** Converts Statsig's webhooks, as rudder-server's gateway received them, into events for its pipeline. One answer for each, in order. */
  readonly sourceTransformV1: {
    security: 'none';
    body: readonly SourceElement[];
    answer: readonly SourceAnswer[];
    errors: 'BODY_NOT_A_BATCH' | 'BATCH_TOO_LONG' | 'SETTINGS_NOT_LOADED' | 'ROUTE_UNKNOWN' | 'UPSTREAM_UNREACHABLE';
  };
  /** Does the same for the form of source transform v2. */
  readonly sourceTransformV2: {
    security: 'none';
    body: readonly SourceElement[];
    answer: readonly SourceAnswer[];
    errors: 'BODY_NOT_A_BATCH' | 'BATCH_TOO_LONG' | 'SETTINGS_NOT_LOADED' | 'ROUTE_UNKNOWN' | 'UPSTREAM_UNREACHABLE';
  };
  /** Deletes people here and asks Statsig to. The status of the answer is the worst of its jobs; a fault of the request is one failed job. */
  readonly deleteUsers: {
    security: 'none';
    body: readonly DeletionJob[];
    answer: readonly DeletionJobAnswer[];
    errorAnswer: readonly DeletionJobAnswer[];
    errors: 'BODY_NOT_DELETIONS' | 'SETTINGS_NOT_LOADED' | 'ROUTE_UNKNOWN' | 'UPSTREAM_UNREACHABLE';
  };
}
