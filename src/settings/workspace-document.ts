// The valid settings of one workspace, as its document gives them, with every secret resolved.

import type { Secret } from '../base/secret.js';
import type { OutboundTarget } from '../transform/compiled-outbound.js';
import type { WorkspaceSettings } from './settings.generated.js';

/** Something that deliveries need, which a workspace had and has no more. */
export type LostPart = 'secretKey' | 'consoleKey' | 'targets';

/** How senders of Segment's webhooks prove themselves. */
export interface SegmentSenders {
  /** Sign with one of these. */
  readonly sharedSecrets: readonly Secret[];
  readonly signedPart: 'bodyOrFirst' | 'body';
  /** Show one of these in a header. */
  readonly headerSecrets: readonly Secret[];
  /** Partner subscriptions send one of these. */
  readonly apiKeys: readonly Secret[];
}

/** What is asked of events that Segment's SDKs send straight to us. */
export interface TrackingApiSenders {
  readonly writeKeys: readonly Secret[];
  /** Our names in an event's `integrations`. */
  readonly integrationNames: readonly string[];
  /** Consent categories that must all be granted, where an event has consent. */
  readonly requiredConsent: readonly string[];
}

/** The RudderStack webhook sources that Statsig posts to. */
export interface RudderStackSources {
  readonly ids: readonly string[];
  readonly writeKeys: readonly Secret[];
}

type OutboundPart = NonNullable<WorkspaceSettings['outbound']>;

/** What leaves Statsig. Parts that stay optional have no default applied yet. */
export type OutboundSettings = Readonly<Omit<OutboundPart, 'signingSecrets' | 'signatureToleranceMs' | 'targets'>> & {
  /** Statsig's event webhook signs with one of these. */
  readonly signingSecrets: readonly Secret[];
  /** Milliseconds; 0: any signed time is taken. */
  readonly signatureToleranceMs: number;
  /** None: a dry run. */
  readonly targets: readonly OutboundTarget[];
};

type RudderStackPart = NonNullable<WorkspaceSettings['rudderstack']>;

/** Audiences of Segment. Parts that stay optional have no default applied yet. */
export type AudienceSettings = Readonly<NonNullable<WorkspaceSettings['audiences']>>;

/** The settings that are used as they are written: nothing in them is secret. */
export type PlainSettings = Omit<
  WorkspaceSettings,
  'secretKey' | 'consoleKey' | 'audiences' | 'segment' | 'trackingApi' | 'outbound' | 'rudderstack'
> & { rudderstack?: Omit<RudderStackPart, 'sourceIds' | 'sourceWriteKeys'> };

/** The valid settings of one workspace. */
export interface WorkspaceDocument {
  /** Name for logs and metrics, unique among the documents in force. */
  readonly id: string;
  /** The file as the operator named it, or the config service's URL without query. */
  readonly source: string;
  readonly settings: PlainSettings;
  /**
   * True when it has no secret, key or target of any kind, whether they can be read or not. Only then may anybody send to it: nothing leaves this process, and
   * nothing of anybody else's is here.
   */
  readonly isOpen: boolean;
  /** True when anything in it is not for everybody's eyes, whether it can be read or not. Write keys of the Tracking API are. */
  readonly holdsSecret: boolean;
  /** What it had before, in this process or as the outbox shows. A workspace that has lost something is no dry run: what comes waits until it is there again. */
  readonly lost: readonly LostPart[];
  /** Already resolved. Absent and not lost: the workspace runs dry, nothing is sent. */
  readonly secretKey?: Secret;
  /** Statsig's console API key, already resolved. Absent and not lost, beside a `secretKey`: no ID list is changed. */
  readonly consoleKey?: Secret;
  readonly audiences: AudienceSettings;
  readonly segment: SegmentSenders;
  readonly trackingApi: TrackingApiSenders;
  readonly outbound: OutboundSettings;
  readonly rudderstackSources: RudderStackSources;
}
