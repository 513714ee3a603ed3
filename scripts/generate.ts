// Writes the files that are derived from manifest.json and the error table; with --check it only says which of them are stale.

import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { readManifest } from '../src/settings/manifest/check.js';
import { costlyManifestFaults } from '../src/settings/manifest/costly-checks.js';
import { errorTables } from './error-tables.js';
import { replaceGeneratedPart } from './generated-part.js';
import { routeTables } from './route-tables.js';
import { settingsTables } from './settings-tables.js';
import { settingsTypes } from './settings-types.js';

interface GeneratedFile {
  /** From the project's root. */
  readonly path: string;
  readonly text: string;
}

const PROJECT_ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** Every derived file as it should be. Pages keep their hand-written part. */
async function generate(root: string): Promise<GeneratedFile[]> {
  const manifest = readManifest(join(root, 'manifest.json'));
  const faults = costlyManifestFaults(manifest);
  if (faults.length > 0) {
    throw new Error(faults.map(({ path, problem, fix }) => `manifest.json, ${path}: ${problem} ${fix}`).join('\n'));
  }
  const page = (path: string, generated: string) => ({
    path,
    text: replaceGeneratedPart(path, readFileSync(join(root, path), 'utf8'), generated),
  });
  return [
    { path: 'src/settings/settings.generated.ts', text: await settingsTypes(manifest) },
    page('docs/settings.md', settingsTables(manifest)),
    page('docs/errors.md', errorTables()),
    page('docs/routes.md', routeTables(manifest)),
  ];
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

const { values } = parseArgs({
  options: { check: { type: 'boolean', default: false }, root: { type: 'string', default: PROJECT_ROOT } },
});

try {
  const files = await generate(values.root);
  const stale = files.filter(({ path, text }) => readIfThere(join(values.root, path)) !== text);
  for (const { path, text } of stale) {
    if (values.check) {
      console.error(`${path} is stale. Run \`npm run generate\`.`);
      process.exitCode = 1;
    } else {
      writeFileSync(join(values.root, path), text);
      console.log(`wrote ${path}`);
    }
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
