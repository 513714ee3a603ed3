// What the testers of all sources have in common.

import type { EpochMs } from '../../base/time.js';
import type { DocumentCompiler } from '../../settings/compile-document.js';
import type { WorkspaceDocument } from '../../settings/document.js';
import type { WorkspaceStore } from '../../settings/store.js';
import type { SINGLE_TYPES } from '../tracking-api/unpack.js';
import type { RequestShower } from './shown-request.js';
import type { Tried } from './tried.js';

/** The sources that a body can be tried at. */
export const TESTED_SOURCES = ['segment', 'tracking-api', 'rudderstack', 'statsig'] as const;

export type TestedSource = (typeof TESTED_SOURCES)[number];

/** The type that a route of the Tracking API stands for. */
export type RouteType = (typeof SINGLE_TYPES)[number];

/** What a tester of one source works with. */
export interface TesterDeps {
  readonly store: WorkspaceStore;
  readonly compiler: DocumentCompiler;
  /** The workspace of bodies that do not say it themselves. @throws WorkspaceChoiceError */
  readonly chosen: () => WorkspaceDocument;
  /** Whether the caller has named it. */
  readonly isNamed: boolean;
  /** Of events of the Tracking API that do not say theirs. */
  readonly routeType: RouteType | undefined;
  readonly show: RequestShower;
  readonly now: () => EpochMs;
  /** Told what holds for many events. The same may be told again and again. */
  readonly note: (text: string) => void;
}

/** Tries bodies at one source. */
export interface Tester {
  /**
   * What would become of each event of a body, in order.
   *
   * @param body parsed
   * @throws PluginError where the source refuses the whole body; WorkspaceChoiceError
   */
  tryBody(body: unknown): Iterable<Tried>;
}
