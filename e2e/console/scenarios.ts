// All scenarios, by page.

import { HOSTILE } from './hostile.js';
import { LIVE } from './live.js';
import { RATE } from './rate.js';
import type { ConsoleScenario } from './scenario.js';
import { SIGN_IN } from './sign-in.js';
import { TESTER } from './tester.js';

/** In the order of the run; a name picks those of its file. */
export const SCENARIOS: Readonly<Record<string, readonly ConsoleScenario[]>> = {
  'sign-in': SIGN_IN,
  live: LIVE,
  tester: TESTER,
  hostile: HOSTILE,
  rate: RATE,
};
