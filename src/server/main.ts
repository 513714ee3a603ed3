// The process: serves, or starts the workers that do.

import { endWithNpm } from '../base/npm-parent.js';
import { complain } from '../base/terminal.js';
import { ManifestError } from '../settings/manifest/manifest-error.js';

/** One process loads nothing of workers. */
function isOne({ WORKERS: workers = '' }: NodeJS.ProcessEnv): boolean {
  return ['', '1'].includes(workers.trim());
}

endWithNpm();
try {
  const serveByWorkers = isOne(process.env) ? undefined : (await import('./workers/start.js')).startWorkers;
  if (serveByWorkers === undefined || !(await serveByWorkers())) {
    const { serve } = await import('./serve.js');
    await serve();
  }
} catch (error) {
  // The manifest is read when the code that it describes is loaded.
  if (!(error instanceof ManifestError)) throw error;
  complain(error.message);
  process.exit(1);
}
