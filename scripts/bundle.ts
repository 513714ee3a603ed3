// Joins what the process and the command load into a few files: a start took twice as long with 900 small ones.
//
//   node dist/scripts/bundle.js     after tsc, as `npm run build` does

import { rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { readManifest } from '../src/settings/manifest/check.js';
import { environmentSchema } from '../src/settings/manifest/environment-schema.js';
import { MANIFEST_SHAPE } from '../src/settings/manifest/shape.js';
import { licencesOf, NATIVE, UNUSED, writeCheck, writeRequestChecks, writeRequestSchemas } from './bundle-parts.js';
import { bundleFunctions } from './library/functions-bundle.js';

const ROOT = join(import.meta.dirname, '..', '..');
const SOURCE = join(ROOT, 'dist', 'src');
const BUNDLE = join(ROOT, 'dist', 'bundle');

/** Not the module that loads it: that needs all of the code, and the generator is compiled without. */
const manifest = readManifest(join(ROOT, 'manifest.json'));

/** The programs. A thread and a child process lie beside what starts them, which names them relative to itself. */
const PROGRAMS = {
  main: join(SOURCE, 'server', 'main.js'),
  worker: join(SOURCE, 'server', 'workers', 'worker.js'),
  cli: join(SOURCE, 'cli', 'index.js'),
  'yaml-thread': join(SOURCE, 'settings', 'yaml-thread.js'),
  'text-thread': join(SOURCE, 'settings', 'write', 'text-thread.js'),
  'connect-thread': join(SOURCE, 'operate', 'connect', 'connect-thread.js'),
  'probe-child': join(SOURCE, 'level', 'probe-child.js'),
};

/** Packages in CommonJS ask for Node's own modules by `require`. */
const REQUIRE = `import { createRequire as createRequireOf } from 'node:module';
const require = createRequireOf(import.meta.url);`;

/** Names a module by its place beside the one that is written here. */
const beside = (name: string) => JSON.stringify(`./${name}`);

/** Where a copy of the package has another manifest than the bundle was made with, ajv is loaded and compiles that. */
const CHECKS: Readonly<Record<string, () => string>> = {
  'requests.generated.js': writeRequestSchemas,
  'manifest-shape.js': () => `${writeCheck(MANIFEST_SHAPE)}
    export { validate as hasManifestShape };`,
  'settings-check.js': () => `${writeCheck(manifest.settings, { allErrors: true })}
    import { manifest } from ${beside('../manifest.js')};
    const check = JSON.stringify(manifest.settings) === ${JSON.stringify(JSON.stringify(manifest.settings))}
      ? validate
      : (await import(${beside('edited-settings.js')})).compileEdited(manifest);
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

/** A file of its own, beside the others: see below. */
const REQUEST_CHECKS = 'request-checks.js';

/** Checks by schemas that are known when the bundle is made: compiling them took a tenth of a start, and a third of one with settings. */
const COMPILED_CHECKS: Plugin = {
  name: 'compiled checks',
  setup({ onLoad, onResolve }) {
    onResolve({ filter: /\/request-checks\.js$/ }, () => ({ path: `./${REQUEST_CHECKS}`, external: true }));
    onLoad({ filter: /[\\/]dist[\\/]src[\\/](?:settings[\\/]manifest|operate[\\/]api)[\\/]/ }, ({ path }) => {
      const contents = CHECKS[basename(path)]?.();
      return contents === undefined ? undefined : { contents, resolveDir: dirname(path) };
    });
  },
};

rmSync(BUNDLE, { recursive: true, force: true });
const COMMON = {
  absWorkingDir: ROOT,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  banner: { js: REQUIRE },
  metafile: true,
  logLevel: 'warning',
} as const;
const built = await Promise.all([
  build({
    ...COMMON,
    entryPoints: PROGRAMS,
    outdir: BUNDLE,
    splitting: true,
    external: NATIVE,
    plugins: [COMPILED_CHECKS, UNUSED],
  }),
  // No stack of ours has lines of it, and it is a tenth of what a start reads: as ajv writes it, two and a half times as much.
  build({
    ...COMMON,
    stdin: { contents: writeRequestChecks(), resolveDir: SOURCE },
    outfile: join(BUNDLE, REQUEST_CHECKS),
    minify: true,
  }),
]);
await bundleFunctions(SOURCE, join(BUNDLE, 'functions'), manifest);
writeFileSync(join(BUNDLE, 'licences.txt'), licencesOf(built.flatMap(({ metafile }) => Object.keys(metafile.inputs))));
