// The files that are derived from manifest.json and the error table.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { VERSION } from '../src/base/version.js';
import { readManifest } from '../src/settings/manifest/check.js';
import { costlyManifestFaults } from '../src/settings/manifest/costly-checks.js';
import { errorTables } from './error-tables.js';
import { replaceGeneratedPart } from './generated-part.js';
import { helmValuesSchema } from './helm-schema.js';
import { apiPage } from './openapi/api-page.js';
import { describedRoutes } from './openapi/described-routes.js';
import { openApiDocument } from './openapi/document.js';
import { requestSchemas } from './openapi/request-schemas.js';
import { routeTables } from './route-tables.js';
import { scaleTables } from './scale-tables.js';
import { settingsTables } from './settings-tables.js';
import { settingsTypes } from './settings-types.js';

interface DerivedFile {
  /** From the project's root. */
  readonly path: string;
  readonly text: string;
}

/** Every derived file as it should be. Pages keep their hand-written part. */
async function derive(root: string): Promise<DerivedFile[]> {
  const manifest = readManifest(join(root, 'manifest.json'));
  const faults = costlyManifestFaults(manifest);
  if (faults.length > 0) {
    throw new Error(faults.map(({ path, problem, fix }) => `manifest.json, ${path}: ${problem} ${fix}`).join('\n'));
  }
  const page = (path: string, generated: string) => ({
    path,
    text: replaceGeneratedPart(path, readFileSync(join(root, path), 'utf8'), generated),
  });
  const described = describedRoutes();
  return [
    { path: 'openapi.json', text: `${JSON.stringify(openApiDocument(manifest, described, VERSION), null, 2)}\n` },
    { path: 'src/operate/api/requests.generated.ts', text: requestSchemas(described.routes) },
    { path: 'src/settings/settings.generated.ts', text: await settingsTypes(manifest) },
    { path: 'deploy/helm/statsig-cdp/values.schema.json', text: helmValuesSchema(manifest) },
    page('docs/settings.md', settingsTables(manifest)),
    page('docs/errors.md', errorTables()),
    page('docs/routes.md', routeTables(manifest)),
    page('docs/api.md', apiPage(manifest, described)),
    page('docs/scale.md', scaleTables()),
  ];
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

/**
 * @returns paths of those that are not as they should be, from the root
 * @throws Error for a fault of the manifest or a page without a place for its part
 */
export async function staleFiles(root: string): Promise<readonly string[]> {
  return (await staleOnes(root)).map(({ path }) => path);
}

/** Writes those that are stale. @returns and throws as `staleFiles` */
export async function writeStaleFiles(root: string): Promise<readonly string[]> {
  const stale = await staleOnes(root);
  for (const { path, text } of stale) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return stale.map(({ path }) => path);
}

async function staleOnes(root: string): Promise<readonly DerivedFile[]> {
  return (await derive(root)).filter(({ path, text }) => readIfThere(join(root, path)) !== text);
}
