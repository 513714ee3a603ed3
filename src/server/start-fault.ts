// Ends a process that cannot start, or cannot go on, with what an operator has to know.

import { inspect } from 'node:util';
import { complain } from '../base/terminal.js';
import { ManifestError } from '../settings/manifest/manifest-error.js';
import { ProcessSettingsError } from '../settings/process.js';
import { SettingsError } from '../settings/settings-error.js';

/** As Node does it, but for what commands a terminal: the error may quote an event. */
export function watchUncaught(): void {
  process.on('uncaughtException', (error) => {
    complain(inspect(error));
    process.exit(1);
  });
}

/** What an operator has to fix is printed as a sentence, not as a stack. */
export function endWith(error: unknown): never {
  const forOperator =
    error instanceof ProcessSettingsError ||
    error instanceof SettingsError ||
    error instanceof ManifestError ||
    (error instanceof Error && 'code' in error);
  complain(forOperator ? error.message : inspect(error));
  process.exit(1);
}
