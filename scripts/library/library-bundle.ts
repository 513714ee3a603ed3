// Joins the library into a few files, as ES modules and for `require`. Its manifest and version are those of the package that it is built in.

import { basename, join, sep } from 'node:path';
import { type BuildOptions, build, type Plugin } from 'esbuild';
import { VERSION } from '../../src/base/version.js';
import { environmentSchema } from '../../src/settings/manifest/environment-schema.js';
import type { Manifest } from '../../src/settings/manifest/model.js';
import { writeCheck, writeRequestChecks } from '../bundle-parts.js';
import { ENTRIES } from './entries.js';

/** Modules of dist/src that are written when the library is built: nothing of the package is read when it is loaded, and ajv compiles nothing. */
function written(source: string, manifest: Manifest): Plugin {
  const texts: Readonly<Record<string, () => string>> = {
    'operate/api/request-checks.js': writeRequestChecks,
    'settings/manifest.js': () => `export const manifest = ${JSON.stringify(manifest)};`,
    'base/package-version.js': () => `export const VERSION = ${JSON.stringify(VERSION)};`,
    'settings/manifest/settings-check.js': () =>
      `${writeCheck(manifest.settings, { allErrors: true })}\nexport const settingsCheck = () => validate;`,
    'settings/manifest/environment-check.js': () =>
      `${writeCheck(environmentSchema(manifest.environment))}\nexport const environmentCheck = () => validate;`,
  };
  return {
    name: 'written',
    setup({ onLoad }) {
      onLoad({ filter: /[\\/]dist[\\/]src[\\/].*\.js$/ }, ({ path }) => {
        const contents = texts[path.slice(source.length + 1).replaceAll(sep, '/')]?.();
        return contents === undefined ? undefined : { contents, resolveDir: join(path, '..') };
      });
    },
  };
}

/** Packages in CommonJS ask for Node's own modules by `require`. */
const REQUIRE = `import { createRequire as createRequireOf } from 'node:module';
const require = createRequireOf(import.meta.url);`;

/** What ES modules know of themselves. */
const META = `const metaUrl = require('node:url').pathToFileURL(__filename).href;
const metaResolve = (name) => require('node:url').pathToFileURL(require.resolve(name)).href;`;

/**
 * @param root the project
 * @param source the compiled sources
 * @param target directory of the files
 */
export async function bundleLibrary(root: string, source: string, target: string, manifest: Manifest): Promise<void> {
  const entries = Object.fromEntries(
    Object.entries(ENTRIES)
      .filter(([name]) => name !== 'convert')
      .map(([name, module]) => [name, join(source, `${module}.js`)]),
  );
  const common: BuildOptions = {
    absWorkingDir: root,
    outdir: target,
    bundle: true,
    platform: 'node',
    target: 'node20.19',
    packages: 'external',
    plugins: [written(source, manifest)],
    // A third of the bytes; names stay, for stacks.
    minifyWhitespace: true,
    legalComments: 'none',
    logLevel: 'warning',
  };
  // A thread and a child process lie beside what starts them, which names them relative to itself.
  const beside = [
    'settings/yaml-thread',
    'settings/write/text-thread',
    'operate/connect/connect-thread',
    'level/probe-child',
  ].map((name) => [basename(name), join(source, `${name}.js`)]);
  await Promise.all([
    build({
      ...common,
      entryPoints: { ...entries, ...Object.fromEntries(beside) },
      format: 'esm',
      splitting: true,
      banner: { js: REQUIRE },
    }),
    build({
      ...common,
      entryPoints: entries,
      format: 'cjs',
      outExtension: { '.js': '.cjs' },
      banner: { js: META },
      define: { 'import.meta.url': 'metaUrl', 'import.meta.resolve': 'metaResolve' },
    }),
  ]);
}
