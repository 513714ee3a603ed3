// Builds what programs import: dist/library, and the reports of its interface in etc/.
//
//   node dist/scripts/library.js              after `npm run build`
//   node dist/scripts/library.js DIRECTORY    elsewhere

import { rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { readManifest } from '../src/settings/manifest/check.js';
import { bundleConvert } from './library/convert-bundle.js';
import { ENTRIES } from './library/entries.js';
import { bundleLibrary } from './library/library-bundle.js';
import { writeTypes } from './library/types.js';

const ROOT = join(import.meta.dirname, '..', '..');
const SOURCE = join(ROOT, 'dist', 'src');
const LIBRARY = resolve(process.argv[2] ?? join(ROOT, 'dist', 'library'));

const manifest = readManifest(join(ROOT, 'manifest.json'));

rmSync(LIBRARY, { recursive: true, force: true });
await Promise.all([bundleLibrary(ROOT, SOURCE, LIBRARY, manifest), bundleConvert(SOURCE, LIBRARY, manifest)]);
for (const name of Object.keys(ENTRIES) as (keyof typeof ENTRIES)[])
  if (writeTypes({ name, root: ROOT, target: LIBRARY })) console.log(`wrote etc/${name}.api.md`);
