// What /api/connect takes and answers. Imports nothing of Node's, so that the page shares it.

import type { Step, StepReport } from '../../connect/step.js';

/** What is connected, and how. `oauth`: Segment, by the consent of a person instead of a token. */
export type ConnectWay = 'segment' | 'oauth' | 'statsig' | 'rudderstack';

/** `look`: says what there is to choose. `plan` and `planUndo`: say what would be done. `apply` and `undo`: do it. */
export type ConnectVerb = 'look' | 'plan' | 'apply' | 'planUndo' | 'undo';

/**
 * `consent`: a person has to allow it on a page of the other side. `ready`: allowed, and planned; it waits to be told to go on. `stopped`: somebody ended it, or it took too long.
 */
export type ConnectState = 'running' | 'consent' | 'ready' | 'done' | 'failed' | 'stopped';

/** Something to choose, as a source. */
export interface ConnectChoice {
  /** What is sent back for it. */
  readonly value: string;
  readonly text: string;
}

/** What was found to choose from. */
export interface ConnectFound {
  /** Whose it is: the name of a workspace of Segment's. */
  readonly owner?: string;
  readonly choices: readonly ConnectChoice[];
}

/** Why a deed ended. */
export interface ConnectProblem {
  /** `token-refused`, `right-missing`, `rate-limited`…; `fault` is one of ours. */
  readonly code: string;
  /** What is wrong and what to do. */
  readonly message: string;
}

/** One deed: under way, or over. No token or secret is in it. */
export interface ConnectDeed {
  readonly id: string;
  readonly way: ConnectWay;
  readonly verb: ConnectVerb;
  /** The settings that it is for. */
  readonly workspace: string;
  readonly state: ConnectState;
  readonly beganAt: number;
  readonly endedAt?: number;
  /** What `look` found. */
  readonly found?: ConnectFound;
  /** What is planned, all of it. */
  readonly steps?: readonly Step[];
  /** What came of steps so far, in order. */
  readonly reports: readonly StepReport[];
  /** The page on which a person allows it. Shown to those who may change settings. */
  readonly consentUrl?: string;
  readonly problem?: ConnectProblem;
}

/** Answer of GET /api/connect. */
export interface ConnectAnswer {
  /** Workspaces that the settings have. */
  readonly workspaces: readonly string[];
  /** What was done lately, newest first. */
  readonly deeds: readonly ConnectDeed[];
}

/** What each way is asked. */
export interface ConnectAsked {
  readonly verb: ConnectVerb;
  /**
   * Id of the settings document. One that is not there is made.
   *
   * @pattern ^[A-Za-z0-9_-]{1,64}$
   */
  readonly workspace: string;
}

/** Where Segment is, and what of it is connected. */
export interface SegmentChoice {
  /** Default: `us`. */
  readonly region?: 'us' | 'eu';
  /** Address of the Public API, where it is another one. */
  readonly apiUrl?: string;
  /** Address of the Tracking API, where it is another one: a test event goes there. */
  readonly trackingUrl?: string;
  /** Id, slug or name of the source that events come from. Not needed to look; without one all that was connected is undone. */
  readonly source?: string;
  /** Address at which Segment reaches this process. Not needed to look. */
  readonly url?: string;
  /** `env:NAME` or `file:PATH` of the Statsig server secret, for a document that names none. @pattern ^(env|file):. */
  readonly secretKey?: string;
  /** Whether a source for Statsig's events is made in Segment, too. Default: true. */
  readonly outbound?: boolean;
}

/** Body of POST /api/connect/segment. */
export interface SegmentAsked extends ConnectAsked, SegmentChoice {
  /**
   * Of the Public API. It is in memory until the deed ends.
   *
   * @minLength 1
   */
  readonly token: string;
}

/** Body of POST /api/connect/oauth: asks for consent where none was given yet; then it plans, and waits to be told to go on. */
export interface OAuthAsked extends Omit<ConnectAsked, 'verb'> {
  /** @minLength 1 */
  readonly clientId: string;
  /**
   * In memory until the deed ends.
   *
   * @minLength 1
   */
  readonly clientSecret: string;
  /** Where this process is asked, as the app of Segment's names it. */
  readonly redirectUri: string;
  /** `destination/SLUG`, as the app was made with. */
  readonly scope: string;
  /** Address at which Segment reaches this process. */
  readonly url: string;
  /** Where more than one source is allowed: which. */
  readonly source?: string;
  /** The install of the app, where it was allowed before and this process does not know it: `installs/7`. */
  readonly install?: string;
  /** Where a person says yes. Default: Segment's. */
  readonly authorizeUrl?: string;
  /** Default: Segment's. */
  readonly tokenUrl?: string;
  /** Segment's Config API, with its version. Default: Segment's. */
  readonly configUrl?: string;
  /** Whether the code is bound to this process (PKCE, S256). Default: true. */
  readonly pkce?: boolean;
}

