// Plays the fixtures against the scripts that need no server, and writes into docs/functions.md how many do as the server does.
//
//   node dist/scripts/functions-parity.js     after `npm run build`

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FUNCTION_SCRIPTS } from '../src/functions/scripts.js';
import { readManifest } from '../src/settings/manifest/check.js';
import { replaceGeneratedPart } from './generated-part.js';
import { buildFunction } from './library/functions-bundle.js';
import { runParity } from './parity/run.js';
import { parityTable } from './parity/table.js';

const ROOT = join(import.meta.dirname, '..', '..');
const PAGE = 'docs/functions.md';

const manifest = readManifest(join(ROOT, 'manifest.json'));
const source = join(ROOT, 'dist', 'src');
const scripts = new Map(
  await Promise.all(
    FUNCTION_SCRIPTS.map(async (script) => [script.name, await buildFunction(source, script, manifest)] as const),
  ),
);
const results = await runParity(scripts);
for (const { played, script } of results)
  for (const { name, differences, exception } of played)
    if (differences.length > 0 && exception === undefined) {
      console.error(`${script}: ${name} is not as on the server: ${JSON.stringify(differences[0])}`);
      process.exitCode = 1;
    }
if (process.exitCode !== 1) {
  const path = join(ROOT, PAGE);
  const text = readFileSync(path, 'utf8');
  const written = replaceGeneratedPart(PAGE, text, parityTable(results));
  if (written !== text) {
    writeFileSync(path, written);
    console.log(`wrote ${PAGE}`);
  }
}
