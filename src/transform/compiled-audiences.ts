// What audience events need to know of a workspace, with every setting already turned into a look-up or a closure.

import type { Secret } from '../base/secret.js';
import type { FieldReader } from './field-path.js';

/** Where the id of an id type is found in an event. */
export interface AudienceUnit {
  /** For people. */
  readonly from: string;
  readonly idType: string;
  readonly read: FieldReader;
}

/** An ID list of Statsig. */
export interface AudienceList {
  readonly id: string;
  readonly idType: string;
}

/** One revision of one workspace's audience settings, compiled. Immutable. */
export interface CompiledAudiences {
  /** Name for logs and metrics. */
  readonly workspaceId: string;
  /** Changes are shown instead of made: there is no console key, and none was lost. */
  readonly isDryRun: boolean;
  readonly consoleKey: Secret | undefined;
  /** Base URL without a slash at its end. */
  readonly consoleUrl: string;
  /** The event types that change lists, in small letters. */
  readonly types: ReadonlySet<string>;
  /** In the order in which they are tried; at least one. */
  readonly units: readonly AudienceUnit[];
  /** Rows of `audiences.lists` by `key`. */
  readonly lists: ReadonlyMap<string, AudienceList>;
  /** Id type of lists that no row names. */
  readonly defaultIdType: string;
  readonly createMissing: boolean;
  /** Milliseconds that changes of a list wait for each other. */
  readonly windowMs: number;
  readonly maxIdsPerRequest: number;
}
