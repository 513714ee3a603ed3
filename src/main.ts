// The process: starts the server, stops it on a signal.

import { ProcessSettingsError } from './process-settings.js';
import { startServer } from './server.js';
import { SettingsError } from './workspace/settings-error.js';

/** Serves until SIGTERM or SIGINT. What an operator has to mend is printed as a sentence, not as a stack. */
export async function main(): Promise<void> {
  try {
    const server = await startServer(process.env);
    for (const signal of ['SIGTERM', 'SIGINT'] as const)
      process.once(signal, () => server.stop().then(() => process.exit(0)));
  } catch (error) {
    const forOperator =
      error instanceof ProcessSettingsError ||
      error instanceof SettingsError ||
      (error instanceof Error && 'code' in error);
    console.error(forOperator ? error.message : error);
    process.exit(1);
  }
}

if (process.argv[1] === import.meta.filename) await main();
