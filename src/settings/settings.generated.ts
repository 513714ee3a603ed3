// Generated from manifest.json by `npm run generate`. Do not edit.

/**
 * The settings of one workspace: one YAML or JSON document, or the Config of a RudderStack destination.
 */
export interface WorkspaceSettings {
  /**
   * Names the workspace in logs and metrics. Defaults to the file's name.
   */
  id?: string;
  /**
   * Which RudderStack events this document applies to. A match by destination beats a match by workspace. The event's own destination Config is laid over the document.
   */
  rudderstack?: {
    /**
     * Ids of STATSIG destinations.
     */
    destinationIds?: string[];
    /**
     * Ids of RudderStack workspaces: applies to all of their STATSIG destinations.
     */
    workspaceIds?: string[];
    /**
     * Ids of RudderStack webhook sources that Statsig posts to. Their webhooks are converted as `outbound` says, also where the source is of the general type `webhook`.
     */
    sourceIds?: string[];
    /**
     * The same by write key. Each may be `env:NAME` or `file:PATH`.
     */
    sourceWriteKeys?: string[];
  };
  /**
   * How senders of `/segment/{id}` prove themselves. With several secrets in a list all of them are valid, so that they can be changed one after the other. Each may be `env:NAME` or `file:PATH`.
   */
  segment?: {
    /**
     * Shared secrets of Segment's webhook destinations, which sign with them (`X-Signature`).
     */
    sharedSecrets?: string[];
    /**
     * `bodyOrFirst` also takes a signature of a batch's first event, which is what Segment signs today, for events: it changes no list and deletes no one. `body` takes a signature of the whole body only.
     *
     * Default: `"bodyOrFirst"`.
     */
    signedPart?: 'bodyOrFirst' | 'body';
    /**
     * Secrets that a sender shows as `Authorization: Bearer` or `X-Statsig-Cdp-Secret`. Once set, they are required.
     */
    headerSecrets?: string[];
    /**
     * API keys of partner subscriptions, which Segment sends as the user name of Basic authentication. The server secret (`secretKey`) of the workspace is one without being listed.
     */
    apiKeys?: string[];
  };
  /**
   * What Segment's SDKs send straight to us.
   */
  trackingApi?: {
    /**
     * Write keys that SDKs are set up with. Each may be `env:NAME` or `file:PATH`.
     */
    writeKeys?: string[];
    /**
     * What senders call us in an event's `integrations`, in any letter case.
     *
     * Default: `["Statsig"]`.
     */
    integrationNames?: string[];
    /**
     * Consent categories, in any letter case, that must all be granted in `context.consent.categoryPreferences` and not denied in `context.consentManagement.deniedConsentIds`, where an event has them.
     *
     * Default: `[]`.
     */
    requiredConsent?: string[];
  };
  /**
   * What leaves Statsig: exposures, custom events and config changes that Statsig's event webhook posts to `/statsig/{id}`.
   */
  outbound?: {
    /**
     * Signing secrets of Statsig's event webhook (`X-Statsig-Signature`). With several, all of them are valid, so that they can be changed one after the other. Each may be `env:NAME` or `file:PATH`.
     */
    signingSecrets?: string[];
    /**
     * Nothing goes out to the targets; what Statsig's event webhook posts is taken in and waits. `paused` beside it holds both directions.
     *
     * Default: `false`.
     */
    paused?: boolean;
    /**
     * Milliseconds by which the signed time may differ from this machine's clock. 0: any time is taken.
     *
     * Default: `300000`.
     */
    signatureToleranceMs?: number;
    /**
     * Where the events go. Each has a queue and retries of its own. None: a dry run, the requests are written to the log.
     */
    targets?: {
      /**
       * Names the target in metrics, logs and `messageId`s; letters, digits, `_` and `-`, not beginning with `statsig` and not `dry-run`. Another name is another target.
       */
      name: string;
      /**
       * Of the Segment or RudderStack source. May be `env:NAME` or `file:PATH`.
       */
      writeKey: string;
      /**
       * `https://api.segment.io` (US, the default), `https://events.eu1.segmentapis.com` (EU), or a RudderStack data plane.
       *
       * Default: `"https://api.segment.io"`.
       */
      host?: string;
      /**
       * Of the batch route.
       *
       * Default: `"/v1/batch"`.
       */
      path?: string;
    }[];
    /**
     * Copies a Statsig unit to an id of the call: `{from: companyID, to: groupId}`. The first row of a `to` that finds a value is used.
     *
     * Default: `[]`.
     *
     * @maxItems 100
     */
    identifierMappings?: {
      from: string;
      to: 'userId' | 'anonymousId' | 'groupId';
    }[];
    /**
     * Categories of events to send.
     *
     * Default: `["gate_exposure","config_exposure","layer_exposure","experiment_exposure","holdout_exposure","config_change","custom_event"]`.
     */
    eventCategories?: (
      | 'gate_exposure'
      | 'config_exposure'
      | 'layer_exposure'
      | 'experiment_exposure'
      | 'holdout_exposure'
      | 'config_change'
      | 'custom_event'
    )[];
    /**
     * Names of custom and internal events to send, `*` matches any characters. Matters where `includeNewEvents` is off, and for internal events (`auto_capture::page_view`).
     *
     * Default: `[]`.
     *
     * @maxItems 10000
     */
    includeEvents?: string[];
    /**
     * Names not to send: `Order *`, `gate:my_gate`, `experiment:*`, `config_change:*`. Exclusion wins.
     *
     * Default: `[]`.
     *
     * @maxItems 10000
     */
    excludeEvents?: string[];
    /**
     * Off: of custom events only those that `includeEvents` lists are sent.
     *
     * Default: `true`.
     */
    includeNewEvents?: boolean;
    /**
     * Tiers whose events are sent. Empty means all; an event that names none is of `production`.
     *
     * Default: `[]`.
     */
    environments?: string[];
    /**
     * Sends exposures of experiments as `Experiment Viewed`, the event of Segment's A/B testing spec: `also`, `instead`, or `off`.
     *
     * Default: `"off"`.
     */
    experimentViewed?: 'off' | 'also' | 'instead';
    /**
     * Milliseconds in which an exposure that says the same of a unit as the last one is not sent again. 0: every exposure is sent.
     *
     * Default: `86400000`.
     */
    exposureWindowMs?: number;
    /**
     * Share of units whose exposures are sent, from 0 to 1.
     *
     * Default: `1`.
     */
    exposureSampleRate?: number;
    /**
     * Leaves out exposures without a `userId`.
     *
     * Default: `false`.
     */
    skipAnonymousExposures?: boolean;
    /**
     * Leaves out exposures in which no rule and no group applied (`ruleID` empty, `default`, `disabled` or `prestart`).
     *
     * Default: `false`.
     */
    skipDefaultRuleExposures?: boolean;
    /**
     * The `userId` of config changes that name no one, such as those that a key or a schedule makes. One id for all of them, so one tracked user. Empty: such a change is sent only where it has an anonymous id.
     *
     * Default: `"statsig"`.
     */
    configChangeUserId?: string;
  };
  /**
   * Nothing that was pushed to us is delivered, in either direction; it is taken in and waits, up to `OUTBOX_MAX_AGE_MS`. What rudder-server delivers or has delivered goes on.
   *
   * Default: `false`.
   */
  paused?: boolean;
  /**
   * Field paths of events, in both directions, that the live log, the console and `statsig-cdp tail` show as `[redacted]`: `userId`, `context.ip`, `properties.email`. What is delivered is not changed.
   *
   * Default: `[]`.
   *
   * @maxItems 100
   */
  redact?: string[];
  /**
   * How audiences of Segment become ID lists.
   */
  audiences?: {
    /**
     * Which field holds the id of which id type: `{from: anonymousId, idType: segmentAnonymousId}`. Rows of one id type are tried in order; lists without an id type have that of the first row.
     *
     * Default: `[{"from":"userId","idType":"userID"}]`.
     *
     * @minItems 1
     * @maxItems 100
     */
    units?: [
      {
        from: string;
        idType: string;
      },
      ...{
        from: string;
        idType: string;
      }[]
    ];
    /**
     * Lists of audiences that are not called as in Segment, or are of another id type. `key` is the audience's `computation_key` or `computation_id`.
     *
     * Default: `[]`.
     */
    lists?: {
      /**
       * `computation_key` or `computation_id` of the audience.
       */
      key: string;
      /**
       * Id of the Statsig segment.
       */
      id: string;
      /**
       * The segment's id type. Default: that of the first row of `units`.
       */
      idType?: string;
    }[];
    /**
     * Makes a list that does not exist.
     *
     * Default: `false`.
     */
    createMissing?: boolean;
    /**
     * Milliseconds that the changes of a list wait for each other.
     *
     * Default: `10000`.
     */
    windowMs?: number;
    /**
     * Ids in one request to the Console API.
     *
     * Default: `1000`.
     */
    maxIdsPerRequest?: number;
  };
  /**
   * From the Statsig console: Settings, Keys & Environments. In a settings document `env:NAME` or `file:PATH` keeps the key itself elsewhere.
   */
  secretKey?: string;
  /**
   * `events` converts here and sends batches to log_event. `webhook` relays each message untouched to Statsig's RudderStack webhook, for filters and mappings kept in the Statsig console; it cannot stand beside senders of Segment or write keys.
   *
   * Default: `"events"`.
   */
  mode?: 'events' | 'webhook';
  /**
   * Base URL for log_event.
   *
   * Default: `"https://events.statsigapi.net"`.
   */
  eventsUrl?: string;
  /**
   * Base URL for the RudderStack webhook (mode `webhook`).
   *
   * Default: `"https://api.statsig.com"`.
   */
  apiUrl?: string;
  /**
   * From the Statsig console: Settings, Keys & Environments, Console API Keys. Keeps audiences in ID lists. In a settings document `env:NAME` or `file:PATH` keeps the key itself elsewhere.
   */
  consoleKey?: string;
  /**
   * Base URL of Statsig's Console API.
   *
   * Default: `"https://statsigapi.net"`.
   */
  consoleUrl?: string;
  /**
   * A dynamic config template lets anyone who writes events choose the key. Off: a templated secretKey or consoleKey is an error of the event.
   *
   * Default: `false`.
   */
  allowTemplatedSecretKey?: boolean;
  /**
   * `rudderstack` (default for RudderStack traffic) names events `rudderstack::Order Completed`, `segment` names them `segment::Order Completed`, `segment-legacy` names them `segment_track:Order Completed`.
   */
  eventNamePreset?: 'rudderstack' | 'segment' | 'segment-legacy';
  /**
   * Replaces the preset's prefix wherever a template says `{prefix}`. The empty string means no prefix.
   */
  eventNamePrefix?: string;
  /**
   * Replaces the preset's template of an event type. Placeholders: `{prefix}`, `{event}` (track) and `{name}` (page and screen: name, else category).
   */
  eventNameTemplates?: {
    /**
     * Of track events.
     */
    track?: string;
    /**
     * Of page events.
     */
    page?: string;
    /**
     * Of screen events.
     */
    screen?: string;
    /**
     * Of group events.
     */
    group?: string;
  };
  /**
   * In characters. Longer names are cut. Statsig's SDKs warn above 128; one of its pages says 64.
   *
   * Default: `128`.
   */
  eventNameMaxLength?: number;
  /**
   * Copies any field of the event to a Statsig id: `{from: anonymousId, to: segmentAnonymousId}`. `to` may be `userID`, `stableID` or the name of a custom id. `statsigCustomIDs` in the event wins.
   *
   * Default: `[]`.
   *
   * @maxItems 100
   */
  identifierMappings?: {
    from: string;
    to: string;
  }[];
  /**
   * The tier of events that name none. Unset means production.
   */
  defaultEnvironment?: string;
  /**
   * Renames tiers that events carry: `{from: test, to: development}`.
   *
   * Default: `[]`.
   *
   * @maxItems 1000
   */
  environmentMappings?: {
    from: string;
    to: string;
  }[];
  /**
   * Field paths tried in turn for the event's value: the first that holds a number, a string or a boolean.
   *
   * Default: `["properties.value","properties.revenue"]`.
   *
   * @maxItems 100
   */
  valueFrom?: string[];
  /**
   * The field that supplied the event's value also stays in the metadata, where metrics on `metadata.revenue` look for it. Off: it is the value alone.
   *
   * Default: `true`.
   */
  valueInMetadata?: boolean;
  /**
   * In characters, keys and values added up. Keys that would pass it are left out whole.
   *
   * Default: `4096`.
   */
  metadataMaxLength?: number;
  /**
   * Event types to send.
   *
   * Default: `["track","page","screen","group"]`.
   */
  eventTypes?: ('track' | 'page' | 'screen' | 'group')[];
  /**
   * Names to send; `*` matches any characters. Names are written without the prefix: `Order *`, `page:Home`, `screen:*`, `group`. Empty means all.
   *
   * Default: `[]`.
   *
   * @maxItems 10000
   */
  includeEvents?: string[];
  /**
   * Names not to send, written as in `includeEvents`. Exclusion wins.
   *
   * Default: `[]`.
   *
   * @maxItems 10000
   */
  excludeEvents?: string[];
  /**
   * Id of the Statsig ID-list segment that `audiencelist` and `record` events of RudderStack change.
   */
  idListId?: string;
  /**
   * Field of those events that holds the id.
   *
   * Default: `"userId"`.
   */
  idListField?: string;
  /**
   * Events in one Statsig request.
   *
   * Default: `500`.
   */
  maxBatchEvents?: number;
  /**
   * Bytes of event JSON in one Statsig request, before compression. A single larger event is sent alone.
   *
   * Default: `1000000`.
   */
  maxBatchBytes?: number;
}
