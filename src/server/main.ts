// The process: serves.

import { endWithNpm } from '../base/npm-parent.js';
import { complain } from '../base/terminal.js';
import { ManifestError } from '../settings/manifest/manifest-error.js';

endWithNpm();
try {
  const { serve } = await import('./serve.js');
  await serve();
} catch (error) {
  // The manifest is read when the code that it describes is loaded.
  if (!(error instanceof ManifestError)) throw error;
  complain(error.message);
  process.exit(1);
}
