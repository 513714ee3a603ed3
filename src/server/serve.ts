// Serves: starts the server, stops it on a signal.

import { writePrivateFilesOnly } from '../base/private-files.js';
import { startServer } from './server.js';
import { endWith, watchUncaught } from './start-fault.js';
import type { Crew } from './workers/crew.js';

/** Serves until SIGTERM or SIGINT, or until the primary stops all workers. @param crew where it is one of several workers */
export async function serve(crew?: Crew): Promise<void> {
  writePrivateFilesOnly();
  watchUncaught();
  const starting = startServer(process.env, undefined, crew);
  const stop = async () => {
    await (await starting).stop();
    process.exit(0);
  };
  // Before anybody can know that we listen. Under npm a Ctrl-C arrives twice: from the terminal and from npm.
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, stop);
  crew?.onStop(stop);
  try {
    await starting;
    crew?.tellStarted();
  } catch (error) {
    endWith(error);
  }
}
