// How the log is written: JSON for programs, lines that can be read for a person at a terminal.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { createLogger, type LogFormat } from '../../src/base/logger.js';
import { type LogOutput, openLog } from '../../src/server/open-log.js';
import { MAIN } from '../../testkit/programs.js';
import { temporaryDirectory } from '../../testkit/settings.js';

const ESC = '\u001b';

async function logged(format: LogFormat, output: LogOutput, fields: object = { code: 7 }): Promise<string> {
  let text = '';
  const write = await openLog(format, (line) => (text += line), output);
  createLogger('info', write).warn(fields, 'It "rains": C:\\ \u001b[2J\u202e\nnow');
  return text;
}

test('auto is JSON but on a terminal; json and pretty are what they say everywhere', async () => {
  const readable = /^\[\d\d:\d\d:\d\d\.\d{3}\] WARN: It "rains": .* \{"code":7\}\n$/;
  assert.equal(JSON.parse(await logged('auto', {})).code, 7);
  assert.equal(JSON.parse(await logged('json', { isTTY: true })).code, 7);
  assert.match(await logged('auto', { isTTY: true }), readable);
  assert.match(await logged('pretty', {}), readable);
});

test('a line stays one, and what commands a terminal stays escaped: only the colours are ours', async () => {
  const fields = { [`k${ESC}[1m\u009b`]: `v\r\n${ESC}]0;title\u0007\u2028`, deep: [{ name: `\u202e${ESC}[31m` }] };
  const plain = await logged('pretty', {}, fields);
  assert.match(plain, /It "rains": C:\\ \\u001b\[2J\\u202e\\nnow/);
  assert.doesNotMatch(plain.trimEnd(), /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
  const coloured = await logged('auto', { isTTY: true, hasColors: () => true }, fields);
  assert.match(coloured, new RegExp(`${ESC}\\[3\\dm`));
  const withoutTime = (text: string) => stripVTControlCharacters(text).replace(/^\[.*?\]/, '');
  assert.equal(withoutTime(coloured), withoutTime(plain));
});

test('the process that operators run has what it needs for it', async (context) => {
  const cwd = temporaryDirectory(context);
  const child = spawn(process.execPath, [MAIN], {
    cwd,
    env: { PATH: process.env.PATH, HOST: '127.0.0.1', PORT: '0', LOG_FORMAT: 'pretty' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  context.after(() => child.kill('SIGKILL'));
  let text = '';
  for await (const chunk of child.stdout) {
    text += String(chunk);
    if (text.includes('listens on port')) child.kill('SIGTERM');
  }
  assert.match(text, /^\[[\d:.]+\] INFO: statsig-cdp listens on port \d+.* \{"version":.*\}$/m);
  assert.match(text, /^\[[\d:.]+\] INFO: stopped$/m);
});
