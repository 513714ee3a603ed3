// Says what would become of a body if it came to a source now: by the very code of the source and of the line, without a sender, an outbox or a network.

import type { EpochMs } from '../../base/time.js';
import { createDocumentCompiler } from '../../settings/compile-document.js';
import type { WorkspaceStore } from '../../settings/store.js';
import { chooseDocument } from './choose-document.js';
import { createRudderstackTester } from './rudderstack-tester.js';
import { createSegmentTester } from './segment-tester.js';
import { createRequestShower, type RequestShower } from './shown-request.js';
import type { RouteType, TestedSource, Tester, TesterDeps } from './source-tester.js';
import { createStatsigTester } from './statsig-tester.js';
import { createTrackingApiTester } from './tracking-api-tester.js';

/** What a caller may choose. */
export interface TesterOptions {
  readonly source: TestedSource;
  readonly store: WorkspaceStore;
  /** Of bodies that do not say it themselves. Default: the only one. */
  readonly workspaceId?: string | undefined;
  /** The type of the Tracking API's route, for events that do not say theirs. */
  readonly routeType?: RouteType | undefined;
  readonly now: () => EpochMs;
  readonly note: (text: string) => void;
  /** Shows the requests. Default: one of its own. */
  readonly show?: RequestShower;
}

const CREATE: Record<TestedSource, (deps: TesterDeps) => Tester> = {
  segment: createSegmentTester,
  'tracking-api': createTrackingApiTester,
  rudderstack: createRudderstackTester,
  statsig: createStatsigTester,
};

/** @throws WorkspaceChoiceError where the source does not tell the workspace and the caller has to */
export function createTester({ source, store, workspaceId, routeType, now, note, show }: TesterOptions): Tester {
  return CREATE[source]({
    store,
    compiler: createDocumentCompiler(),
    chosen: () => chooseDocument(store, workspaceId),
    isNamed: workspaceId !== undefined,
    routeType,
    show: show ?? createRequestShower(now),
    now,
    note,
  });
}
