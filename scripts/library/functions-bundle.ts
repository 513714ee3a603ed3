// Builds the scripts for runtimes without a server: a part that people read, and below it the code.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { VERSION } from '../../src/base/version.js';
import {
  CODE_BEGINS,
  FUNCTION_SCRIPTS,
  type FunctionScript,
  HEAD_BEGINS,
  SETTINGS_LINE,
} from '../../src/functions/scripts.js';
import type { Manifest } from '../../src/settings/manifest/model.js';
import { asExpression, bundlePlain } from './convert-bundle.js';

const EVENT_HANDLERS = ['onTrack', 'onPage', 'onScreen', 'onGroup', 'onIdentify', 'onAlias', 'onDelete'];

/** The functions that a runtime looks for. Settings are handed on in them and kept nowhere. */
const HANDLERS: Readonly<Record<FunctionScript['name'], string>> = {
  'destination-function': [
    ...EVENT_HANDLERS.map(
      (name) =>
        `async function ${name}(event, settings) {\n  await statsigCdp.handleEvent(SETTINGS, event, settings);\n}`,
    ),
    'async function onBatch(events, settings) {\n  return await statsigCdp.handleBatch(SETTINGS, events, settings);\n}',
  ].join('\n\n'),
  'source-function':
    'async function onRequest(request, settings) {\n  await statsigCdp.handleRequest(SETTINGS, request, settings);\n}',
  // A transformation is a module, and rudder-transformer takes one that exports either this or transformBatch.
  transformation: 'export function transformEvent(event) {\n  return statsigCdp.transform(SETTINGS, event);\n}',
};

function headOf({ name, title, settings }: FunctionScript): string {
  const rows = settings.map(
    ({ name: setting, required, sensitive, description }) =>
      `//   ${setting} (${[required ? 'required' : 'optional', ...(sensitive ? ['sensitive'] : [])].join(', ')}): ${description}`,
  );
  return [
    `${HEAD_BEGINS}${VERSION}: ${title}.`,
    '// Written by `statsig-cdp functions`; docs/functions.md says how to use it, and what the server does beside it.',
    ...(rows.length === 0 ? [] : ['//', '// Settings to enter in Segment:', ...rows]),
    '',
    '// The settings document (docs/settings.md), without keys.',
    SETTINGS_LINE,
    '',
    HANDLERS[name],
    '',
    CODE_BEGINS,
  ].join('\n');
}

/** The whole of a script. @param source the compiled sources */
export async function buildFunction(source: string, script: FunctionScript, manifest: Manifest): Promise<string> {
  const code = asExpression(await bundlePlain(source, join('functions', script.name), manifest));
  return `${headOf(script)}\nvar statsigCdp = ${code};\n`;
}

/** Writes all of them. @param source the compiled sources @param target directory of the files */
export async function bundleFunctions(source: string, target: string, manifest: Manifest): Promise<void> {
  mkdirSync(target, { recursive: true });
  await Promise.all(
    FUNCTION_SCRIPTS.map(async (script) =>
      writeFileSync(join(target, `${script.name}.js`), await buildFunction(source, script, manifest)),
    ),
  );
}
