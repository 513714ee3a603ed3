// Writes the files that are derived from manifest.json and the error table; with --check it only says which of them are stale.

import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { staleFiles, writeStaleFiles } from './derived-files.js';

const PROJECT_ROOT = join(import.meta.dirname, '..', '..');

const { values } = parseArgs({
  options: { check: { type: 'boolean', default: false }, root: { type: 'string', default: PROJECT_ROOT } },
});

try {
  if (values.check) {
    for (const path of await staleFiles(values.root)) {
      console.error(`${path} is stale. Run \`npm run generate\`.`);
      process.exitCode = 1;
    }
  } else for (const path of await writeStaleFiles(values.root)) console.log(`wrote ${path}`);
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
