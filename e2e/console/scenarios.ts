// All scenarios, by page.

import { AUDIENCES } from './audiences.js';
import { CONNECT } from './connect.js';
import { DEAD_LETTERS } from './dead-letters.js';
import { FIRST_EVENT } from './first-event.js';
import { HOSTILE } from './hostile.js';
import { LIVE } from './live.js';
import { MAPPING } from './mapping.js';
import { OVERVIEW } from './overview.js';
import { RATE } from './rate.js';
import type { ConsoleScenario } from './scenario.js';
import { SIGN_IN } from './sign-in.js';
import { TESTER } from './tester.js';

/** In the order of the run; a name picks those of its file. */
export const SCENARIOS: Readonly<Record<string, readonly ConsoleScenario[]>> = {
  'first-event': FIRST_EVENT,
  'sign-in': SIGN_IN,
  overview: OVERVIEW,
  live: LIVE,
  tester: TESTER,
  'dead-letters': DEAD_LETTERS,
  mapping: MAPPING,
  audiences: AUDIENCES,
  connect: CONNECT,
  hostile: HOSTILE,
  rate: RATE,
};
