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

/** Bodies are read by our own reader, so that Express's is never asked; with it come the tables of each encoding there is. */
const UNUSED: Plugin = {
  name: 'unused',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]node_modules[\\/]body-parser[\\/]index\.js$/ }, () => ({
      contents: 'module.exports = {};',
    }));
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
