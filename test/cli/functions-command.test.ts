// `statsig-cdp functions`: which scripts it writes, and what of the settings stands in them.

import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mock, type TestContext, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { Command } from 'commander';
import { addFunctionsCommand } from '../../src/cli/functions.js';
import { FUNCTION_SCRIPTS, SETTINGS_LINE } from '../../src/functions/scripts.js';
import { temporaryDirectory } from '../../testkit/settings.js';

const SETTINGS = `
workspaces:
  - id: shop
    secretKey: secret-written-here
    consoleKey: env:CONSOLE_KEY
    segment: { headerSecrets: [header-written-here] }
    trackingApi: { writeKeys: [write-written-here] }
    eventNamePrefix: "$& shop::"
    excludeEvents: ["Heartbeat*"]
    audiences: { createMissing: true }
    outbound:
      signingSecrets: [signing-written-here]
      targets: [{ name: web, writeKey: target-written-here }]
      experimentViewed: also
  - id: blog
    eventNamePrefix: blog
`;

/** @param prepare makes what is in the directory before */
async function runIn(context: TestContext, prepare: (to: string) => void, ...args: readonly string[]) {
  const directory = temporaryDirectory(context);
  const built = join(directory, 'built');
  mkdirSync(built);
  for (const { name } of FUNCTION_SCRIPTS)
    writeFileSync(join(built, `${name}.js`), `// statsig-cdp 1.2.3: ${name}\n${SETTINGS_LINE}\ncode();\n`);
  writeFileSync(join(directory, 'settings.yaml'), SETTINGS);
  const to = join(directory, 'to');
  prepare(to);
  const program = new Command('statsig-cdp').exitOverride();
  addFunctionsCommand(program.command('functions'), pathToFileURL(`${built}/`));
  const written: string[] = [];
  const out = mock.method(console, 'log', (line: string) => void written.push(line));
  const err = mock.method(console, 'error', (line: string) => void written.push(line));
  const before = process.exitCode;
  try {
    await program.parseAsync(
      ['functions', to, ...args.map((each) => each.replace('SETTINGS', join(directory, 'settings.yaml')))],
      { from: 'user' },
    );
    return { to, written, exitCode: process.exitCode };
  } finally {
    out.mock.restore();
    err.mock.restore();
    process.exitCode = before;
  }
}

const run = (context: TestContext, ...args: readonly string[]) => runIn(context, () => undefined, ...args);

const documentIn = (file: string) =>
  JSON.parse(/const SETTINGS = ([\s\S]*?);\ncode/.exec(readFileSync(file, 'utf8'))?.[1] ?? '');

test('writes the three scripts, each with the part of the document that it needs, and no key', async (context) => {
  const { to } = await run(context, '--settings', 'SETTINGS', '--workspace', 'shop');
  const names = FUNCTION_SCRIPTS.map(({ name }) => `${name}.js`).sort();
  assert.deepEqual(readdirSync(to).sort(), names);
  for (const name of names) assert.doesNotMatch(readFileSync(join(to, name), 'utf8'), /written-here|CONSOLE_KEY/);
  const inbound = { id: 'shop', eventNamePrefix: '$& shop::', excludeEvents: ['Heartbeat*'] };
  assert.deepEqual(documentIn(join(to, 'destination-function.js')), { ...inbound, audiences: { createMissing: true } });
  assert.deepEqual(documentIn(join(to, 'transformation.js')), inbound);
  const source = documentIn(join(to, 'source-function.js'));
  assert.deepEqual(source, { id: 'shop', outbound: { experimentViewed: 'also', targets: [{ name: 'web' }] } });
});

test('writes over nothing that people have made', async (context) => {
  const put = (text: string) => (to: string) => {
    mkdirSync(to);
    writeFileSync(join(to, 'source-function.js'), text);
  };
  const edited = '// statsig-cdp 1.2.2: source-function\nconst SETTINGS = { "id": "mine" };\ncode();\n';
  for (const [text, why] of [
    ['export const mine = 1;', /source-function\.js is left as it is: it is not a script of this command/],
    [edited, /source-function\.js is left as it is: it holds settings that would be lost/],
  ] as const) {
    const { to, written, exitCode } = await runIn(context, put(text));
    assert.match(written.join(), why);
    assert.equal(exitCode, 1);
    assert.deepEqual(readdirSync(to), ['source-function.js'], 'nor are the others written');
    assert.equal(readFileSync(join(to, 'source-function.js'), 'utf8'), text);
  }
  const older = edited.replace('{ "id": "mine" }', '{}');
  const plain = await runIn(context, put(older));
  assert.match(readFileSync(join(plain.to, 'source-function.js'), 'utf8'), /1\.2\.3/);
  const given = await runIn(context, put(edited), '--settings', 'SETTINGS', '--workspace', 'shop');
  assert.equal(documentIn(join(given.to, 'source-function.js')).id, 'shop', 'the document that is given counts');
});

test('without a document they are as the package has them', async (context) => {
  const { to } = await run(context);
  assert.match(readFileSync(join(to, 'transformation.js'), 'utf8'), /const SETTINGS = \{\};/);
});

test('wants to know which of several documents, and says what is not there', async (context) => {
  const several = await run(context, '--settings', 'SETTINGS');
  assert.equal(several.exitCode, 1);
  assert.match(several.written.join('\n'), /--workspace\): shop, blog/);
  const none = await run(context, '--settings', 'SETTINGS', '--workspace', 'cafe');
  assert.match(none.written.join('\n'), /has no workspace cafe/);
});