/** Body of POST /api/connect/statsig. */
export interface StatsigAsked extends ConnectAsked {
  /**
   * A Console API key. It is in memory until the deed ends. Default: that of the settings.
   *
   * @minLength 1
   */
  readonly token?: string;
  /** Address of the Console API, where it is another one. */
  readonly apiUrl?: string;
  /** Address at which Statsig reaches this process. */
  readonly url?: string;
  /** Of the event webhook, once Statsig shows it: kept in a file beside the settings, which name it. */
  readonly signingSecret?: string;
  /** Makes ID types that the settings name and the project lacks. */
  readonly create?: boolean;
}

/** Body of POST /api/connect/rudderstack. */
export interface RudderstackAsked extends ConnectAsked {
  /** The text of a control plane's export, as `workspaceConfig.json`. Its keys are in memory until the deed ends. Not needed to undo. */
  readonly config?: string;
  /** Address at which rudder-server reaches this process. */
  readonly url: string;
  /** Address of the stock transformer. Default: `UPSTREAM_TRANSFORMER_URL`. */
  readonly transformerUrl?: string;
  /** Address of the data plane, to send a test event. */
  readonly dataPlaneUrl?: string;
  /** Claims whole workspaces of RudderStack, with destinations that are made later. */
  readonly byWorkspace?: boolean;
  /** Keeps the keys of the destinations in files, which the documents name, so that other senders can use them. */
  readonly keepKeys?: boolean;
}

/** Which deed. */
export interface ConnectDeedQuery {
  /** @maxLength 100 */
  readonly id: string;
}

/** Body of POST /api/connect/go: what a deed that is ready does next. */
export interface ConnectGo {
  /** @maxLength 100 */
  readonly id: string;
  /** `plan` and `planUndo`: say what would be done, and it is ready again. `apply` and `undo`: do it. */
  readonly verb: 'plan' | 'apply' | 'planUndo' | 'undo';
}

/** The routes of connecting. */
export interface ConnectRoutes {
  /** Workspaces of the settings, and what was done here to connect them. */
  readonly connect: { role: 'read'; answer: ConnectAnswer };
  /** How a deed stands: asked again until it is over. */
  readonly connectDeed: {
    role: 'read';
    query: ConnectDeedQuery;
    answer: ConnectDeed;
    errors: 'CONNECT_DEED_UNKNOWN';
  };
  /**
   * Connects Segment by its Public API, or says what would be done. It is answered at once, and goes on.
   *
   * @example {"verb":"plan","workspace":"shop","token":"…","source":"Web","url":"https://cdp.example.com"}
   */
  readonly connectSegment: {
    role: 'write';
    body: SegmentAsked;
    answer: ConnectDeed;
    errors: 'CONNECT_BUSY' | 'CONNECT_FULL';
  };
  /**
   * Connects Segment by OAuth. Works only for owners of an app made before Segment closed registration.
   *
   * @example {"workspace":"shop","clientId":"…","clientSecret":"…","redirectUri":"http://localhost:9090/connect/oauth/callback","scope":"destination/webhooks","url":"https://cdp.example.com"}
   */
  readonly connectOAuth: {
    role: 'write';
    body: OAuthAsked;
    answer: ConnectDeed;
    errors: 'CONNECT_BUSY' | 'CONNECT_FULL';
  };
  /**
   * Checks keys and ID types of a Statsig project, and connects its event webhook, or says what would be done.
   *
   * @example {"verb":"plan","workspace":"shop","token":"…","url":"https://cdp.example.com"}
   */
  readonly connectStatsig: {
    role: 'write';
    body: StatsigAsked;
    answer: ConnectDeed;
    errors: 'CONNECT_BUSY' | 'CONNECT_FULL';
  };
  /**
   * Writes settings that claim the destinations and sources of a RudderStack workspace, or says what would be written.
   *
   * @example {"verb":"plan","workspace":"shop","config":"{\"sources\":[]}","url":"http://statsig-cdp:9090"}
   */
  readonly connectRudderstack: {
    role: 'write';
    body: RudderstackAsked;
    answer: ConnectDeed;
    errors: 'CONNECT_BUSY' | 'CONNECT_FULL';
  };
  /**
   * Lets a deed that is ready go on.
   *
   * @example {"id":"…","verb":"apply"}
   */
  readonly goOnConnect: {
    role: 'write';
    body: ConnectGo;
    answer: ConnectDeed;
    errors: 'CONNECT_DEED_UNKNOWN' | 'CONNECT_BUSY';
  };
  /**
   * Ends a deed under way. What it has made stays, and the next one goes on from there.
   *
   * @example {"id":"…"}
   */
  readonly stopConnect: {
    role: 'write';
    body: ConnectDeedQuery;
    answer: ConnectDeed;
    errors: 'CONNECT_DEED_UNKNOWN';
  };
}
