// Serves: starts the server, stops it on a signal.

import { inspect } from 'node:util';
import { writePrivateFilesOnly } from '../base/private-files.js';
import { complain } from '../base/terminal.js';
import { ManifestError } from '../settings/manifest/manifest-error.js';
import { ProcessSettingsError } from '../settings/process.js';
import { SettingsError } from '../settings/settings-error.js';
import { startServer } from './server.js';

/** How often it is looked whether npm is still there, in milliseconds. */
const NPM_LOOK_MS = 500;

/** A signal to `npm start` or `npx statsig-cdp serve` ends npm and its shell alone: this process would go on, without a parent, and hold its ports. */
function whenNpmIsGone(stop: () => void): void {
  if (process.env.npm_command === undefined) return;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    stop();
  }, NPM_LOOK_MS).unref();
}

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
  const stop = async () => {
    await (await starting).stop();
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, stop);
  whenNpmIsGone(stop);
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
