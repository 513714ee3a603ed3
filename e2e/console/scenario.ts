// What a scenario of the console is.

import type { ConsoleRig } from './rig.js';

/** A task of an operator, done in a browser. */
export interface ConsoleScenario {
  /** What is shown, a sentence. */
  readonly name: string;
  /** Merged over the settings document of the rig. */
  readonly settings?: object;
  /** Environment of the process beside the rig's. */
  readonly env?: Readonly<Record<string, string>>;
  /** It measures: nothing else runs meanwhile. */
  readonly alone?: boolean;
  /** @returns what was seen, for the report @throws where something is not as it should be */
  readonly run: (rig: ConsoleRig) => Promise<string>;
}
