// Joins what the process and the command load into a few files: a start took twice as long with 900 small ones.
//
//   node dist/scripts/bundle.js     after tsc, as `npm run build` does

import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import standalone from 'ajv/dist/standalone/index.js';
import { build, type Plugin } from 'esbuild';
import { createAjv } from '../src/settings/manifest/ajv.js';
import { MANIFEST_SHAPE } from '../src/settings/manifest/shape.js';

const ROOT = join(import.meta.dirname, '..', '..');
const SOURCE = join(ROOT, 'dist', 'src');
const BUNDLE = join(ROOT, 'dist', 'bundle');

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

/** The check of the manifest's shape, as ajv writes it: compiling it took a tenth of a start. */
const COMPILED_SHAPE: Plugin = {
  name: 'compiled shape',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]manifest-shape\.js$/ }, ({ path }) => {
      const ajv = createAjv({ code: { source: true, esm: true } });
      const code = standalone.default(ajv, ajv.compile(MANIFEST_SHAPE));
      return { contents: `${code}\nexport { validate as hasManifestShape };`, resolveDir: dirname(path) };
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
  plugins: [COMPILED_SHAPE, UNUSED],
  banner: { js: REQUIRE },
  sourcemap: true,
  sourcesContent: false,
  metafile: true,
  logLevel: 'warning',
});
writeFileSync(join(BUNDLE, 'licences.txt'), licencesOf(Object.keys(metafile.inputs)));
