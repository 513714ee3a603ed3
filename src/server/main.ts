// The process: serves.

import { complain } from '../base/terminal.js';
import { ManifestError } from '../settings/manifest/manifest-error.js';

try {
  const { serve } = await import('./serve.js');
  await serve();
} catch (error) {
  // The manifest is read when the code that it describes is loaded.
  if (!(error instanceof ManifestError)) throw error;
  complain(error.message);
  process.exit(1);
}
