// The scenarios, in the order in which they run.

import type { Scenario } from './scenario.js';
import { bodyFormScenarios } from './scenario-body-forms.js';
import { claimedSourceScenario } from './scenario-claimed-source.js';
import { connectScenario } from './scenario-connect.js';
import { drainScenario } from './scenario-drain.js';
import { outageScenarios } from './scenario-outage.js';
import { processorScenarios } from './scenario-processor.js';
import { proxyScenarios } from './scenario-proxy.js';
import { routerScenario } from './scenario-router.js';
import { sdkScenarios } from './scenario-sdk.js';
import { sourceScenario } from './scenario-source.js';
import { statsigLoopScenario } from './scenario-statsig-loop.js';
import { throttlingScenarios } from './scenario-throttling.js';
import { upstreamScenarios } from './scenario-upstream.js';
import { upstreamAwayScenarios } from './scenario-upstream-away.js';
import { webhookScenario } from './scenario-webhook.js';

export const SCENARIOS: readonly Scenario[] = [
  ...processorScenarios,
  routerScenario,
  ...proxyScenarios,
  ...throttlingScenarios,
  ...outageScenarios,
  drainScenario,
  connectScenario,
  webhookScenario,
  ...bodyFormScenarios,
  ...upstreamScenarios,
  ...upstreamAwayScenarios,
  sourceScenario,
  claimedSourceScenario,
  ...sdkScenarios,
  statsigLoopScenario,
];
