// Joins what the process and the command load into a few files: a start took twice as long with 900 small ones.
//
//   node dist/scripts/bundle.js     after tsc, as `npm run build` does

import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Options } from 'ajv';
import standalone from 'ajv/dist/standalone/index.js';
import { build, type Plugin } from 'esbuild';
import { createAjv } from '../src/settings/manifest/ajv.js';
import { readManifest } from '../src/settings/manifest/check.js';
import { environmentSchema } from '../src/settings/manifest/environment-schema.js';
import { MANIFEST_SHAPE } from '../src/settings/manifest/shape.js';

const ROOT = join(import.meta.dirname, '..', '..');
const SOURCE = join(ROOT, 'dist', 'src');
const BUNDLE = join(ROOT, 'dist', 'bundle');

/** Not the module that loads it: that needs all of the code, and the generator is compiled without. */
const manifest = readManifest(join(ROOT, 'manifest.json'));

/** The programs. A thread and a child process lie beside what starts them, which names them relative to itself. */
const PROGRAMS = {
  main: join(SOURCE, 'server', 'main.js'),
  cli: join(SOURCE, 'cli', 'index.js'),
  'yaml-thread': join(SOURCE, 'settings', 'yaml-thread.js'),
  'probe-child': join(SOURCE, 'level', 'probe-child.js'),
};

/** Stays a package: it finds its compiled part beside itself. */
const NATIVE = ['classic-level'];

/** Packages in CommonJS ask for Node's own modules by `require`. */
const REQUIRE = `import { createRequire as createRequireOf } from 'node:module';
const require = createRequireOf(import.meta.url);`;

/** The code that ajv writes for a schema, as a module that exports `validate`. */
function writeCheck(schema: object, options: Options = {}): string {
  const ajv = createAjv({ ...options, code: { source: true, esm: true } });
  return standalone.default(ajv, ajv.compile(schema));
}

/** Names a module by its place beside the one that is written here. */
const beside = (name: string) => JSON.stringify(`./${name}`);

/** Where a copy of the package has another manifest than the bundle was made with, ajv is loaded and compiles that. */
const CHECKS: Readonly<Record<string, () => string>> = {
  'manifest-shape.js': () => `${writeCheck(MANIFEST_SHAPE)}
    export { validate as hasManifestShape };`,
  'settings-check.js': () => `${writeCheck(manifest.settings, { allErrors: true })}
    import { manifest } from ${beside('../manifest.js')};
    const check = JSON.stringify(manifest.settings) === ${JSON.stringify(JSON.stringify(manifest.settings))}
      ? validate
      : (await import(${beside('ajv.js')})).createAjv({ allErrors: true }).compile(manifest.settings);
    export const settingsCheck = () => check;`,
  'environment-check.js': () => `${writeCheck(environmentSchema(manifest.environment))}
    import { environmentSchema } from ${beside('environment-schema.js')};
    import { manifest } from ${beside('../manifest.js')};
    const schema = environmentSchema(manifest.environment);
    const check = JSON.stringify(schema) === ${JSON.stringify(JSON.stringify(environmentSchema(manifest.environment)))}
      ? validate
      : (await import(${beside('ajv.js')})).createAjv().compile(schema);
    export const environmentCheck = () => check;`,
};

/** Checks by schemas that are known when the bundle is made: compiling them took a tenth of a start, and a third of one with settings. */
const COMPILED_CHECKS: Plugin = {
  name: 'compiled checks',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]dist[\\/]src[\\/]settings[\\/]manifest[\\/]/ }, ({ path }) => {
      const contents = CHECKS[basename(path)]?.();
      return contents === undefined ? undefined : { contents, resolveDir: dirname(path) };
    });
  },
};

/**
 * What packages load at once and what is never asked here, because requests and responses stay Node's own (see express-app.ts), bodies are read by our own reader, logs go to standard output,
 * and metrics have no exemplars. It was a quarter of what a start compiles: tables of media types and encodings above all.
 */
const NEVER_ASKED = [
  'body-parser/index.js',
  'express/lib/request.js',
  'express/lib/response.js',
  'mime-types/index.js',
  'qs/lib/index.js',
  'serve-static/index.js',
  'pino/lib/transport.js',
  '@opentelemetry/api/dist/index.cjs',
];

const UNUSED: Plugin = {
  name: 'unused',
  setup({ onLoad, onEnd }) {
    const found = new Set<string>();
    onLoad({ filter: /[\\/]node_modules[\\/]/ }, ({ path }) => {
      const name = path.replaceAll('\\', '/').replace(/^.*\/node_modules\//, '');
      if (!NEVER_ASKED.includes(name)) return undefined;
      found.add(name);
      return { contents: 'module.exports = {};' };
    });
    onEnd(() => {
      const missing = NEVER_ASKED.filter((name) => !found.has(name));
      if (missing.length > 0) throw new Error(`Nothing loads ${missing.join(', ')}: take it off the list.`);
    });
  },
};

/** The licences of the packages whose code is in these files. */
function licencesOf(files: readonly string[]): string {
  const folders = files.map((file) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0]);
  return [...new Set(folders)]
    .filter((folder) => folder !== undefined)
    .sort()
    .map((folder) => {
      const name = readdirSync(join(ROOT, folder)).find((each) => /^licen[cs]e/i.test(each));
      const text = name === undefined ? 'see its package.json' : readFileSync(join(ROOT, folder, name), 'utf8').trim();
      return `${folder.replace(/.*node_modules\//, '')}\n\n${text}\n`;
    })
    .join('\n----\n\n');
}

rmSync(BUNDLE, { recursive: true, force: true });
const { metafile } = await build({
  absWorkingDir: ROOT,
  entryPoints: PROGRAMS,
  outdir: BUNDLE,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  external: NATIVE,
  plugins: [COMPILED_CHECKS, UNUSED],
  banner: { js: REQUIRE },
  metafile: true,
  logLevel: 'warning',
});
writeFileSync(join(BUNDLE, 'licences.txt'), licencesOf(Object.keys(metafile.inputs)));
