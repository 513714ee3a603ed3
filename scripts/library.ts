// Builds what programs import: dist/library.
//
//   node dist/scripts/library.js     after tsc, as `npm run build` does

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { readManifest } from '../src/settings/manifest/check.js';
import { bundleConvert } from './library/convert-bundle.js';

const ROOT = join(import.meta.dirname, '..', '..');
const SOURCE = join(ROOT, 'dist', 'src');
const LIBRARY = join(ROOT, 'dist', 'library');

const manifest = readManifest(join(ROOT, 'manifest.json'));

rmSync(LIBRARY, { recursive: true, force: true });
await bundleConvert(SOURCE, LIBRARY, manifest);
