// What all bundles are made with.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Options } from 'ajv';
import standalone from 'ajv/dist/standalone/index.js';
import type { Plugin } from 'esbuild';
import { BODY_OPTIONS, QUERY_OPTIONS } from '../src/operate/api/check-options.js';
import { REQUESTS } from '../src/operate/api/requests.generated.js';
import { createAjv } from '../src/settings/manifest/ajv.js';

const ROOT = join(import.meta.dirname, '..', '..');

/** Stays a package: it finds its compiled part beside itself. */
export const NATIVE = ['classic-level'];

/** The code that ajv writes for a schema, as a module that exports `validate`. */
export function writeCheck(schema: object, options: Options = {}): string {
  const ajv = createAjv({ ...options, code: { source: true, esm: true } });
  return standalone.default(ajv, ajv.compile(schema));
}

/** The same for the requests of operators, as a module that stands for src/operate/api/request-checks.ts. */
export function writeRequestChecks(): string {
  const written = Object.entries(REQUESTS).flatMap(([name, { query, body }]) => [
    ...(query === undefined ? [] : [{ name: `${name} query`, schema: query, options: QUERY_OPTIONS }]),
    ...(body === undefined ? [] : [{ name: `${name} body`, schema: body, options: BODY_OPTIONS }]),
  ]);
  // Each in a function of its own: all of them call their parts by the same names. It is compiled when the first request needs it: few processes are ever asked for most of them.
  const checks = written.map(({ name, schema, options }) => {
    const [, begin = '', exported = '', code = ''] =
      /^(.*?)export const validate = (\w+);export default \w+;(.*)$/s.exec(writeCheck(schema, options)) ?? [];
    return `[${JSON.stringify(name)}, () => {${begin}${code};return ${exported};}],`;
  });
  return `const makers = new Map([\n${checks.join('\n')}\n]);
const made = new Map();
export const requestCheck = (name, part) => {
  const key = \`\${name} \${part}\`;
  if (!made.has(key)) made.set(key, makers.get(key)?.());
  return made.get(key);
};`;
}

/** The schemas of these requests, as a module that stands for src/operate/api/requests.generated.ts: a string is read faster than code. */
export function writeRequestSchemas(): string {
  return `export const REQUESTS = JSON.parse(${JSON.stringify(JSON.stringify(REQUESTS))});`;
}

/**
 * What packages load at once and what is never asked here, because requests and responses stay Node's own (see express-app.ts), bodies are read by our own reader, logs go to standard output,
 * metrics have no exemplars, and Segment's SDK signs in by write keys and not by OAuth. It was a quarter of what a start compiles: tables of media types and encodings above all.
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
  'jose/dist/node/cjs/index.js',
];

/** Leaves them out. */
export const UNUSED: Plugin = {
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

/** The packages whose code is in these files, with their versions and licences. */
export function licencesOf(files: readonly string[]): string {
  const folders = files.map((file) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0]);
  return [...new Set(folders)]
    .filter((folder) => folder !== undefined)
    .sort()
    .map((folder) => {
      const name = readdirSync(join(ROOT, folder)).find((each) => /^licen[cs]e/i.test(each));
      const text = name === undefined ? 'see its package.json' : readFileSync(join(ROOT, folder, name), 'utf8').trim();
      const { version } = JSON.parse(readFileSync(join(ROOT, folder, 'package.json'), 'utf8'));
      return `${folder.replace(/.*node_modules\//, '')} ${version}\n\n${text}\n`;
    })
    .join('\n----\n\n');
}
