// What the hot path needs to know of a workspace's outbound settings, with every setting already turned into a look-up or a closure.

import type { Secret } from '../base/secret.js';
import type { OutboundFilter } from './outbound/outbound-filter.js';

/** Stands for the target of a workspace that has none. */
export const DRY_RUN_TARGET = 'dry-run';

/** An id of a track call that a Statsig unit can become. */
export type CallId = 'userId' | 'anonymousId' | 'groupId';

/** One row of `outbound.identifierMappings`. */
export interface UnitMapping {
  /** Name of a Statsig unit: `userID`, `stableID`, `companyID`… */
  readonly from: string;
  readonly to: CallId;
}

/** Where outbound events go. */
export interface OutboundTarget {
  /** Unique within the workspace. */
  readonly name: string;
  readonly writeKey: Secret;
  /** Scheme and host, no path: `https://api.segment.io`. */
  readonly host: string;
  /** `/v1/batch`. */
  readonly path: string;
}

/** One revision of one workspace's outbound settings, compiled. Immutable. */
export interface CompiledOutbound {
  /** Name for logs and metrics. */
  readonly workspaceId: string;
  /** None, and none lost: a dry run. */
  readonly targets: readonly OutboundTarget[];
  /** There are no targets any more: what comes cannot be stored for any. */
  readonly hasLostTargets: boolean;
  /** What was pushed waits, because the settings say so. */
  readonly isPaused: boolean;
  readonly identifierMappings: readonly UnitMapping[];
  /** Everything that depends on an event's name: loop guard, internal events, categories, include and exclude lists. */
  readonly filter: OutboundFilter;
  /** In small letters. Empty: all. */
  readonly environments: ReadonlySet<string>;
  readonly experimentViewed: 'off' | 'also' | 'instead';
  /** Milliseconds; 0 for none. */
  readonly exposureWindowMs: number;
  /** From 0 to 1. */
  readonly exposureSampleRate: number;
  readonly skipAnonymousExposures: boolean;
  readonly skipDefaultRuleExposures: boolean;
  /** Stands for who made a config change that names no one; blank: nothing does. */
  readonly configChangeUserId: string;
}
