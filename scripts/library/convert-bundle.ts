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

/** A script's code, and what it gives. */
export interface Script {
  readonly code: string;
  /** The code without its list of exports. */
  readonly body: string;
  /** An object of the exports, as an expression. */
  readonly object: string;
}

/**
 * Joins a module and all that it needs into one text that asks for nothing but the language.
 *
 * @param source the compiled sources
 * @param entry name of the module in them
 * @param makeSmaller what is worth its time where each kilobyte counts
 */
export async function bundlePlain(
  source: string,
  entry: string,
  manifest: Manifest,
  makeSmaller = async (code: string) => code,
): Promise<Script> {
  const options: BuildOptions = {
    entryPoints: { [entry]: join(source, `${entry}.js`) },
    bundle: true,
    minify: true,
    platform: 'neutral',
    target: 'es2022',
    inject: [join(source, 'convert', 'platform', 'bytes.js')],
    plugins: [forConvert(source, manifest)],
    logLevel: 'warning',
  };
  const { outputFiles: [joined] = [] } = await build({ ...options, format: 'esm', write: false });
  const code = await makeSmaller(joined?.text ?? '');
  const [body, names] = splitExports(code);
  const object = `{${names.map(([own, exported]) => (own === exported ? own : `${exported}:${own}`)).join()}}`;
  return { code, body, object };
}

/** The script as an expression that gives its exports. */
export function asExpression({ body, object }: Script): string {
  return `(()=>{"use strict";${body}return${object}})()`;
}

/** @param source the compiled sources @param target directory of the files */
export async function bundleConvert(source: string, target: string, manifest: Manifest): Promise<void> {
  const smaller = async (code: string) => (await minify(code, SMALLER)).code ?? '';
  const script = await bundlePlain(source, 'convert', manifest, smaller);
  mkdirSync(target, { recursive: true });
  writeFileSync(join(target, 'convert.js'), script.code);
  // Node.js finds the names that an ES module may import of it in assignments of this form.
  writeFileSync(join(target, 'convert.cjs'), `"use strict";${script.body}module.exports=${script.object};`);
  // For scripts that cannot import.
  writeFileSync(join(target, 'convert.global.js'), `var statsigCdp=${asExpression(script)};`);
}
