// Serves: starts the server, stops it on a signal.

import { inspect } from 'node:util';
import { writePrivateFilesOnly } from '../base/private-files.js';
import { complain } from '../base/terminal.js';
import { ManifestError } from '../settings/manifest/manifest-error.js';
import { ProcessSettingsError } from '../settings/process.js';
import { SettingsError } from '../settings/settings-error.js';
import { startServer } from './server.js';

/** Serves until SIGTERM or SIGINT. What an operator has to fix is printed as a sentence, not as a stack. */
export async function serve(): Promise<void> {
  writePrivateFilesOnly();
  // As Node does it, but for what commands a terminal: the error may quote an event.
  process.on('uncaughtException', (error) => {
    complain(inspect(error));
    process.exit(1);
  });
  const starting = startServer(process.env);
  // Before anybody can know that we listen. Under npm a Ctrl-C arrives twice: from the terminal and from npm.
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, async () => {
      await (await starting).stop();
      process.exit(0);
    });
  }
  try {
    await starting;
  } catch (error) {
    const forOperator =
      error instanceof ProcessSettingsError ||
      error instanceof SettingsError ||
      error instanceof ManifestError ||
      (error instanceof Error && 'code' in error);
    complain(forOperator ? error.message : inspect(error));
    process.exit(1);
  }
}
