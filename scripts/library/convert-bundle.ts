// Joins the pure functions into files without anything of Node.js's.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve, sep } from 'node:path';
import { type BuildOptions, build, type Plugin } from 'esbuild';
import { type MinifyOptions, minify } from 'terser';
import { VERSION } from '../../src/base/version.js';
import type { Manifest } from '../../src/settings/manifest/model.js';
import { compactManifest } from './compact-settings.js';
import { withoutTraces } from './without-traces.js';

/** What stands for a module, in src/convert/platform. */
const INSTEAD: Readonly<Record<string, string>> = {
  'node:crypto': 'crypto',
  'node:net': 'addresses',
  'ipaddr.js': 'addresses',
  'lru-cache': 'memo',
  'node:fs': 'nothing',
  'node:path': 'nothing',
  'node:util': 'nothing',
  'node:buffer': 'nothing',
  'node:v8': 'nothing',
};

/** The same for modules of ours, from dist/src. */
const OWN_INSTEAD: Readonly<Record<string, string>> = {
  'base/json.js': 'json',
  'settings/row-uses.js': 'row-uses',
  'transform/row-use.js': 'row-uses',
  'settings/settings-value.js': 'settings-value',
};

function forConvert(source: string, manifest: Manifest): Plugin {
  const instead = (name: string) => ({ path: join(source, 'convert', 'platform', `${name}.js`), sideEffects: false });
  const written: Readonly<Record<string, string>> = {
    'settings/manifest.js': compactManifest(manifest),
    'base/package-version.js': `export const VERSION=${JSON.stringify(VERSION)}`,
  };
  const nameOf = (path: string) => path.slice(source.length + 1).replaceAll(sep, '/');
  return {
    name: 'convert',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^[^./]|^node:/ }, ({ path, kind }) => {
        const name = INSTEAD[path];
        if (kind === 'entry-point') return undefined;
        return name === undefined ? { errors: [{ text: `Nothing stands for ${path}.` }] } : instead(name);
      });
      onResolve({ filter: /^\./ }, ({ path, resolveDir }) => {
        const whole = resolve(resolveDir, path);
        const name = OWN_INSTEAD[nameOf(whole)];
        return name === undefined ? { path: whole, sideEffects: false } : instead(name);
      });
      onLoad({ filter: /\.js$/ }, ({ path }) => ({
        contents: written[nameOf(path)] ?? withoutTraces(readFileSync(path, 'utf8')),
      }));
    },
  };
}

/** Some 5 % less than esbuild leaves. */
const SMALLER: MinifyOptions = {
  ecma: 2020,
  module: true,
  compress: {
    ecma: 2020,
    passes: 2,
    hoist_props: true,
    unsafe_methods: true,
    keep_fargs: false,
    pure_getters: true,
    unsafe_arrows: true,
  },
};

/** The code without its list of exports, and the list: what each is called within and outside. */
function splitExports(
  code: string,
): readonly [body: string, names: readonly (readonly [own: string, exported: string])[]] {
  const [list = '', inside = ''] = /export\s*\{([^}]*)\};?\s*$/.exec(code) ?? [];
  const names = inside.split(',').map((each): readonly [string, string] => {
    const [own = '', exported = own] = each.trim().split(/\s+as\s+/);
    return [own, exported];
  });
  return [code.slice(0, code.length - list.length), names];
}

/** @param source the compiled sources @param target directory of the files */
export async function bundleConvert(source: string, target: string, manifest: Manifest): Promise<void> {
  const common: BuildOptions = {
    entryPoints: { convert: join(source, 'convert.js') },
    bundle: true,
    minify: true,
    platform: 'neutral',
    target: 'es2022',
    inject: [join(source, 'convert', 'platform', 'bytes.js')],
    plugins: [forConvert(source, manifest)],
    logLevel: 'warning',
  };
  const { outputFiles: [joined] = [] } = await build({ ...common, format: 'esm', write: false });
  const { code = '' } = await minify(joined?.text ?? '', SMALLER);
  const [body, names] = splitExports(code);
  const object = `{${names.map(([own, exported]) => (own === exported ? own : `${exported}:${own}`)).join()}}`;
  mkdirSync(target, { recursive: true });
  writeFileSync(join(target, 'convert.js'), code);
  // Node.js finds the names that an ES module may import of it in assignments of this form.
  writeFileSync(join(target, 'convert.cjs'), `"use strict";${body}module.exports=${object};`);
  // For a Segment Function, which is one script: it stands in front of the handlers.
  writeFileSync(join(target, 'convert.global.js'), `var statsigCdp=(()=>{"use strict";${body}return${object}})();`);
}
