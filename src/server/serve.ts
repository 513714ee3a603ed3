// Serves: starts the server, stops it on a signal.

import { setFlagsFromString } from 'node:v8';
import { writePrivateFilesOnly } from '../base/private-files.js';
import { startServer } from './server.js';
import { endWith, watchUncaught } from './start-fault.js';
import type { Crew } from './workers/crew.js';

/**
 * V8's young generation begins with 1 MB and doubles when it has to. What a request holds while the disk syncs does not live as long as it: it would be copied, and copied again into the old one, for nothing.
 * Its limit, and so what the process can take, is the same as ever (docs/evidence/performance.md).
 */
const GROW_YOUNG_GENERATION_AT_ONCE = '--semi-space-growth-factor=16';

/** Serves until SIGTERM or SIGINT, or until the primary stops all workers. @param crew where it is one of several workers */
export async function serve(crew?: Crew): Promise<void> {
  setFlagsFromString(GROW_YOUNG_GENERATION_AT_ONCE);
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
